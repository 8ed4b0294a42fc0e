// The GLOBAL block: what it says of the chip, doorbells for many tiles, the interrupt, DMA windows.
#include "sw_stack/hal/global_registers.hpp"
#include "tests/chip/job.hpp"

#include <gtest/gtest.h>

namespace acf::test {
namespace {

using hal::tile::error;
namespace global = hal::global;

std::uint64_t read(chip& c, const hal::reg& r, std::uint32_t index = 0) {
  return c.read(map::global_block + r.at(index), r.width);
}
void write(chip& c, const hal::reg& r, std::uint64_t value, std::uint32_t index = 0) {
  c.write(map::global_block + r.at(index), value, r.width);
}
std::uint64_t part(chip& c, const hal::reg& r, const hal::field& f) { return hal::get(read(c, r), f); }
bool interrupt(chip& c) { return c.soc().plic.level(hal::irq::fabric); }

template <typename function>
void on_chip(function body, std::vector<std::string> more = {"mesh.width=2", "mesh.height=2"}) {
  chip c("chip", more);
  c.run([&] { body(c); });
}

TEST(host_bridge, describes_the_chip_that_was_configured) {
  on_chip(
      [](chip& c) {
        EXPECT_EQ(part(c, global::mesh, global::mesh["WIDTH"]), 3u);
        EXPECT_EQ(part(c, global::mesh, global::mesh["HEIGHT"]), 2u);
        EXPECT_EQ(part(c, global::engine, global::engine["LANES"]), 32u);
        EXPECT_EQ(part(c, global::dram, global::dram["CHANNELS"]), 4u);
        EXPECT_EQ(read(c, global::nodes), (3u * 2 + 4 + 1) << 16 | 3 * 2); // nodes, and tiles among them
        EXPECT_EQ(read(c, global::sram), 256u);
      },
      {"mesh.width=3", "mesh.height=2", "zbcc.lanes=32", "dram.channels=4", "same.sram_kib=256"});
}

TEST(host_bridge, doorbell_rings_the_selected_tiles) {
  on_chip([](chip& c) {
    std::vector<job> jobs;
    for (std::uint32_t tile = 0; tile < 4; ++tile) {
      auto& j = jobs.emplace_back(c, tile);
      j.add(opcode::setreg, {1, hal::setreg_op::add, 1});
      j.ring_doorbell(); // to bring the record into the ring
      j.finish();
      j.place(64);
    }
    write(c, global::tile_select, 0b1010);
    write(c, global::doorbell, 1);
    for (auto& j : jobs) j.finish();
    for (std::uint32_t tile = 0; tile < 4; ++tile) EXPECT_EQ(jobs[tile].scalar(1), tile % 2 ? 2u : 1u) << tile;
  });
}

// Level, by cause; a cause that is not enabled waits silently; writing ones acknowledges.
TEST(host_bridge, interrupt_is_high_until_its_causes_are_acknowledged) {
  on_chip([](chip& c) {
    const auto fence = global::irq_status["FENCE"].mask(), failure = global::irq_status["ERROR"].mask();
    job j(c);
    j.fence(1).param[0] = 1; // with interrupt
    j.ring_doorbell();
    j.finish();
    c.pass(1000);
    EXPECT_EQ(read(c, global::irq_status), fence);
    EXPECT_FALSE(interrupt(c));
    write(c, global::irq_enable, fence);
    c.pass(1);
    EXPECT_TRUE(interrupt(c));
    j.place(64);
    j.add(static_cast<opcode>(200));
    j.ring_doorbell();
    j.finish();
    c.pass(1000);
    EXPECT_EQ(read(c, global::irq_status), fence | failure);
    write(c, global::irq_status, fence);
    c.pass(1);
    EXPECT_FALSE(interrupt(c));
    write(c, global::irq_enable, fence | failure);
    c.pass(1);
    EXPECT_TRUE(interrupt(c));
    write(c, global::irq_status, failure);
    c.pass(1);
    EXPECT_FALSE(interrupt(c));
    EXPECT_EQ(read(c, global::fences), 1u);
  });
}

TEST(host_bridge, names_the_lowest_tile_that_has_failed) {
  on_chip([](chip& c) {
    EXPECT_EQ(read(c, global::error_tile), 0xFFFF'FFFFu);
    for (const std::uint32_t tile : {3u, 1u, 2u}) {
      job j(c, tile);
      j.add(static_cast<opcode>(200));
      j.ring_doorbell();
      j.finish();
      EXPECT_EQ(j.cause(), error::bad_opcode);
    }
    EXPECT_EQ(read(c, global::error_tile), 1u);
    c.write32(map::tile_base(1) + hal::tile::control.offset, 1);
    EXPECT_EQ(read(c, global::error_tile), 2u);
    reset(c);
    EXPECT_EQ(read(c, global::error_tile), 0xFFFF'FFFFu);
  });
}

// A 64-byte load or store at the edges of a window; the ring has a window of its own.
class window_edges {
public:
  explicit window_edges(chip& c) : chip_(c) {
    job set_up(c); // opens window 0 over everything, which the next lines narrow to rings and views
    write(c, global::window_limit, map::dram + 0x40'0000, 0);
  }
  void window(std::uint64_t base, std::uint64_t limit, std::uint32_t rights) {
    write(chip_, global::window_rights, 0, 1);
    write(chip_, global::window_base, base, 1);
    write(chip_, global::window_limit, limit, 1);
    write(chip_, global::window_rights, rights, 1);
  }
  error access(std::uint64_t address, bool store) {
    job j(chip_);
    write(chip_, global::window_limit, map::dram + 0x40'0000, 0); // as job has opened it again
    j.view(1, 16);
    store ? j.store(0, address) : j.load(0, address);
    j.ring_doorbell();
    j.finish();
    const auto cause = j.cause();
    if (cause == error::window) {
      EXPECT_EQ(j.read(hal::tile::error_address), address);
    }
    j.write(hal::tile::control, 1);
    return cause;
  }

private:
  chip& chip_;
};

TEST(host_bridge, windows_confine_the_fabric) {
  on_chip([](chip& c) {
    window_edges w(c);
    constexpr std::uint32_t reading = 1, writing = 2;
    constexpr auto base = data, limit = data + 128;
    EXPECT_EQ(w.access(base, false), error::window);
    w.window(base, limit, reading);
    EXPECT_EQ(w.access(base, false), error::none);
    EXPECT_EQ(w.access(limit - 64, false), error::none);
    EXPECT_EQ(w.access(limit - 60, false), error::window);
    EXPECT_EQ(w.access(base - 4, false), error::window);
    EXPECT_EQ(w.access(base, true), error::window);
    w.window(base, limit, writing);
    EXPECT_EQ(w.access(base, true), error::none);
    EXPECT_EQ(w.access(base, false), error::window);
    w.window(base, limit, reading | writing);
    EXPECT_EQ(w.access(base + 64, true), error::none);
    w.window(limit, base, reading | writing); // upside down: nothing
    EXPECT_EQ(w.access(base, false), error::window);
    w.window(base, base, reading | writing);
    EXPECT_EQ(w.access(base, false), error::window);
    w.window(base, limit, 0);
    EXPECT_EQ(w.access(base, false), error::window);
    w.window(base, limit, reading);
    reset(c);
    EXPECT_EQ(read(c, global::window_rights, 1), 0u);
    EXPECT_EQ(w.access(base, false), error::window);
  });
}

TEST(host_bridge, reset_of_the_fabric_forgets_rings_and_windows) {
  on_chip([](chip& c) {
    std::vector<job> jobs;
    for (std::uint32_t tile = 0; tile < 4; ++tile) {
      auto& j = jobs.emplace_back(c, tile, tile % hal::tile::rings);
      EXPECT_NE(j.read(hal::tile::ring_base, tile % hal::tile::rings), 0u);
    }
    for (std::uint32_t w = 0; w < hal::global::dma_windows; ++w) {
      write(c, global::window_base, data, w);
      write(c, global::window_limit, data + 64, w);
      write(c, global::window_rights, 3, w);
    }
    reset(c);
    for (const auto& j : jobs)
      for (std::uint32_t ring = 0; ring < hal::tile::rings; ++ring) {
        EXPECT_EQ(j.read(hal::tile::ring_base, ring), 0u);
        EXPECT_EQ(j.read(hal::tile::ring_length, ring), 0u);
      }
    for (std::uint32_t w = 0; w < hal::global::dma_windows; ++w) {
      EXPECT_EQ(read(c, global::window_base, w), 0u);
      EXPECT_EQ(read(c, global::window_limit, w), 0u);
      EXPECT_EQ(read(c, global::window_rights, w), 0u);
    }
    jobs[0].ring_doorbell(1); // of a ring that is no more
    jobs[0].finish();
    EXPECT_EQ(jobs[0].cause(), error::ring);
  });
}

} // namespace
} // namespace acf::test
