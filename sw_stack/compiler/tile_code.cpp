#include "sw_stack/compiler/tile_code.hpp"

#include "sw_stack/compiler/registers_used.hpp"

#include <algorithm>
#include <cstring>

namespace acf::compiler {
namespace {

using hal::command;
using hal::opcode;

constexpr std::uint32_t most_signals = 1023; // of one wait or signal

std::uint16_t packed(const wait_for& w) {
  if (w.count > most_signals)
    throw input_error("this mesh is too large: a command would wait for " + std::to_string(w.count) +
                      " signals, at most " + std::to_string(most_signals) + " can be counted");
  return w.count ? hal::on(w.semaphore, w.count) : std::uint16_t{0};
}

std::uint32_t low(std::uint64_t v) { return static_cast<std::uint32_t>(v); }
std::uint32_t high(std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); }

} // namespace

tensor vector_of(hal::element type, std::uint32_t base, std::uint32_t n, std::uint32_t stride) {
  tensor t;
  t.view.base = base;
  t.view.type = static_cast<std::uint8_t>(type);
  t.view.dim = {n, 1, 1, 1};
  t.view.stride = {stride ? stride : bytes_of(type), 0, 0, 0};
  return t;
}

tensor matrix_of(hal::element type, std::uint32_t base, std::uint32_t rows, std::uint32_t columns,
                 std::uint32_t row_stride) {
  tensor t;
  t.view.base = base;
  t.view.type = static_cast<std::uint8_t>(type);
  t.view.dim = {rows, columns, 1, 1};
  t.view.stride = {row_stride ? row_stride : columns * bytes_of(type), bytes_of(type), 0, 0};
  return t;
}

std::uint16_t tile_code::number(const hal::view_record& v) {
  for (std::size_t i = 0; i < views.size(); ++i)
    if (std::memcmp(&views[i], &v, sizeof v) == 0) return static_cast<std::uint16_t>(i);
  if (views.size() == hal::view_count)
    throw input_error("tile " + std::to_string(tile) + " needs more than " + std::to_string(hal::view_count) +
                      " views for this network");
  views.push_back(v);
  return static_cast<std::uint16_t>(views.size() - 1);
}

// Dense views start at 0 and the offset says where: equal shapes share a view, and there are only 128.
void tile_code::place(const tensor& t, std::uint16_t& view, std::uint32_t& offset) {
  const bool from_scalar = t.offset & 0x8000'0000;
  hal::view_record v = t.view;
  offset = t.offset;
  if (v.layout == static_cast<std::uint8_t>(hal::format::dense)) {
    offset += from_scalar ? v.base << 4 : v.base;
    v.base = 0;
  }
  view = number(v);
}

command tile_code::start(opcode op, const link& how, std::initializer_list<const tensor*> operands) {
  command c;
  c.op = static_cast<std::uint8_t>(op);
  c.flags =
      static_cast<std::uint8_t>((how.channel1 ? hal::flag::channel : 0) | (how.remote ? hal::flag::signal_remote : 0));
  c.tag = how.tag;
  c.wait = {packed(how.first), packed(how.second)};
  c.signal = packed(how.then);
  std::size_t i = 0;
  for (const tensor* t : operands) {
    if (t) place(*t, c.view[i], c.offset[i]);
    ++i;
  }
  return c;
}

hal::extension tile_code::extend(std::initializer_list<const tensor*> operands) {
  hal::extension e;
  std::size_t i = 0;
  for (const tensor* t : operands) {
    if (t) place(*t, e.view[i], e.offset[i]);
    ++i;
  }
  return e;
}

void tile_code::append(const command& c) { rings[ring].push_back(c); }

void tile_code::append(command c, const hal::extension& e) {
  c.flags |= hal::flag::extended;
  append(c);
  append(std::bit_cast<command>(e));
}

void tile_code::set(std::uint32_t scalar, std::uint32_t op, std::uint64_t value, std::uint32_t plus) {
  command c = start(opcode::setreg, {}, {});
  c.param = {scalar, op, low(value), high(value), plus == no_scalar ? 0 : 1 + plus, 0};
  append(c);
}

void tile_code::load_scalar(std::uint32_t scalar, std::uint64_t address, std::uint32_t plus) {
  set(scalar, hal::setreg_op::load32, address, plus);
}

void tile_code::wait(std::uint32_t semaphore, std::uint32_t count) {
  for (std::uint32_t left = count; left > 0;) {
    const std::uint32_t some = std::min(left, most_signals);
    command c = start(opcode::sem, {}, {});
    c.param = {0, 0, semaphore, some, 0, 0};
    append(c);
    left -= some;
  }
}

void tile_code::add(std::uint32_t semaphore, std::uint32_t count, std::uint32_t tiles) {
  command c = start(opcode::sem, {}, {});
  c.param = {1, tiles, semaphore, count, 0, 0};
  append(c);
}

void tile_code::load(const tensor& to, std::uint64_t address, const link& how, std::uint32_t pitch,
                     std::uint32_t offset, const tensor* packed_sizes) {
  command c = start(opcode::copy, how, {nullptr, &to, nullptr, packed_sizes});
  if (packed_sizes) c.flags |= hal::flag::compress;
  c.offset[2] = offset;
  c.param = {hal::copy_mode::load, low(address), high(address), pitch, 0, 0};
  append(c);
}

void tile_code::store(const tensor& from, std::uint64_t address, const link& how, std::uint32_t pitch) {
  command c = start(opcode::copy, how, {&from});
  c.param = {hal::copy_mode::store, low(address), high(address), pitch, 0, 0};
  append(c);
}

void tile_code::send(const tensor& what, std::uint32_t tiles, link how) { send_to(what, what, tiles, how); }

void tile_code::send_to(const tensor& what, const tensor& there, std::uint32_t tiles, link how) {
  how.remote = true;
  command c = start(opcode::copy, how, {&what, &there});
  c.param = {hal::copy_mode::send, 0, 0, 0, tiles, 0};
  if (how.packed) c.flags |= hal::flag::compress;
  append(c);
  if (how.then.semaphore == semaphore::ready) raised_ready += how.then.count;
}

void tile_code::deal(const tensor& what, const tensor& list, std::uint32_t tiles, link how) {
  how.remote = true;
  command c = start(opcode::copy, how, {&what, &what, &list});
  c.param = {hal::copy_mode::deal, 0, 0, 0, tiles, hal::deal_by::column};
  append(c);
}

void tile_code::copy(const tensor& from, const tensor& to, const link& how) {
  command c = start(opcode::copy, how, {&from, &to});
  c.param[0] = hal::copy_mode::local;
  append(c);
}

void tile_code::gather(const tensor& index, const tensor& to, std::uint64_t table, std::uint32_t pitch, const link& how,
                       const tensor* packed_sizes) {
  command c = start(opcode::gather, how, {&index, &to, nullptr, packed_sizes});
  if (packed_sizes) c.flags |= hal::flag::compress;
  c.param = {hal::table_in::dram,
             low(table),
             high(table),
             pitch,
             to.view.dim[1] * bytes_of(static_cast<hal::element>(to.view.type)),
             0};
  append(c);
}

void tile_code::fill_zero(const tensor& what, const link& how) {
  command c = start(opcode::ewise, how, {nullptr, nullptr, &what});
  c.param[0] = hal::ewise_fn::fill;
  append(c);
}

void tile_code::fence(std::uint64_t address, std::uint32_t value_scalar, const link& how) {
  command c = start(opcode::fence, how, {});
  c.param = {1, low(address), high(address), 0, 1 + value_scalar, 0};
  append(c);
}

} // namespace acf::compiler
