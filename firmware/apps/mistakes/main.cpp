// One mistake, chosen by the word at the job image's place (`acf-vp run --load WORD@0x90000000`), and nobody who puts
// it right: what a firmware engineer sees of it.
#include <cstdio>
#include <cstring>
#include <string_view>

#include "firmware/apps/selftest/job.hpp"
#include "firmware/board/fabric_environment.hpp"
#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/tile_registers.hpp"

namespace {

using namespace acf;
using namespace acf::selftest;

constexpr std::uint16_t none = hal::no_view;

std::uint16_t words_at(job& j, std::uint32_t base) {
  return j.view(
      {.base = base, .type = static_cast<std::uint8_t>(element::u32), .dim = {1, 16, 1, 1}, .stride = {64, 4, 0, 0}});
}

driver::problem load_into(bench& b, std::uint32_t sram, std::uint64_t dram) {
  job j(b);
  j.add(opcode::copy, {none, words_at(j, sram), none, none}).param = {hal::copy_mode::load, low(dram), high(dram)};
  return j.try_run();
}

driver::problem bad_opcode(bench& b) {
  job j(b);
  j.add(static_cast<opcode>(99));
  return j.try_run();
}

driver::problem range(bench& b) {
  return load_into(b, b.fabric.description().sram_kib * 1024 - 32, address_of(shared.tensors));
}

driver::problem window(bench& b) { return load_into(b, 0, hal::map::dram); }

driver::problem overlap(bench& b) { // the product would overwrite its own operand
  job j(b);
  const auto x = j.output(element::f32, 4, 8), y = j.output(element::f32, 8, 8);
  j.add(opcode::mm, {x.view, y.view, x.view, none});
  return j.try_run();
}

driver::problem race(bench& b) { // the second load does not wait for the first, which writes the same place
  job j(b);
  const auto from = address_of(shared.tensors);
  const auto to = words_at(j, 0);
  for (int n = 0; n < 2; ++n) {
    auto& c = j.add_sequencer(opcode::copy);
    c.flags = n == 0 ? 0 : hal::flag::channel;
    c.view = {none, to, none, none};
    c.param = {hal::copy_mode::load, low(from), high(from)};
  }
  return j.try_run();
}

driver::problem overrun(bench& b) { // the first job never ends; doorbells go on
  constexpr std::uint32_t ring = 3, never = 63;
  hal::command wait{.op = static_cast<std::uint8_t>(opcode::sem)};
  wait.param = {0, 0, never, 1};
  shared.other_ring.fill(std::bit_cast<driver::record>(wait));
  driver::queue queue(b.fabric, 0, ring, shared.other_ring, address_of(shared.other_ring));
  if (const auto p = queue.attach()) return p;
  b.fabric.world().barrier();
  for (std::uint32_t n = 0; n < hal::tile::job_queue_depth + 2; ++n)
    b.fabric.tile(0).write(hal::tile::doorbell,
                           hal::put(hal::put(0, hal::tile::doorbell_ring, ring), hal::tile::doorbell_count, 1));
  while (!b.fabric.first_error()) {
  }
  return {.what = driver::trouble::tile_error, .error = *b.fabric.first_error()};
}

driver::problem routing_hole(bench& b) { // no way to memory
  const auto& chip = b.fabric.description();
  const auto bank = static_cast<std::uint32_t>(
      hal::get(b.fabric.block().read(hal::global::control), hal::global::control["ROUTE_BANK"]));
  for (std::uint32_t node = chip.tiles; node < chip.nodes; ++node)
    if (const auto p = b.fabric.set_route(bank, 0, node, std::nullopt)) return p;
  b.fabric.report(b.fabric.check_routes());
  return load_into(b, 0, address_of(shared.tensors));
}

struct mistake {
  std::string_view name;
  driver::problem (*make)(bench&);
};
constexpr mistake mistakes[] = {{"opcode", bad_opcode}, {"range", range}, {"window", window},
                                {"overlap", overlap},   {"race", race},   {"overrun", overrun},
                                {"hole", routing_hole}};

} // namespace

int main() {
  board::fabric_environment world;
  driver::fabric fabric(world);
  bench b(fabric);
  const std::string_view wanted(reinterpret_cast<const char*>(hal::map::job_image), 8);
  for (const auto& m : mistakes) {
    if (!wanted.starts_with(m.name)) continue;
    auto p = fabric.identify();
    if (!p) p = b.bring_up();
    world.listen_to(fabric);
    if (!p) p = m.make(b);
    fabric.report(p);
    return p ? 1 : 0;
  }
  std::puts("no such mistake");
  return 2;
}
