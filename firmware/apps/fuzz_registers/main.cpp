// A million random writes to the fabric's registers and to ring memory, seeded by the word at the job image's place
// (`acf-vp run --load SEED@0x90000000`); then the self-test, which begins with one reset. The two DMA windows of the
// self-test stay, others come and go: anywhere as long as they give no rights, with rights only on what the fabric may
// write anyway, because what it may write, it does write.
#include <cstdint>
#include <cstdio>

#include "firmware/apps/selftest/bench.hpp"
#include "firmware/board/fabric_environment.hpp"
#include "firmware/start/trap.hpp"
#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/tile_registers.hpp"

namespace {

using namespace acf;
namespace map = hal::map;
using selftest::shared;

constexpr unsigned writes = 1'000'000;
unsigned refused = 0;

void count_and_skip(trap::frame& f) {
  ++refused;
  f.skip_instruction();
}

struct generator { // splitmix64
  std::uint64_t state;
  std::uint64_t operator()() {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return (*this)() % n; }
};

void store(std::uint64_t address, std::uint64_t value, unsigned bytes) {
  if (bytes == 8)
    *reinterpret_cast<volatile std::uint64_t*>(address) = value;
  else
    *reinterpret_cast<volatile std::uint32_t*>(address) = static_cast<std::uint32_t>(value);
}

void random_register(generator& random, std::uint64_t base, const hal::register_block& block) {
  const auto& r = block.first[random.below(block.count)];
  if (&block == &hal::global::block && r.offset >= hal::global::window_base.offset) return;
  auto value = random() >> random.below(64);
  if (random.below(16) != 0) value &= r.implemented();
  store(base + r.at(static_cast<std::uint32_t>(random.below(r.count))), value, r.width);
}

void random_window(generator& random) {
  constexpr std::uint32_t kept = 2;
  const auto number = kept + static_cast<std::uint32_t>(random.below(hal::global::dma_windows - kept));
  const auto write = [&](const hal::reg& r, std::uint64_t value) {
    store(map::global_block + r.at(number), value, r.width);
  };
  const bool inside = random.below(2) != 0;
  const auto end = [&] {
    return inside ? selftest::address_of(shared) + random.below(sizeof shared + 1) : random() >> random.below(64);
  };
  write(hal::global::window_rights, 0);
  write(hal::global::window_base, end());
  write(hal::global::window_limit, end());
  write(hal::global::window_rights, inside ? random.below(5) : random() << 2); // reserved bits are refused
}

// The next of a command's eight words: mostly an opcode that exists and parameters that could be meant.
void random_ring_word(generator& random) {
  auto& record = shared.ring[random.below(shared.ring.size())];
  const auto word = random.below(8);
  std::uint64_t value = random() >> random.below(64);
  if (word == 0) value = (1 + random.below(26)) | random.below(8) << 8;
  if (word == 2) value = 0x0003'0002'0001'0000;
  if (word == 5) value = selftest::address_of(shared) + random.below(sizeof shared);
  reinterpret_cast<volatile std::uint64_t*>(&record)[word] = value;
}

void attack(generator& random, std::uint32_t tiles) {
  const auto tile = map::tile_base(static_cast<std::uint32_t>(random.below(tiles)));
  switch (random.below(16)) {
  case 0: random_register(random, map::global_block, hal::global::block); break;
  case 1:
  case 2: random_register(random, tile, hal::tile::block); break;
  case 3:
    random_register(random, map::routing_base(static_cast<std::uint32_t>(random.below(tiles))), hal::router::block);
    break;
  case 4:
    store(tile + hal::tile::ring_base.at(static_cast<std::uint32_t>(random.below(4))),
          selftest::address_of(shared.ring), 8);
    break;
  case 5:
    store(tile + hal::tile::ring_length.at(static_cast<std::uint32_t>(random.below(4))), random.below(65), 4);
    break;
  case 6: store(tile + hal::tile::status.offset, 6, 4); break;
  case 9: random_window(random); break;
  case 7:
  case 8: store(tile + hal::tile::doorbell.offset, random.below(4) << 24 | random.below(16), 4); break;
  default: random_ring_word(random);
  }
}

} // namespace

int main() {
  trap::on(trap::exception::store_access, count_and_skip);
  board::fabric_environment world;
  driver::fabric fabric(world);
  selftest::bench bench(fabric);
  auto p = fabric.identify();
  if (!p) p = bench.bring_up();
  if (p) {
    fabric.report(p);
    return 1;
  }
  generator random{*reinterpret_cast<const volatile std::uint64_t*>(map::job_image)};
  const auto tiles = fabric.description().tiles;
  for (unsigned n = 0; n < writes; ++n) attack(random, tiles);
  std::printf("%u writes, %u of them refused\n", writes, refused);
  return selftest::self_test();
}
