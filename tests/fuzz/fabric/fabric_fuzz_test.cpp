// A million random writes to the fabric's registers and to what its DMA reads. The chip must live through them, and
// work again after one reset.
#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/tile_registers.hpp"
#include "tests/chip/chip.hpp"
#include "tests/fuzz/fabric/random_input.hpp"

#include <bit>
#include <cstdlib>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace acf::fuzz {

using test::chip;
namespace {

namespace map = hal::map;
using words = std::array<std::uint64_t, 8>;

constexpr std::uint64_t dram_bytes = std::uint64_t{64} << 20;
constexpr std::uint64_t area = map::dram + (std::uint64_t{32} << 20), area_bytes = 1 << 20;
constexpr std::uint32_t views = 1024;
constexpr std::uint64_t rings = area + views * sizeof(hal::view_record);
constexpr std::uint32_t ring_records = 32;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

// Counts why tiles stop.
struct causes : host_bridge::observer {
  explicit causes(chip& c) : of(c) { c.soc().bridge.observe(*this); }
  void tile_failed(std::uint32_t t) override {
    ++count[static_cast<std::size_t>(of.soc().tiles[t]->control().error_cause())];
  }
  chip& of;
  std::array<unsigned, 16> count{};
};

class attack {
public:
  attack(chip& c, std::uint64_t seed, std::uint64_t most)
      : chip_(c),
        width_(c.soc().configuration().mesh.width),
        height_(c.soc().configuration().mesh.height),
        random_(seed, {width_, height_, c.soc().configuration().same.sram_kib * 1024, area, area_bytes, views}),
        most_(most) {}

  void run() {
    for (std::uint32_t n = 0; n < tiles() * ring_records; ++n)
      write(rings + n * hal::command_bytes, std::bit_cast<words>(random_.command()));
    while (writes_ < most_) {
      prepare();
      const auto until = writes_ + 1000 + random_.below(8000);
      const bool routes = random_.one_in(6);
      while (writes_ < until) step(routes);
    }
  }
  std::uint64_t taken() const { return taken_; }

private:
  std::uint32_t tiles() const { return width_ * height_; }
  std::uint64_t some_tile() { return map::tile_base(static_cast<std::uint32_t>(random_.below(tiles()))); }
  void write(std::uint64_t address, std::uint64_t value, unsigned size) {
    ++writes_;
    taken_ += chip_.write(address, value, size);
  }
  void write(std::uint64_t address, const words& record) {
    for (std::uint64_t w = 0; w < 8; ++w) write(address + 8 * w, record[w], 8);
  }
  std::uint64_t slot() { return rings + hal::command_bytes * random_.below(tiles() * ring_records); }

  // As after a driver's bring-up, so that commands get somewhere.
  void prepare() {
    const bool everything = random_.one_in(8); // one window over all of the DRAM, and a little more
    write(map::global_block + hal::global::control.offset, hal::global::control["RESET"].mask(), 4);
    write(map::global_block + hal::global::window_base.offset, everything ? 0 : area, 8);
    write(map::global_block + hal::global::window_limit.offset,
          everything ? map::dram + dram_bytes + 4096 : area + area_bytes, 8);
    write(map::global_block + hal::global::window_rights.offset, 3, 4);
    for (std::uint32_t v = 0; v < 64; ++v) write(view_at(random_.below(views)), std::bit_cast<words>(random_.view()));
    for (std::uint32_t t = 0; t < tiles(); ++t) prepare_tile(t);
  }
  void prepare_tile(std::uint32_t t) {
    for (std::uint32_t r = 0; r < hal::tile::rings; ++r) {
      const auto first = random_.below(ring_records);
      const auto at = rings + (t * ring_records + first) * hal::command_bytes;
      write(map::tile_base(t) + hal::tile::ring_base.at(r), at, 8);
      write(map::tile_base(t) + hal::tile::ring_length.at(r), 1 + random_.below(ring_records - first), 4);
      define_views(at);
      write(map::tile_base(t) + hal::tile::doorbell.offset, r << 24 | 1, 4);
    }
  }
  std::uint64_t view_at(std::uint64_t number) const { return area + sizeof(hal::view_record) * number; }
  void define_views(std::uint64_t at) {
    hal::command c{.op = static_cast<std::uint8_t>(hal::opcode::defview)};
    c.view[0] = 0;
    c.param = {static_cast<std::uint32_t>(view_at(random_.below(views - 16))), 0, 16};
    write(at, std::bit_cast<words>(c));
  }

  // One thing that software does. The numbers are per mille.
  void step(bool routes) {
    const auto what = random_.below(1000);
    if (what < 330) {
      write(slot(), std::bit_cast<words>(random_.command()));
    } else if (what < 390) {
      auto extended = random_.command();
      extended.flags |= hal::flag::extended;
      const auto at = slot();
      write(at, std::bit_cast<words>(extended));
      write(at + hal::command_bytes, std::bit_cast<words>(random_.extension()));
    } else if (what < 440) {
      write(view_at(random_.below(views)), std::bit_cast<words>(random_.view()));
    } else if (what < 470) {
      write(random_.address() & ~std::uint64_t{7}, random_.wild(), 8);
    } else if (what < 600) {
      write(some_tile() + hal::tile::doorbell.offset, random_.below(4) << 24 | random_.below(12), 4);
    } else if (what < 605) {
      write(map::global_block + hal::global::doorbell.offset, random_.below(4) << 24 | random_.below(12), 4);
    } else if (what < 640) {
      to_register(some_tile(), hal::tile::block);
    } else if (what < 645) {
      to_register(map::global_block, hal::global::block);
    } else if (what < (routes ? 690u : 646u)) {
      to_register(map::routing_base(static_cast<std::uint32_t>(random_.below(tiles()))), hal::router::block);
    } else if (what < 800) {
      rescue(static_cast<std::uint32_t>(random_.below(tiles())));
    } else {
      chip_.pass(random_.below(random_.one_in(100) ? 50'000 : 3000));
    }
  }
  // Out of an error, or of a wait for nothing.
  void rescue(std::uint32_t t) {
    const auto tile = map::tile_base(t);
    write(tile + hal::tile::status.offset, 6, 4);
    if (random_.one_in(4)) write(tile + hal::tile::control.offset, 1 + random_.below(2), 4);
    if (random_.one_in(2)) write(tile + hal::tile::semaphore.at(static_cast<std::uint32_t>(random_.below(4))), 9, 4);
    if (random_.one_in(4)) prepare_tile(t);
    write(tile + hal::tile::doorbell.offset, random_.below(4) << 24 | random_.below(12), 4);
  }
  void to_register(std::uint64_t base, const hal::register_block& block) {
    const auto w = random_.to_register(block);
    write(base + w.offset, w.value, w.size);
  }

  chip& chip_;
  const std::uint32_t width_, height_;
  random_input random_;
  const std::uint64_t most_;
  std::uint64_t writes_ = 0, taken_ = 0;
};

// Kilobytes.
std::uint64_t peak_memory() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<std::uint64_t>(used.ru_maxrss);
}

void survive(std::span<const std::string> sets, std::uint64_t seed, std::uint64_t writes) {
  const platform::elf_image selftest(ACF_SELFTEST);
  chip c("chip", sets, selftest.entry());
  seed = from_environment("ACF_FUZZ_SEED", seed);
  writes = from_environment("ACF_FUZZ_WRITES", writes);
  std::uint64_t retired = 0, taken = 0, macs = 0, moved = 0;
  unsigned status = ~0u;
  causes why(c);
  c.run([&] {
    attack a(c, seed, writes);
    a.run();
    taken = a.taken();
    for (auto& t : c.soc().tiles) {
      retired += t->control().retired();
      macs += t->matrix().macs_executed();
      for (const auto i : {0u, 1u})
        moved += t->dma(i).bytes_loaded() + t->dma(i).bytes_stored() + t->dma(i).bytes_sent();
    }
    c.write32(map::global_block + hal::global::control.offset, hal::global::control["RESET"].mask());
    selftest.load([&](std::uint64_t address, std::span<const std::uint8_t> bytes) { c.put(address, bytes); });
    status = c.start_harts();
  });
  EXPECT_EQ(status, 0u) << c.console();
  EXPECT_NE(c.console().find("\n0 checks failed\n"), std::string::npos) << c.console();
  // The attack must have reached what it is after.
  EXPECT_GT(taken, writes / 2);
  EXPECT_GT(retired, writes / 50);
  EXPECT_GT(moved, writes);
  std::printf("%lu writes taken, %lu commands retired, %lu MACs, %lu bytes moved, %lu KiB at most\n", taken, retired,
              macs, moved, peak_memory());
  for (std::size_t cause = 1; cause < why.count.size(); ++cause)
    std::printf("cause %zu: %u\n", cause, why.count[cause]);
  EXPECT_LT(peak_memory(), 2u << 20);
}

} // namespace

TEST(fabric_fuzz, million_writes) { survive({}, 1, 1'000'000); }

TEST(fabric_fuzz, another_mesh) {
  const std::array<std::string, 3> sets{"mesh.width=2", "mesh.height=3", "same.sram_kib=128"};
  survive(sets, 2, 200'000);
}

} // namespace acf::fuzz
