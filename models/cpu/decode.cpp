#include "models/cpu/decode.hpp"
#include <array>
#include <vector>

namespace acf::cpu {
namespace {

constexpr std::uint32_t bits(std::uint32_t v, unsigned low, unsigned count) { return (v >> low) & ((1u << count) - 1); }
constexpr std::int64_t sign_extend(std::uint32_t v, unsigned width) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(v) << (64 - width)) >> (64 - width);
}

constexpr std::int64_t immediate_i(std::uint32_t raw) { return sign_extend(raw >> 20, 12); }
constexpr std::int64_t immediate_s(std::uint32_t raw) {
  return sign_extend(bits(raw, 25, 7) << 5 | bits(raw, 7, 5), 12);
}
constexpr std::int64_t immediate_b(std::uint32_t raw) {
  return sign_extend(bits(raw, 31, 1) << 12 | bits(raw, 7, 1) << 11 | bits(raw, 25, 6) << 5 | bits(raw, 8, 4) << 1, 13);
}
constexpr std::int64_t immediate_u(std::uint32_t raw) { return sign_extend(raw & 0xfffff000u, 32); }
constexpr std::int64_t immediate_j(std::uint32_t raw) {
  return sign_extend(bits(raw, 31, 1) << 20 | bits(raw, 12, 8) << 12 | bits(raw, 20, 1) << 11 | bits(raw, 21, 10) << 1,
                     21);
}

bool writes_integer(format shape) {
  switch (shape) {
  case format::float_load:
  case format::float_store:
  case format::float_binary:
  case format::float_unary:
  case format::float_fused:
  case format::integer_to_float:
  case format::S:
  case format::B:
  case format::none:
  case format::fence:
  case format::cache_block: return false;
  default: return true;
  }
}

std::int64_t immediate(format shape, std::uint32_t raw) {
  switch (shape) {
  case format::I:
  case format::load:
  case format::jump_register:
  case format::float_load:
  case format::fence: return immediate_i(raw);
  case format::S:
  case format::float_store: return immediate_s(raw);
  case format::B: return immediate_b(raw);
  case format::U: return immediate_u(raw);
  case format::J: return immediate_j(raw);
  case format::shift: return bits(raw, 20, 6);
  case format::shift_word: return bits(raw, 20, 5);
  case format::csr:
  case format::csr_immediate: return bits(raw, 20, 12);
  default: return bits(raw, 12, 3) | bits(raw, 27, 5) << 8; // rounding mode and rs3
  }
}

// Candidates by major opcode and funct3; a table line without fixed funct3 is a candidate under all eight.
class lookup {
public:
  lookup() {
    for (const auto& part : instruction_set())
      for (const opcode& op : part)
        for (unsigned f3 = 0; f3 < 8; ++f3)
          if (((op.match ^ f3 << 12) & op.mask & 0x7000) == 0) candidates[key(op.match | f3 << 12)].push_back(&op);
  }
  const opcode* find(std::uint32_t raw) const {
    for (const opcode* op : candidates[key(raw)])
      if ((raw & op->mask) == op->match) return op;
    return &illegal();
  }

private:
  static unsigned key(std::uint32_t raw) { return bits(raw, 2, 5) << 3 | bits(raw, 12, 3); }
  std::array<std::vector<const opcode*>, 256> candidates;
};

} // namespace

std::span<const std::span<const opcode>> instruction_set() {
  static const std::array parts{integer_opcodes(), bit_opcodes(), memory_opcodes(), float_opcodes(), system_opcodes()};
  return parts;
}

decoded decode(std::uint32_t raw) {
  static const lookup table;
  decoded d{};
  d.length = is_compressed(raw) ? 2 : 4;
  const std::uint32_t full = d.length == 2 ? expand(static_cast<std::uint16_t>(raw)) : raw;
  d.op = is_compressed(full) ? &illegal() : table.find(full);
  d.operands.run = d.op->run;
  d.operands.rd = static_cast<std::uint8_t>(bits(full, 7, 5));
  d.operands.rs1 = static_cast<std::uint8_t>(bits(full, 15, 5));
  d.operands.rs2 = static_cast<std::uint8_t>(bits(full, 20, 5));
  if (d.operands.rd == 0 && writes_integer(d.op->shape)) d.operands.rd = 32;
  d.operands.imm = immediate(d.op->shape, full);
  return d;
}

} // namespace acf::cpu
