// Runs the command lists of a job image on all tiles: the real datapath for matrix and vector commands, plain copies
// for DMA, a rough clock (64 bytes per cycle in and out of a tile). It proves of the lists what no single run can show:
// see happens_before.hpp. Whatever is wrong ends up in `complaints`.
#pragma once

#include "models/zbcc/datapath.hpp"
#include "sw_stack/hal/job_image.hpp"
#include "tests/unit/compiler/happens_before.hpp"

#include <array>
#include <cstring>
#include <deque>
#include <functional>
#include <queue>
#include <set>
#include <span>

namespace acf::test {

inline constexpr std::uint64_t dram_latency = 100; // cycles

struct fabric_options {
  bool prove = true;           // order of accesses; off: only run
  std::size_t queue_depth = 4; // commands a unit holds back before the sequencer stops
  std::uint32_t skew = 0;      // tiles start their jobs that many cycles after their neighbours
  std::string engine = "zbcc";
};

class fabric {
public:
  fabric(std::vector<std::uint8_t> image, const fabric_options& options = {});

  void run(hal::job::ring ring); // one job on all tiles; queued behind the ones before
  void finish();                 // until nothing moves; then proves the order

  template <class T>
  T word(std::uint64_t offset) const {
    T v;
    std::memcpy(&v, dram.data() + offset, sizeof v);
    return v;
  }
  const hal::job::header& header() const { return head; }
  hal::loss_record total(std::uint64_t table) const;
  std::vector<float> weights(std::size_t layer) const; // dense, after an evaluate job

  std::vector<std::string> complaints; // at most a few dozen
  std::uint64_t now = 0;
  std::vector<std::uint64_t> fence_times;

private:
  struct instruction {
    hal::command c;
    hal::extension e;
    bool extended = false;
    std::array<std::uint64_t, hal::tile::scalars> scalars{};
    std::vector<zbcc::resolved_view> views;
    std::uint64_t dram_offset = 0;
    std::string name;
    hal::job::ring ring{};
    std::uint32_t after = happens_before::none; // the sequencer's last wait before it
    bool is(hal::opcode op) const { return c.op == static_cast<std::uint8_t>(op); }
    bool packed() const { return c.flags & hal::flag::compress; } // of what is not a send
  };
  struct channel {
    std::deque<instruction> waiting;
    bool busy = false;
    std::uint32_t chain = 0;
  };
  struct tile {
    std::uint32_t number = 0;
    std::vector<std::uint8_t> sram;
    std::array<std::uint64_t, hal::tile::scalars> scalars{};
    std::vector<hal::view_record> views;
    std::array<std::vector<hal::command>, 4> rings;
    std::deque<hal::job::ring> jobs;
    std::size_t next = 0;
    bool stalled = false;         // sequencer busy until an event
    std::array<channel, 4> units; // channel 0, channel 1, matrix, vector
    std::array<semaphore_history, hal::tile::semaphores> semaphores;
    access_history bytes;
    std::uint32_t last_wait = happens_before::none;
    std::uint64_t out_free = 0, in_free = 0;
    std::size_t unfinished = 0; // commands of DMA and units
  };

  void at(std::uint64_t time, std::function<void()> what);
  void advance(tile& t);
  bool dispatch(tile& t); // one command of the sequencer; false if it cannot
  void start_unit(tile& t, std::size_t unit);
  bool waits_met(tile& t, const hal::command& c);
  std::uint32_t begin(tile& t, std::uint32_t chain, const instruction& i, bool runs_on);
  void raise(std::uint32_t tile_number, std::uint16_t signal, std::uint32_t event);
  void compute(tile& t, std::size_t unit, const instruction& i);
  void move(tile& t, std::size_t unit, const instruction& i);
  void unpack(tile& t, const instruction& i, std::uint32_t row, std::uint64_t address, std::span<std::uint8_t> to,
              std::uint32_t event);
  void end_at(std::uint64_t done, tile& t, const std::vector<std::uint32_t>& set, std::uint16_t signal,
              std::uint32_t event);
  std::uint64_t deal(tile& t, const instruction& i, std::uint32_t event);
  void touch(tile& t, const zbcc::resolved_view& v, std::uint32_t event, bool write);
  void touch_dram(std::uint64_t address, std::uint64_t bytes, std::uint32_t event, bool write);
  std::uint64_t leave(tile& t, std::uint64_t bytes);
  std::uint64_t enter(tile& t, std::uint64_t from, std::uint64_t bytes);
  std::vector<std::uint32_t> members(std::uint32_t set) const;
  instruction decode(tile& t, const hal::command* c, std::size_t& records);
  void complain(const std::string& text);
  void say_budget(std::uint32_t event);

  std::uint32_t budgets_said = 0, regrow_fences = 0;
  hal::job::header head;
  std::vector<std::uint8_t> dram;
  fabric_options options;
  zbcc::datapath datapath;
  happens_before order;
  access_history dram_bytes;
  std::vector<tile> all;
  using timed = std::pair<std::uint64_t, std::uint64_t>;
  std::map<timed, std::function<void()>> agenda;
  std::uint64_t sequence = 0;
};

} // namespace acf::test
