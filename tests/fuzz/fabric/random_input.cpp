#include "tests/fuzz/fabric/random_input.hpp"

#include "sw_stack/hal/tile_registers.hpp"

#include <algorithm>
#include <iterator>

namespace acf::fuzz {

using hal::opcode;

std::uint64_t random_input::wild() {
  switch (below(6)) {
  case 0: return bits();
  case 1: return std::uint64_t{1} << below(64);
  case 2: return (std::uint64_t{1} << below(64)) - 1;
  case 3: return ~below(16);
  case 4: return address();
  default: return small();
  }
}

std::uint64_t random_input::address() {
  if (one_in(200)) return bits();
  if (one_in(50)) return world_.area + world_.area_bytes - below(256);
  const auto at = world_.area + below(world_.area_bytes);
  return one_in(10) ? at : at & ~std::uint64_t{63};
}

std::uint16_t random_input::wait_or_signal() {
  if (one_in(100)) return static_cast<std::uint16_t>(bits());
  return one_in(2) ? std::uint16_t{0}
                   : hal::on(static_cast<std::uint32_t>(below(4)), static_cast<std::uint32_t>(below(3)));
}

std::uint32_t random_input::offset() {
  if (one_in(60)) return static_cast<std::uint32_t>(wild());
  if (one_in(6)) return hal::from_scalar(static_cast<std::uint32_t>(below(16)), small() * 4);
  return one_in(2) ? 0 : small() * 64;
}

// A rectangle, which mostly exists.
std::uint32_t random_input::tiles() {
  if (one_in(30)) return static_cast<std::uint32_t>(bits());
  const auto x0 = below(world_.width), y0 = below(world_.height);
  const auto x1 = x0 + below(world_.width - x0), y1 = y0 + below(world_.height - y0);
  return hal::tile_set(static_cast<std::uint32_t>(x0), static_cast<std::uint32_t>(y0), static_cast<std::uint32_t>(x1),
                       static_cast<std::uint32_t>(y1));
}

hal::view_record random_input::view() {
  hal::view_record v;
  v.type = static_cast<std::uint8_t>(one_in(40) ? bits() : one_in(4) ? below(8) : one_in(4) ? 2 : 0);
  v.layout = static_cast<std::uint8_t>(one_in(40) ? bits() : one_in(5) ? below(3) : 0);
  const auto at = [&] { return static_cast<std::uint32_t>(below(world_.sram_bytes) & ~std::uint64_t{63}); };
  v.base = at();
  v.pointers = at();
  v.indices = at();
  v.capacity = one_in(4) ? static_cast<std::uint32_t>(wild()) : 1024;
  const auto dimension = [&]() -> std::uint32_t {
    if (one_in(40)) return static_cast<std::uint32_t>(wild());
    if (one_in(10)) return static_cast<std::uint32_t>(below(2000));
    if (one_in(4)) return 1u << below(7);
    return 16; // so that shapes often agree
  };
  v.dim = {dimension(), one_in(4) ? 1 : dimension(), one_in(8) ? dimension() : 1, one_in(8) ? dimension() : 1};
  std::uint32_t stride = hal::bytes_of(static_cast<hal::element>(v.type & 7));
  for (unsigned i = 4; i-- > 0;) {
    v.stride[i] = one_in(60) ? static_cast<std::uint32_t>(wild()) : one_in(30) ? 0 : stride;
    stride *= std::max(v.dim[i], 1u);
  }
  return v;
}

void random_input::sequencer_parameters(hal::command& c) {
  const auto scalar = [&] { return static_cast<std::uint32_t>(below(one_in(30) ? 64 : hal::tile::scalars)); };
  auto to = address();
  switch (static_cast<opcode>(c.op)) {
  case opcode::defview:
    c.view[0] = static_cast<std::uint16_t>(below(one_in(20) ? 200 : 8));
    if (!one_in(10)) to = world_.area + sizeof(hal::view_record) * below(world_.views - 16);
    c.param = {static_cast<std::uint32_t>(to), static_cast<std::uint32_t>(to >> 32),
               static_cast<std::uint32_t>(below(one_in(20) ? 200 : 16))};
    break;
  case opcode::setreg:
    c.param = {scalar(), static_cast<std::uint32_t>(below(5)), static_cast<std::uint32_t>(to),
               static_cast<std::uint32_t>(to >> 32), one_in(10) ? 1 + scalar() : 0};
    if (one_in(2)) c.param[2] = small(), c.param[3] = 0;
    break;
  case opcode::loop:
    c.param = {static_cast<std::uint32_t>(below(5)), scalar(),
               one_in(3) ? 1 + scalar() : 0,         small(),
               one_in(3) ? 1 + scalar() : 0,         static_cast<std::uint32_t>(wild())};
    break;
  default: // SEM
    c.param = {static_cast<std::uint32_t>(below(2)), tiles(), static_cast<std::uint32_t>(below(one_in(20) ? 99 : 4)),
               static_cast<std::uint32_t>(below(one_in(20) ? 5000 : 4))};
    if (one_in(2)) c.param[0] = 1;
  }
}

void random_input::parameters(hal::command& c) {
  const auto to = address();
  for (auto& p : c.param)
    p = one_in(8) ? static_cast<std::uint32_t>(wild()) : one_in(2) ? 0 : static_cast<std::uint32_t>(below(8));
  switch (static_cast<opcode>(c.op)) {
  case opcode::copy:
  case opcode::gather:
  case opcode::scatter:
    c.param[0] = static_cast<std::uint32_t>(one_in(20) ? below(8) : 1 + below(one_in(4) ? 4 : 3));
    c.param[1] = static_cast<std::uint32_t>(to);
    c.param[2] = static_cast<std::uint32_t>(to >> 32);
    c.param[3] = one_in(2) ? 0 : 64 * small();
    c.param[4] = static_cast<opcode>(c.op) == opcode::copy ? tiles() : 4u << below(7);
    c.param[5] = one_in(4);
    break;
  case opcode::fence:
  case opcode::counters:
    c.param = {static_cast<std::uint32_t>(below(2)), static_cast<std::uint32_t>(to),
               static_cast<std::uint32_t>(to >> 32), small(), one_in(8) ? small() : 0};
    break;
  case opcode::reduce: c.param = {static_cast<std::uint32_t>(below(16)), 0, 0, 0, tiles(), tiles()}; break;
  case opcode::mm:
    c.param[0] = static_cast<std::uint32_t>(below(one_in(20) ? 4096 : 16));
    c.param[1] = 0;
    if (one_in(2)) c.view[3] = hal::no_view;
    break;
  default: break;
  }
}

hal::command random_input::command() {
  static constexpr opcode likely[] = {
      opcode::defview,      opcode::defview, opcode::setreg,      opcode::loop,      opcode::sem,   opcode::fence,
      opcode::copy,         opcode::copy,    opcode::copy,        opcode::copy,      opcode::copy,  opcode::copy,
      opcode::convert,      opcode::gather,  opcode::scatter,     opcode::transpose, opcode::score, opcode::select_k,
      opcode::mm,           opcode::mm,      opcode::mask_update, opcode::sddmm,     opcode::ewise, opcode::rowred,
      opcode::softmax_xent, opcode::update,  opcode::counters,    opcode::reduce};
  hal::command c;
  c.op = one_in(100) ? static_cast<std::uint8_t>(bits()) : static_cast<std::uint8_t>(likely[below(std::size(likely))]);
  c.flags = static_cast<std::uint8_t>(one_in(50) ? bits() : below(16) & (one_in(3) ? 0xFF : 0xFE));
  if (!one_in(5))
    c.flags &= static_cast<std::uint8_t>(~hal::flag::compress); // loads rarely have the view that it wants
  c.tag = static_cast<std::uint16_t>(below(64));
  c.wait = {one_in(4) ? wait_or_signal() : std::uint16_t{0}, one_in(12) ? wait_or_signal() : std::uint16_t{0}};
  c.signal = wait_or_signal();
  for (auto& v : c.view) v = static_cast<std::uint16_t>(one_in(40) ? bits() : one_in(12) ? hal::no_view : below(16));
  for (auto& o : c.offset) o = offset();
  if (c.op >= static_cast<std::uint8_t>(opcode::defview) && c.op <= static_cast<std::uint8_t>(opcode::sem))
    sequencer_parameters(c);
  else
    parameters(c);
  return c;
}

hal::extension random_input::extension() {
  hal::extension e;
  for (auto& v : e.view) v = static_cast<std::uint16_t>(one_in(40) ? bits() : one_in(3) ? hal::no_view : below(16));
  for (auto& o : e.offset) o = offset();
  for (auto& p : e.param) p = one_in(2) ? small() : static_cast<std::uint32_t>(wild());
  return e;
}

random_input::register_write random_input::to_register(const hal::register_block& block) {
  const auto& r = block.first[below(block.count)];
  const auto offset = r.at(static_cast<std::uint32_t>(below(r.count)));
  auto value = wild();
  if (!one_in(20)) value &= r.implemented();
  if (one_in(50)) return {below(block.size), value, one_in(2) ? 4u : 8u};
  return {offset, value, one_in(50) ? 12u - r.width : r.width};
}

} // namespace acf::fuzz
