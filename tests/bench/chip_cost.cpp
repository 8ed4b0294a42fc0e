// What the whole chip costs the host when four of its tiles work: the first two of the first two rows load from one
// DRAM channel, multiply, send to each other and store, the same whatever the size of the mesh.
//   chip_cost WIDTH HEIGHT TIMING ROUNDS    prints nanoseconds simulated; ROUNDS 0: construction alone
// tests/integration/cost counts its instructions.
#include "tests/chip/job.hpp"

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace acf::test {
namespace {

constexpr std::uint32_t loaded = 1, multiplied = 2, arrived = 3, free = 4;

void fp32(chip& c, job& j, std::uint16_t id, std::uint32_t base) {
  static std::uint32_t records = 0;
  const hal::view_record v{.base = base,
                           .type = static_cast<std::uint8_t>(hal::element::f32),
                           .dim = {32, 32, 1, 1},
                           .stride = {128, 4, 0, 0}};
  const auto at = map::dram + 0x60'0000 + records++ * sizeof v;
  c.put(at, std::bit_cast<std::array<std::uint8_t, 64>>(v));
  j.add(opcode::defview, {static_cast<std::uint32_t>(at), 0, 1}).view[0] = id;
}

void list(chip& c, job& j, std::uint32_t rounds) {
  fp32(c, j, 0, 0x0000);
  fp32(c, j, 1, 0x2000);
  fp32(c, j, 2, 0x4000);
  fp32(c, j, 3, 0x6000); // where what others send arrives: nobody reads it
  j.add(opcode::setreg, {1, hal::setreg_op::set, rounds});
  j.load(0, data).signal = hal::on(loaded, 1);
  auto& mm = j.add(opcode::mm);
  mm.view = {0, 1, 2, none};
  mm.wait[0] = hal::on(loaded, 1);
  mm.signal = hal::on(multiplied, 1);
  auto& send = j.add(opcode::copy, {hal::copy_mode::send, 0, 0, 0, hal::tile_set(0, 0, 1, 1)});
  send.view = {2, 3, none, none};
  send.flags = hal::flag::signal_remote;
  send.wait[0] = hal::on(multiplied, 1);
  send.signal = hal::on(arrived, 1);
  j.add(opcode::sem, {0, 0, arrived, 4});
  j.store(2, data + 0x10'0000).signal = hal::on(free, 1);
  j.add(opcode::sem, {0, 0, free, 1});
  j.add(opcode::loop, {6, 1});
}

void work(std::uint32_t width, std::uint32_t height, const char* timing, std::uint32_t rounds) {
  chip c("chip",
         std::vector<std::string>{"mesh.width=" + std::to_string(width), "mesh.height=" + std::to_string(height),
                                  "dram.channels=1", std::string("timing=") + timing});
  if (rounds == 0) return;
  c.run([&] {
    std::vector<std::unique_ptr<job>> all;
    for (const std::uint32_t tile : {0u, 1u, width, width + 1}) {
      auto& j = *all.emplace_back(std::make_unique<job>(c, tile));
      list(c, j, rounds);
    }
    for (auto& j : all) j->ring_doorbell();
    while (!all.front()->idle() || !all.back()->idle()) c.pass(1000);
    std::printf("%lu\n", now());
    for (auto& j : all)
      if (j->cause() != hal::tile::error::none || !j->idle()) std::exit(1);
  });
}

} // namespace
} // namespace acf::test

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const auto number = [&](int i) { return static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10)); };
  acf::test::work(number(1), number(2), argv[3], number(4));
}
