// Sequencer of a tile: fetches 64-byte commands of its rings over the mesh, executes those that steer (DEFVIEW, SETREG,
// LOOP, SEM) and hands the others to the units, in order, as long as their queues have room.
//
//   doorbell -> job queue -> fetch buffer -> dispatch -> DMA 0 | DMA 1 | matrix | vector
#pragma once

#include "models/sequencer/fabric_port.hpp"
#include "models/sequencer/job_queue.hpp"
#include "models/sequencer/unit.hpp"

#include <array>
#include <functional>
#include <vector>

namespace acf::sequencer {

enum unit_number : unsigned { self = 0, dma0 = 1, dma1 = 2, matrix = 3, vector = 4 };

class sequencer : public sc_core::sc_module, public unit_owner {
public:
  sequencer(sc_core::sc_module_name name, const common::turn& turn, const common::clock_domain& clock, semaphores& sems,
            fabric_port& port);
  void attach(unit_number number, unit& u) { units_[number] = &u; }
  // Called when error, abort or idleness change.
  void on_change(std::function<void()> f) { changed_ = std::move(f); }

  // --- what the TILE registers do ---
  // Returns the number of the job, of this tile's; 0: the tile stands, nothing has happened.
  std::uint64_t doorbell(std::uint32_t ring, std::uint32_t count);
  void reset();
  void abort();
  void clear_error();
  void clear_aborted();
  bool idle() const { return jobs_.empty(); }
  bool error() const { return error_cause_ != hal::tile::error::none; }
  bool aborted() const { return aborted_; }
  hal::tile::error error_cause() const { return error_cause_; }
  std::uint32_t error_index() const { return error_index_; }
  std::uint64_t error_address() const { return error_address_; }
  std::uint64_t error_job() const { return error_job_; } // whose command failed, for messages
  hal::opcode error_op() const { return error_op_; }     // of that command; 0: it was not read
  std::uint32_t jobs() const { return static_cast<std::uint32_t>(jobs_.size()); }
  std::uint64_t retired() const { return retired_; }
  std::uint64_t& ring_base(std::uint32_t r) { return jobs_.at(r).base; }
  std::uint32_t ring_length(std::uint32_t r) const { return jobs_.at(r).length; }
  void ring_length(std::uint32_t r, std::uint32_t records) { jobs_.at(r).length = records, jobs_.at(r).position = 0; }
  std::uint64_t scalar(std::uint32_t r); // as far as it has arrived
  void scalar(std::uint32_t r, std::uint64_t value);

  common::activity_totals activity_totals() const { return activity_.totals(clock_.now()); }
  // One line for "why is it stuck"; empty when idle.
  std::string why_stuck() const;

  struct place { // of a command, for errors
    std::uint32_t ring = 0, index = 0;
    std::uint64_t job = 0;
    hal::opcode op{};
  };
  // A running command did what it must not: the tile stops.
  void failed(const place& where, const command_failure& failure) { record_error(where, failure); }

  // --- unit_owner ---
  void completed(const dispatched& command) override;
  void failed(const dispatched& command, const command_failure& failure) override;
  bool stopped() const override { return error() || aborted_; }
  bool earlier_done(std::uint64_t serial) const override { return jobs_.earlier_done(serial); }
  const sc_core::sc_event& retired_event() const override { return retired_event_; }
  void queue_moved() override { queue_moved_.notify(sc_core::SC_ZERO_TIME); }

private:
  struct interrupted {}; // thrown when the tile is reset or aborted while the sequencer is at work
  struct line {          // 16 records of a ring
    bool valid = false;
    std::uint64_t job = 0; // that it was fetched for: every job sees memory as it is after its doorbell
    std::uint32_t number = 0;
    transfer fetched;
  };
  using record = std::array<std::uint8_t, hal::command_bytes>;

  void run();
  void run_job(job& j);
  record fetch(const job& j, std::uint32_t pc);
  line& line_at(const job& j, std::uint32_t number);
  void prefetch(const job& j, std::uint32_t number);
  // Scalars may still be on their way from DRAM: waits for scalar `r`.
  void use(std::uint32_t r);
  // Takes over a scalar that has arrived.
  void take_over(std::uint32_t r);
  void use_scalars_of(const hal::command& cmd, const hal::extension* ext);
  void dispatch(unit& u, job& j, const hal::command& cmd, const hal::extension* ext, std::uint32_t index);
  void defview(const hal::command& cmd);
  void setreg(const hal::command& cmd);
  // Returns the new pc.
  std::uint32_t loop(const hal::command& cmd, std::uint32_t pc);
  void sem(const hal::command& cmd);
  void post(remote_signal what, std::uint32_t tiles);
  std::uint32_t resolve(std::uint32_t offset) const;
  void await(const transfer& t);    // until its bytes are here; throws command_failure when they are not
  void pause(common::cycles until); // throws `interrupted` when reset or aborted
  void take_turn();                 // before the mesh is used; throws likewise
  void record_error(const place& where, const command_failure& failure);
  void flush(common::activity_kind empty);
  void finish_jobs();
  void tell_units(common::activity_kind empty);
  void units_waited_since(common::cycles begin); // as this one did

  const common::turn turn_;
  const common::clock_domain& clock_;
  semaphores& sems_;
  fabric_stream stream_;
  std::array<unit*, 5> units_{};
  std::function<void()> changed_ = [] {};

  job_queue jobs_;
  std::array<std::uint64_t, hal::tile::scalars> scalars_{};
  std::array<transfer, hal::tile::scalars> scalar_coming_{}; // with a parcel: its bytes are not in the scalar yet
  std::vector<transfer> posted_;                             // adds under way
  std::array<hal::view_record, hal::view_count> views_{};
  std::array<bool, hal::view_count> view_defined_{};
  std::array<line, 4> lines_{};
  unsigned next_line_ = 0;

  hal::tile::error error_cause_ = hal::tile::error::none;
  std::uint32_t error_index_ = 0;
  std::uint64_t error_address_ = 0, error_job_ = 0;
  hal::opcode error_op_{};
  bool aborted_ = false;
  std::uint64_t retired_ = 0;
  std::uint64_t epoch_ = 0;
  place at_{};

  common::activity activity_;
  sc_core::sc_event rung_, queue_moved_, retired_event_, flushed_;
};

} // namespace acf::sequencer
