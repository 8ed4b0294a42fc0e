// Three commands that never end: every tile adds to a semaphore of every other as fast as it can. For tests of limits.
#include <array>
#include <cstdint>
#include <cstdio>

#include "firmware/board/fabric_environment.hpp"
#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/driver/queue.hpp"
#include "sw_stack/hal/commands.hpp"

namespace {

using namespace acf;
using hal::opcode;

constexpr std::uint32_t most_tiles = 64, records = 3;
struct alignas(64) shared_memory {
  std::array<std::array<driver::record, records>, most_tiles> rings;
} shared;

std::uint64_t address_of(const auto& object) { return reinterpret_cast<std::uint64_t>(&object); }

driver::problem flood(driver::fabric& fabric) {
  if (const auto p = fabric.identify()) return p;
  const driver::dma_window window{address_of(shared), address_of(shared) + sizeof shared, true, false};
  if (const auto p = fabric.bring_up({&window, 1})) return p;
  const auto tiles = fabric.description().width * fabric.description().height;
  driver::command_list<records> list;
  list.add({.op = static_cast<std::uint8_t>(opcode::setreg), .param = {0, hal::setreg_op::set, 0, 1u << 24}});
  list.add({.op = static_cast<std::uint8_t>(opcode::sem),
            .param = {1, hal::tile_set(0, 0, fabric.description().width - 1, fabric.description().height - 1), 3, 1}});
  list.add({.op = static_cast<std::uint8_t>(opcode::loop), .param = {1, 0}});
  for (std::uint32_t t = 0; t < tiles && t < most_tiles; ++t) {
    driver::queue queue(fabric, t, 0, shared.rings[t], address_of(shared.rings[t]));
    if (const auto p = queue.attach()) return p;
    if (const auto p = queue.submit(list.records())) return p;
  }
  return {};
}

} // namespace

int main() {
  board::fabric_environment world;
  driver::fabric fabric(world);
  if (const auto p = flood(fabric)) {
    fabric.report(p);
    return 1;
  }
  std::puts("flooded");
  for (;;) asm volatile("wfi");
}
