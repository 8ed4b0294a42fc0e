// Machine code from names and operands, by the hart's own instruction table.
#pragma once
#include "models/cpu/decode.hpp"
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

namespace acf::cpu::test {

enum reg : unsigned {
  zero,
  ra,
  sp,
  gp,
  tp,
  t0,
  t1,
  t2,
  s0,
  s1,
  a0,
  a1,
  a2,
  a3,
  a4,
  a5,
  a6,
  a7,
  s2,
  s3,
  s4,
  s5,
  s6,
  s7,
  s8,
  s9,
  s10,
  s11,
  t3,
  t4,
  t5,
  t6
};

inline const opcode& find(std::string_view name) {
  for (const auto& part : instruction_set())
    for (const opcode& op : part)
      if (op.name == name) return op;
  throw std::invalid_argument("no instruction " + std::string(name));
}

// Operands in the order of assembly text; branch and jump targets as distances; memory operands as (register, offset).
inline std::uint32_t assemble(std::string_view name, std::initializer_list<std::int64_t> operands = {}) {
  const opcode& op = find(name);
  std::vector<std::uint32_t> o;
  for (const std::int64_t v : operands) o.push_back(static_cast<std::uint32_t>(v));
  o.resize(5);
  const auto rd = [](std::uint32_t v) { return v << 7; };
  const auto rs1 = [](std::uint32_t v) { return v << 15; };
  const auto rs2 = [](std::uint32_t v) { return v << 20; };
  const auto mode = [&](unsigned n) { // rounding mode: dynamic unless given
    if (!(op.properties & rounds)) return 0u;
    return (operands.size() > n ? o[n] : 7u) << 12;
  };
  switch (op.shape) {
  case format::R:
  case format::atomic:
    return op.match | rd(o[0]) | rs1(op.shape == format::R ? o[1] : o[2]) | rs2(op.shape == format::R ? o[2] : o[1]);
  case format::I:
  case format::load:
  case format::jump_register:
  case format::float_load:
  case format::shift:
  case format::shift_word: return op.match | rd(o[0]) | rs1(o[1]) | o[2] << 20;
  case format::csr:
  case format::csr_immediate: return op.match | rd(o[0]) | o[1] << 20 | rs1(o[2]);
  case format::S:
  case format::float_store: return op.match | rs2(o[0]) | rs1(o[1]) | (o[2] & 31) << 7 | (o[2] >> 5 & 127) << 25;
  case format::B:
    return op.match | rs1(o[0]) | rs2(o[1]) | (o[2] >> 11 & 1) << 7 | (o[2] >> 1 & 15) << 8 | (o[2] >> 5 & 63) << 25 |
           (o[2] >> 12 & 1) << 31;
  case format::U: return op.match | rd(o[0]) | o[1] << 12;
  case format::J:
    return op.match | rd(o[0]) | (o[1] & 0xff000) | (o[1] >> 11 & 1) << 20 | (o[1] >> 1 & 1023) << 21 |
           (o[1] >> 20 & 1) << 31;
  case format::load_reserved:
  case format::unary: return op.match | rd(o[0]) | rs1(o[1]);
  case format::float_unary:
  case format::float_to_integer:
  case format::integer_to_float: return op.match | rd(o[0]) | rs1(o[1]) | mode(2);
  case format::float_binary:
  case format::float_compare: return op.match | rd(o[0]) | rs1(o[1]) | rs2(o[2]) | mode(3);
  case format::float_fused: return op.match | rd(o[0]) | rs1(o[1]) | rs2(o[2]) | o[3] << 27 | mode(4);
  case format::cache_block: return op.match | rs1(o[0]);
  case format::none:
  case format::fence: return op.match;
  }
  return 0;
}

} // namespace acf::cpu::test
