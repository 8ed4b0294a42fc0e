// The image as firmware sees it, and what does not fit.
#include "sw_stack/compiler/compile.hpp"
#include "sw_stack/data/digits.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/job_image.hpp"
#include "sw_stack/hal/memory_map.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

using namespace acf;
using namespace acf::compiler;

namespace {

const data_set& digits() {
  static const data_set set = acf::data::generate_digits(130, 20, 2);
  return set;
}

std::string complaint(const chip& c, const training& t, const data_set& d) {
  try {
    compile(c, t, d);
  } catch (const input_error& e) {
    return e.what();
  }
  return "";
}

} // namespace

TEST(image, says_what_it_is_and_what_it_was_built_for) {
  chip c;
  c.mesh_width = 2;
  c.mesh_height = 3;
  training t;
  t.epochs = 3;
  const auto built = compile(c, t, digits());
  hal::job::header h;
  std::memcpy(&h, built.image.data(), sizeof h);
  EXPECT_EQ(h.magic, hal::job::magic);
  EXPECT_EQ(h.version, hal::job::version);
  EXPECT_EQ(h.bytes, built.image.size());
  EXPECT_EQ(h.mesh_width, 2u);
  EXPECT_EQ(h.mesh_height, 3u);
  EXPECT_EQ(h.sram_kib, 512u);
  EXPECT_EQ(h.steps, 9u);
  EXPECT_EQ(h.steps_per_epoch, 3u);
  EXPECT_EQ(h.classes, 10u);
  EXPECT_EQ(h.layer_count, 2u);
  EXPECT_LE(h.writable_begin, h.fence_word);
  EXPECT_LE(h.test_stats, h.writable_end);
}

TEST(image, rings_are_inside_and_aligned) {
  const auto built = compile({}, {}, digits());
  hal::job::header h;
  std::memcpy(&h, built.image.data(), sizeof h);
  for (std::uint32_t i = 0; i < 16 * 4; ++i) {
    hal::job::ring_entry e;
    std::memcpy(&e, built.image.data() + h.rings + i * sizeof e, sizeof e);
    EXPECT_EQ(e.length == 0, i % 4 == hal::job::regrow) << i;
    if (e.length == 0) continue;
    EXPECT_EQ(e.address % 64, 0u);
    EXPECT_LE(e.address - hal::map::job_image + e.length * 64, built.image.size());
  }
}

// 256 tiles send their weights in up to eight chunks each.
TEST(image, no_wait_of_a_large_mesh_counts_more_signals_than_a_command_can_say) {
  chip c;
  c.mesh_width = c.mesh_height = 16;
  const auto built = compile(c, {}, digits());
  hal::job::header h;
  std::memcpy(&h, built.image.data(), sizeof h);
  std::uint64_t largest_sum = 0;
  for (std::uint32_t i = 0; i < 256 * 4; ++i) {
    hal::job::ring_entry e;
    std::memcpy(&e, built.image.data() + h.rings + i * sizeof e, sizeof e);
    std::map<std::uint32_t, std::uint64_t> waited;
    for (std::uint32_t n = 0; n < e.length; ++n) {
      hal::command one;
      std::memcpy(&one, built.image.data() + (e.address - hal::map::job_image) + n * sizeof one, sizeof one);
      if (one.flags & hal::flag::extended) ++n; // the record behind it is no command
      if (static_cast<hal::opcode>(one.op) != hal::opcode::sem) continue;
      ASSERT_GE(one.param[3], 1u);
      ASSERT_LE(one.param[3], 1023u);
      if (one.param[0] == 0) waited[one.param[2]] += one.param[3];
    }
    for (const auto& [semaphore, count] : waited) largest_sum = std::max(largest_sum, count);
  }
  EXPECT_GT(largest_sum, 1023u); // else this mesh shows nothing
}

TEST(image, is_the_same_every_time) {
  training t;
  t.weights = pattern::block4x4;
  EXPECT_EQ(compile({}, t, digits()).image, compile({}, t, digits()).image);
}

TEST(image, says_how_much_sram_is_missing) {
  chip c;
  c.sram_bytes = 64 * 1024;
  const auto text = complaint(c, {}, digits());
  EXPECT_NE(text.find("SRAM of 65536 bytes per tile is too small"), std::string::npos) << text;
  EXPECT_NE(text.find(" more"), std::string::npos) << text;
}

TEST(image, streams_what_does_not_fit) {
  chip one;
  one.mesh_width = one.mesh_height = 1;
  training t;
  EXPECT_FALSE(compile(one, t, digits()).plan.where.masters_resident[0]);
  EXPECT_TRUE(compile(one, t, digits()).plan.where.weights_resident[0]);
  t.dtype = storage::fp32;
  EXPECT_FALSE(compile({}, t, digits()).plan.where.weights_resident[0]);
  one.sram_bytes = 4 * 1024 * 1024;
  EXPECT_TRUE(compile(one, t, digits()).plan.where.masters_resident[0]);
}

TEST(image, streams_masters_of_blocks_that_do_not_fit) {
  chip one;
  one.mesh_width = one.mesh_height = 1;
  training t;
  t.weights = pattern::block4x4;
  const auto all = compile(one, t, digits()).plan;
  EXPECT_TRUE(all.where.masters_resident[0]);
  one.sram_bytes = all.sram_used - 1024;
  const auto less = compile(one, t, digits()).plan;
  EXPECT_EQ(less.where.lookahead, 1u); // first one batch less ahead, then masters
  EXPECT_TRUE(less.where.masters_resident[0]);
  one.sram_bytes = less.sram_used - 1024;
  const auto least = compile(one, t, digits()).plan;
  EXPECT_FALSE(least.where.masters_resident[0]);
  EXPECT_TRUE(least.where.weights_resident[0]);
}

TEST(image, refuses_networks_that_do_not_fit_the_data) {
  training t;
  t.layers = {100, 20, 10};
  EXPECT_EQ(complaint({}, t, digits()),
            "data: images of 784 pixels, but the first layer of the network has 100 inputs");
  t.layers = {784, 20, 5};
  EXPECT_EQ(complaint({}, t, digits()), "data: label 5, but the network has 5 outputs");
  t.layers = {784, 10};
  EXPECT_NE(complaint({}, t, digits()), "");
}
