// The fabric as software sees it: bring-up, interrupts, fences, errors, abort and reset. Knows no operating system and
// no heap; everything outside comes from the environment.
//
//   fabric f(world);
//   f.identify()                       is this a fabric, and which one
//   f.require({...})                   is it the one that the job was built for
//   f.bring_up(windows)                reset, routing tables (with a plan of one's own), DMA windows
//   f.enable_interrupts(); queues ...  then jobs
//   f.wait(word, value, limit, ...)    until a FENCE command has written `value`
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "sw_stack/driver/environment.hpp"
#include "sw_stack/driver/problem.hpp"
#include "sw_stack/driver/registers.hpp"
#include "sw_stack/driver/routes.hpp"

namespace acf::driver {

// What the identification and capability registers say.
struct chip {
  std::uint32_t version_major = 0, version_minor = 0;
  std::uint32_t width = 0, height = 0, virtual_channels = 0, buffer_flits = 0;
  std::uint32_t lanes = 0, engine = 0, vector_lanes = 0;
  std::uint32_t sram_kib = 0, dram_channels = 0, dram_mib = 0;
  std::uint32_t tiles = 0, nodes = 0, clock_mhz = 0;
};

// What a job was built for; the first four words after the job image's size.
struct requirements {
  std::uint32_t width = 0, height = 0, sram_kib = 0, lanes = 0;
};

// The fabric reads and writes DRAM in [base, limit) as far as it has the rights.
struct dma_window {
  std::uint64_t base = 0, limit = 0;
  bool read = false, write = false;
};

enum class wait_by : std::uint8_t { polling, interrupt };

class fabric {
public:
  explicit fabric(environment& with);

  problem identify();
  problem require(const requirements& needed) const;
  const chip& description() const { return what; }
  environment& world() const { return outside; }

  // Bring-up. After reset() the routing tables are the hardware's own and no DRAM is accessible.
  // Without a plan the tables stay the hardware's XY, and are checked: a plan costs a register write for every router
  // and node.
  problem bring_up(std::span<const dma_window> windows, const route_plan* plan = nullptr);
  problem reset();
  problem set_window(std::uint32_t number, const dma_window& window);
  // Fills the bank not in use, checks it, and uses it from then on; an incomplete table is never used. A table that
  // does not go together with the one in use (packets of both could wait for each other) needs an idle fabric; a table
  // with a ring of its own is refused, and both banks are XY then.
  problem program_routes(const route_plan& plan);
  problem program_routes(route_choice choose = xy) { return program_routes(route_plan{choose}); }
  problem set_route(std::uint32_t bank, std::uint32_t router, std::uint32_t node, std::optional<std::uint32_t> port);
  problem check_routes();

  // Jobs on several tiles at one instant: on those selected, all after a reset.
  problem select_tile(std::uint32_t tile, bool on);
  problem run(std::uint32_t ring, std::uint32_t count);

  // Until the FENCE that writes `value` to `word` is done; values count upwards and may wrap. `limit` in microseconds.
  // Waiting by interrupt needs a FENCE with interrupt.
  problem wait(const std::uint32_t& word, std::uint32_t value, std::uint64_t limit, wait_by how = wait_by::polling);

  void enable_interrupts();
  void disable_interrupts();
  // To be called by the environment's interrupt handler: acknowledges all causes and remembers them.
  void on_interrupt();

  // Errors and the way back from them.
  std::optional<failure> first_error() const;
  failure error_of(std::uint32_t tile) const;
  problem abort(); // all jobs everywhere; the tiles keep STATUS.ABORTED until reset_tile()
  problem abort_tile(std::uint32_t tile);
  problem reset_tile(std::uint32_t tile); // forgets jobs and errors; SRAM stays

  registers block() const { return global; } // GLOBAL
  registers tile(std::uint32_t number) const;
  void report(const problem& p) const; // one line to the environment's log

private:
  problem fill_routes(std::uint32_t bank, std::uint32_t known, const route_plan& plan);
  problem fence_passed(wait_by how);
  bool becomes_idle(const registers& block, const hal::reg& status, const hal::field& idle);
  problem why_idle(std::uint32_t word, std::uint32_t value) const;
  problem still_busy(std::string_view doing) const;
  problem still_busy(std::uint32_t tile, std::string_view doing) const;
  problem stop_tile(std::uint32_t tile, const hal::field& how, std::string_view doing);

  environment& outside;
  registers global;
  chip what{};
  std::atomic<std::uint32_t> seen_causes = 0; // of IRQ_STATUS, taken by on_interrupt()
};

} // namespace acf::driver
