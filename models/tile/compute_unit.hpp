// Matrix engine or vector unit of a tile: takes commands that work on SRAM alone. The datapath says what a command
// costs and computes it; this module holds the ranges it uses, shares the SRAM bandwidth and keeps simulated time.
// Results appear in SRAM at the end of the simulated interval.
#pragma once

#include "models/common/host_pool.hpp"
#include "models/same/sram.hpp"
#include "models/sequencer/unit.hpp"
#include "models/zbcc/datapath.hpp"

#include <array>
#include <functional>

namespace acf::tile {

// Where the lane slots of the matrix engine went (executed + idle = lanes * busy cycles), and what else costs energy.
struct lane_account {
  std::uint64_t executed = 0, skipped = 0, slots = 0;
  std::array<std::uint64_t, zbcc::multiplier_names.size()> products{}; // `executed`, by what the lanes multiplied
  std::array<std::uint64_t, zbcc::stall_names.size()> idle{};
  std::uint64_t skipping = 0;   // lane slots in which the engine's zero-skipping logic was powered
  std::uint64_t vector = 0;     // lane slots of the vector unit
  std::uint64_t sram_bytes = 0; // read and written
  // Operands' bytes by way of line buffer or bank cache: to the engine, found in the bank cache, from SRAM.
  std::uint64_t delivered = 0, cached = 0, fetched = 0;
  std::uint64_t from_line_buffer() const { return delivered - asked_of_cache(); }
  std::uint64_t asked_of_cache() const { return cached + fetched; } // if there is one
  zbcc::zero_count a, b;                                            // operands of products

  void add(const zbcc::chunk_cost& cost, zbcc::multiplier type, std::uint32_t lanes);
  lane_account& operator+=(const lane_account& other);
};

class compute_unit : public sequencer::unit {
public:
  compute_unit(sc_core::sc_module_name name, unsigned number, const common::turn& turn,
               const common::clock_domain& clock, sequencer::semaphores& sems, sequencer::unit_owner& owner,
               same::sram& memory, const zbcc::datapath& path, common::host_pool& pool);

  std::uint64_t macs_executed() const { return total_.executed; }
  std::uint64_t macs_skipped() const { return total_.skipped; }
  const lane_account& lanes() const { return total_; }
  const zbcc::zero_count& results() const { return results_; } // of all commands so far
  std::uint32_t lane_count() const { return datapath_.core().lanes(); }
  // Told of every command when it is done, with its tag.
  std::function<void(std::uint16_t tag, const lane_account&)> on_done;

private:
  void settle() override { sram_.settle(clock().now()); }
  common::cycles execute(const sequencer::dispatched& command, common::cycles start) override;
  sequencer::signal_cause cause(const sequencer::dispatched& command, common::cycles start) const override;
  void account(const sequencer::dispatched& command, const zbcc::prepared& work);

  const common::activity_kind kind_;
  same::sram& sram_;
  const zbcc::datapath& datapath_;
  common::host_pool& pool_;
  lane_account total_;
  zbcc::zero_count results_;
};

} // namespace acf::tile
