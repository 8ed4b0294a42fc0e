// What the sequencer does itself: scalars, loops, semaphores, fences, counters.
#include "firmware/apps/selftest/job.hpp"

namespace acf::selftest {

namespace {
hal::command& set_scalar(job& j, std::uint32_t scalar, std::uint32_t how, std::uint64_t value,
                         std::uint32_t added = 0) {
  auto& c = j.add_sequencer(opcode::setreg);
  c.param = {scalar, how, low(value), high(value), added};
  return c;
}
} // namespace

void scalars_and_loops(bench& b) {
  namespace op = hal::setreg_op;
  job j(b);
  const auto block = b.fabric.tile(0);
  for (std::uint32_t n = 0; n < hal::tile::scalars; ++n) block.write(hal::tile::scalar, 0x100 + n, n);
  const auto words = j.input(element::u32, {0x1111'1111, 0x2222'2222});
  const auto image = reinterpret_cast<std::uint64_t>(words.image);
  set_scalar(j, 1, op::set, 0x1'0000'0005);
  set_scalar(j, 2, op::add, 7);
  set_scalar(j, 3, op::exclusive_or, 0xff);
  set_scalar(j, 4, op::load32, image);
  set_scalar(j, 5, op::load64, image);
  set_scalar(j, 6, op::set, 4, 1 + 1); // scalar 1 + 4
  // Four times round: row n of a table to row 2n of another, both offsets in scalars.
  const auto table = j.input(element::u32, 4, 16, [](std::uint32_t n) { return n; });
  const auto spread = j.place(element::u32, 8, 16);
  const auto row = j.view({.base = table.sram,
                           .type = static_cast<std::uint8_t>(element::u32),
                           .dim = {1, 16, 1, 1},
                           .stride = {64, 4, 0, 0}});
  set_scalar(j, 7, op::set, 4);
  set_scalar(j, 8, op::set, 0);
  set_scalar(j, 9, op::set, 0);
  const auto to = reinterpret_cast<std::uint64_t>(spread.image);
  auto& store = j.add(opcode::copy, {row, hal::no_view, hal::no_view, hal::no_view});
  store.param = {hal::copy_mode::store, low(to), high(to)};
  store.offset = {hal::from_scalar(8), 0, hal::from_scalar(9), 0};
  j.add_sequencer(opcode::loop).param = {1, 7, 1 + 8, 64, 1 + 9, 128};
  j.run();
  const auto scalar = [&](std::uint32_t n) { return block.read(hal::tile::scalar, n); };
  b.expect("scalar untouched", scalar(0), 0x100);
  b.expect("scalar set", scalar(1), 0x1'0000'0005);
  b.expect("scalar added to", scalar(2), 0x109);
  b.expect("scalar exclusive-or", scalar(3), 0x103 ^ 0xff);
  b.expect("scalar from 32 bits of memory", scalar(4), 0x1111'1111);
  b.expect("scalar from 64 bits of memory", scalar(5), 0x2222'2222'1111'1111);
  b.expect("scalar from scalar", scalar(6), 0x1'0000'0009);
  b.expect("loop count", scalar(7), 0);
  b.expect("first stepped scalar", scalar(8), 192);
  b.expect("second stepped scalar", scalar(9), 384);
  for (std::uint32_t n = 0; n < 64; ++n) b.expect("row moved by the loop", spread[n / 16 * 32 + n % 16], n);
}

void semaphores(bench& b) {
  constexpr std::uint32_t s = 9;
  const auto block = b.fabric.tile(0);
  block.write(hal::tile::semaphore, 1, s);
  job j(b);
  j.add_sequencer(opcode::sem).param = {1, hal::tile_set(0, 0, 0, 0), s, 5};
  j.add_sequencer(opcode::sem).param = {0, 0, s, 4};
  j.run();
  b.expect("1 + 5 - 4", block.read(hal::tile::semaphore, s), 2);

  const auto& chip = b.fabric.description();
  for (std::uint32_t n = 0; n < chip.tiles; ++n) b.fabric.tile(n).write(hal::tile::semaphore, n, s);
  job all(b);
  all.add_sequencer(opcode::sem).param = {1, hal::tile_set(0, 0, chip.width - 1, chip.height - 1), s, 100};
  all.add_sequencer(opcode::sem).param = {0, 0, s, 100};
  all.run();
  const auto deadline = b.fabric.world().now() + 1000; // a signal to another tile may still be on its way
  for (std::uint32_t n = 0; n < chip.tiles; ++n) {
    const auto expected = n == 0 ? 0 : n + 100;
    const auto found = [&] { return b.fabric.tile(n).read(hal::tile::semaphore, s); };
    while (found() != expected && b.fabric.world().now() < deadline) {
    }
    b.expect("semaphore of every tile", found(), expected);
  }
}

// Several fences in one job write their values in order, one of them from a scalar; each is counted.
void fences(bench& b) {
  const auto global = b.fabric.block();
  const auto before = global.read(hal::global::fences);
  job j(b);
  const auto words = j.place(element::u32, 1, 4);
  const auto to = reinterpret_cast<std::uint64_t>(words.image);
  set_scalar(j, 3, hal::setreg_op::set, 0x5ca1'a000);
  j.add_sequencer(opcode::fence).param = {0, low(to), high(to), 111};
  auto& second = j.add_sequencer(opcode::fence);
  second.param = {0, low(to), high(to), 0, 1 + 3};
  second.offset[2] = 4;
  j.add_sequencer(opcode::fence).param = {0, low(to + 8), high(to + 8), 333};
  j.run();
  b.expect("value of a fence", words[0], 111);
  b.expect("value from a scalar", words[1], 0x5ca1'a000);
  b.expect("value of the third fence", words[2], 333);
  b.expect("fences counted", global.read(hal::global::fences) - before, 4);
}

void counters(bench& b) {
  const auto block = b.fabric.tile(0);
  job j(b);
  const auto data = j.input(element::u32, 1, 256, [](std::uint32_t n) { return n; });
  const auto first = j.place(element::u64, 1, 8), second = j.place(element::u64, 1, 8);
  const auto snapshot = [&j](const tensor& to) {
    const auto address = reinterpret_cast<std::uint64_t>(to.image);
    j.add(opcode::counters).param = {0, low(address), high(address)};
  };
  snapshot(first);
  j.load(data);
  snapshot(second);
  j.run();
  b.expect("cycles go on", second[0] > first[0], 1);
  b.expect("bytes loaded", second[6] - first[6], 1024);
  b.expect("commands retired", second[5] > first[5] && block.read(hal::tile::retired) >= second[5], 1);
  b.expect("MACs executed", second[3], block.read(hal::tile::macs_executed));
  b.expect("MACs skipped", second[4], block.read(hal::tile::macs_skipped));
}

} // namespace acf::selftest
