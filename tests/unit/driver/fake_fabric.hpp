// The register file of a fabric without anything behind it: it follows the access rules of the descriptions, complains
// about software that breaks them, and lets a test play the hardware. There is no simulator in it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sw_stack/driver/environment.hpp"
#include "sw_stack/driver/routes.hpp"
#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/registers.hpp"
#include "sw_stack/hal/tile_registers.hpp"

namespace acf::test {

class fake_fabric final : public driver::environment {
public:
  struct job {
    std::uint32_t tile, ring, count;
    bool operator==(const job&) const = default;
  };
  static constexpr std::uint32_t everywhere = 0xFFFF'FFFF;

  // DRAM channels hang at routers 0, 1, ... at port 5, the host bridge at the last router at port 6.
  fake_fabric(std::uint32_t width, std::uint32_t height, std::uint32_t channels = 2);

  std::uint32_t read32(std::uint64_t address) override { return static_cast<std::uint32_t>(read(address, 4)); }
  std::uint64_t read64(std::uint64_t address) override { return read(address, 8); }
  void write32(std::uint64_t address, std::uint32_t value) override { write(address, value, 4); }
  void write64(std::uint64_t address, std::uint64_t value) override { write(address, value, 8); }
  void barrier() override { barrier_was_last = true; }
  std::uint64_t now() override;
  void wait_for_interrupt(std::uint64_t deadline) override;
  void log(std::string_view line) override { lines.emplace_back(line); }

  // The hardware's side: no access rules.
  std::uint64_t& global(const hal::reg& r, std::uint32_t index = 0) { return cell(hal::map::global_block, r, index); }
  std::uint64_t& tile(std::uint32_t n, const hal::reg& r, std::uint32_t index = 0) {
    return cell(hal::map::tile_base(n), r, index);
  }
  std::uint64_t& route(std::uint32_t bank, std::uint32_t router, std::uint32_t node);
  void fail_tile(std::uint32_t n, hal::tile::error cause, std::uint32_t ring, std::uint32_t command,
                 std::uint64_t address);
  // Routers that a packet passes on its way, the last one first found to deliver it; empty if it never arrives.
  std::vector<std::uint32_t> path(std::uint32_t bank, std::uint32_t from, std::uint32_t node);
  driver::node_place place_of(std::uint32_t node) const;

  const std::uint32_t width, height, tiles, nodes;
  std::vector<job> jobs;
  std::vector<std::string> lines;
  std::vector<std::string> violations; // of the access rules, and doorbells without a barrier before them
  std::function<void()> on_doorbell = [] {};
  std::function<void()> on_now = [] {};                // called whenever software looks at the clock
  std::function<bool()> cyclic = [] { return false; }; // whether a check finds a ring of links
  std::function<void()> on_sleep; // called in wait_for_interrupt(); without it, nothing ever interrupts
  bool ignores_control = false;   // resets and aborts have no effect
  std::uint64_t time = 1000;
  unsigned sleeps = 0;

private:
  struct target;
  target decode(std::uint64_t address, unsigned bytes);
  std::uint64_t& cell(std::uint64_t base, const hal::reg& r, std::uint32_t index);
  std::uint64_t read(std::uint64_t address, unsigned bytes);
  void write(std::uint64_t address, std::uint64_t value, unsigned bytes);
  void started(std::uint64_t address, std::uint64_t value);
  void reset();
  void check_routes();

  std::map<std::uint64_t, std::uint64_t> values;
  bool barrier_was_last = false;
};

} // namespace acf::test
