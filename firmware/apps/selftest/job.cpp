#include "firmware/apps/selftest/job.hpp"

#include <cstring>

#include "firmware/board/finisher.hpp"

namespace acf::selftest {
namespace {
constexpr std::uint32_t aligned(std::uint32_t bytes) { return (bytes + 63) & ~63u; }

[[noreturn]] void too_big() { board::finish(100); } // a check needs more room than job.hpp and bench.hpp provide
} // namespace

std::uint64_t tensor::operator[](std::uint32_t n) const {
  std::uint64_t bits = 0;
  std::memcpy(&bits, image + n * hal::bytes_of(type), hal::bytes_of(type));
  return bits;
}

job::job(bench& on, std::uint32_t tile_number) : owner(on), tile(tile_number) {}

void job::set(const tensor& t, std::uint32_t n, std::uint32_t bits) {
  const auto size = hal::bytes_of(t.type);
  const std::uint64_t wide = bits;
  std::memcpy(t.image + n * size, &wide, size);
}

tensor job::place(element type, std::uint32_t rows, std::uint32_t columns) {
  tensor t{
      .type = type, .rows = rows, .columns = columns, .sram = sram_used, .image = shared.tensors.data() + dram_used};
  const auto size = hal::bytes_of(type);
  t.view = view({.base = t.sram,
                 .type = static_cast<std::uint8_t>(type),
                 .dim = {rows, columns, 1, 1},
                 .stride = {columns * size, size, 0, 0}});
  sram_used += aligned(t.bytes());
  dram_used += aligned(t.bytes());
  if (dram_used > shared.tensors.size()) too_big();
  return t;
}

std::uint16_t job::view(const hal::view_record& record) {
  if (views == shared.views.size()) too_big();
  shared.views[views] = record;
  return static_cast<std::uint16_t>(views++);
}

tensor job::output(element type, std::uint32_t rows, std::uint32_t columns) {
  return input(type, rows, columns, [](std::uint32_t n) { return 0xdeadbe00u + n; });
}

hal::command& job::push(opcode what) {
  if (used == commands.size()) too_big();
  auto& c = commands[used++];
  c.op = static_cast<std::uint8_t>(what);
  return c;
}

hal::command& job::add(opcode what, std::array<std::uint16_t, 4> operands) {
  auto& c = push(what);
  c.view = operands;
  if (chained) c.wait[0] = hal::on(chain, 1);
  c.signal = hal::on(chain, 1);
  chained = true;
  return c;
}

hal::command& job::add_sequencer(opcode what) { return push(what); }

hal::extension& job::extend() {
  extended[used - 1] = true;
  return extensions[used - 1];
}

void job::load(const tensor& t) {
  const auto from = reinterpret_cast<std::uint64_t>(t.image);
  add(opcode::copy, {hal::no_view, t.view, hal::no_view, hal::no_view}).param = {hal::copy_mode::load, low(from),
                                                                                 high(from)};
}

void job::store(const tensor& t) {
  const auto to = reinterpret_cast<std::uint64_t>(t.image);
  add(opcode::copy, {t.view, hal::no_view, hal::no_view, hal::no_view}).param = {hal::copy_mode::store, low(to),
                                                                                 high(to)};
}

driver::problem job::try_run() {
  static driver::command_list<63> list;
  list.clear();
  if (views > 0)
    list.add({.op = static_cast<std::uint8_t>(opcode::defview),
              .view = {0, hal::no_view, hal::no_view, hal::no_view},
              .param = {low(address_of(shared.views)), high(address_of(shared.views)), views}});
  for (std::uint32_t n = 0; n < used; ++n) {
    if (extended[n])
      list.add(commands[n], extensions[n]);
    else
      list.add(commands[n]);
  }
  if (list.overflowed()) too_big();
  owner.fabric.tile(tile).write(hal::tile::semaphore, 0, chain);
  return owner.run(tile, list.records());
}

void job::expect_success() { owner.expect(try_run()); }

} // namespace acf::selftest
