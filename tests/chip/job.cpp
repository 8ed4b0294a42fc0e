#include "tests/chip/job.hpp"

#include "sw_stack/hal/global_registers.hpp"

#include <bit>

namespace acf::test {

namespace {

constexpr std::uint64_t windows = 0x100'0000;
constexpr std::uint32_t low(std::uint64_t a) { return static_cast<std::uint32_t>(a); }
constexpr std::uint32_t high(std::uint64_t a) { return static_cast<std::uint32_t>(a >> 32); }
using record_bytes = std::array<std::uint8_t, hal::command_bytes>;

} // namespace

job::job(chip& c, std::uint32_t tile_number, std::uint32_t ring_number)
    : chip_(c),
      ring_number_(ring_number),
      tile_(map::tile_base(tile_number)),
      ring_(map::dram + 0x10'0000 + (tile_number * hal::tile::rings + ring_number) * 0x1000),
      views_(ring_ + 0x20'0000) {
  const auto global = map::global_block;
  c.write64(global + hal::global::window_base.offset, map::dram);
  c.write64(global + hal::global::window_limit.offset, map::dram + windows);
  c.write32(global + hal::global::window_rights.offset, 3);
  place(64);
}

void job::place(std::uint32_t records) {
  write(hal::tile::ring_base, ring_, ring_number_);
  write(hal::tile::ring_length, records, ring_number_);
  list_.clear();
  views_used_ = 0;
}

hal::command& job::add(opcode op, std::array<std::uint32_t, 6> parameters) {
  list_.reserve(64); // references stay valid
  auto& c = list_.emplace_back();
  c.op = static_cast<std::uint8_t>(op);
  c.param = parameters;
  return c;
}

void job::view(std::uint32_t rows, std::uint32_t columns, std::uint32_t stride, std::uint16_t id, std::uint32_t base) {
  const hal::view_record v{.base = base,
                           .type = static_cast<std::uint8_t>(hal::element::u32),
                           .dim = {rows, columns, 1, 1},
                           .stride = {stride ? stride : 4 * columns, 4, 0, 0}};
  define(v, id);
}

void job::define(const hal::view_record& v, std::uint16_t id) {
  const auto at = views_ + sizeof v * views_used_++;
  chip_.put(at, std::bit_cast<record_bytes>(v));
  add(opcode::defview, {low(at), high(at), 1}).view[0] = id;
}

hal::command& job::load(std::uint16_t view, std::uint64_t from) {
  auto& c = add(opcode::copy, {hal::copy_mode::load, low(from), high(from)});
  c.view[1] = view;
  return c;
}

hal::command& job::store(std::uint16_t view, std::uint64_t to) {
  auto& c = add(opcode::copy, {hal::copy_mode::store, low(to), high(to)});
  c.view[0] = view;
  return c;
}

hal::command& job::fence(std::uint32_t value, std::uint64_t to) {
  return add(opcode::fence, {0, low(to), high(to), value});
}

void job::set_scalar(std::uint32_t scalar, std::uint64_t value) { write(hal::tile::scalar, value, scalar); }

void job::ring_doorbell() {
  for (std::size_t n = 0; n < list_.size(); ++n)
    chip_.put(ring_ + n * hal::command_bytes, std::bit_cast<record_bytes>(list_[n]));
  ring_doorbell(static_cast<std::uint32_t>(list_.size()));
}

void job::ring_doorbell(std::uint32_t count) { write(hal::tile::doorbell, ring_number_ << 24 | count); }

std::uint64_t job::finish(std::uint64_t limit) {
  const auto start = now();
  while (!idle() && cause() == hal::tile::error::none && now() - start < limit) chip_.pass(1);
  return now() - start;
}

std::uint64_t job::read(const hal::reg& r, std::uint32_t index) const {
  return chip_.read(tile_ + r.at(index), r.width);
}
void job::write(const hal::reg& r, std::uint64_t value, std::uint32_t index) const {
  chip_.write(tile_ + r.at(index), value, r.width);
}
std::uint32_t job::semaphore(std::uint32_t s) const {
  return static_cast<std::uint32_t>(read(hal::tile::semaphore, s));
}
std::uint64_t job::scalar(std::uint32_t s) const { return read(hal::tile::scalar, s); }
bool job::idle() const { return read(hal::tile::status) & 1; }
hal::tile::error job::cause() const { return static_cast<hal::tile::error>(read(hal::tile::error_cause)); }

std::uint32_t word(chip& c, std::uint64_t address) { return static_cast<std::uint32_t>(c.read(address, 4)); }

void put_words(chip& c, std::uint64_t address, const std::vector<std::uint32_t>& words) {
  c.put(address, {reinterpret_cast<const std::uint8_t*>(words.data()), 4 * words.size()});
}

std::vector<std::uint32_t> words(chip& c, std::uint64_t address, std::size_t count) {
  std::vector<std::uint32_t> found(count);
  for (std::size_t n = 0; n < count; ++n) found[n] = word(c, address + 4 * n);
  return found;
}

void reset(chip& c) { c.write32(map::global_block + hal::global::control.offset, 1); }

std::uint64_t now() { return static_cast<std::uint64_t>(sc_core::sc_time_stamp().to_seconds() * 1e9 + 0.5); }

} // namespace acf::test
