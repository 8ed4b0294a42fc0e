#include "tests/unit/cpu/random_items.hpp"
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>

namespace acf::cpu::test {
namespace {

using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr unsigned mscratch = 0x340; // holds the record's address while a block runs
constexpr std::int64_t data_offset = offsetof(record, data);
static_assert(data_offset + sizeof(record::data) < 2048, "reachable from the record's address");

class source : public random_items {
public:
  source(std::mt19937_64& r, const program_options& o) : random_items(r), options(o) {}

  item next() {
    for (;;) {
      const unsigned kind = static_cast<unsigned>(below(100));
      if (kind < 35) return from(integers());
      if (kind < 50) return memory();
      if (kind < 55) return atomic();
      if (kind < 70 && options.floating) return from(floats());
      if (kind < 75 && options.floating) return refresh();
      if (kind < 82 && options.compressed) return compressed();
      if (kind < 88) return branch();
      if (kind < 93) return csr();
      if (kind < 96 && options.traps) return trap();
      if (kind < 97) return words({assemble(one_in(2) ? "fence" : "fence.i")});
      if (kind < 98) return words({assemble("auipc", {any_register(), static_cast<std::int64_t>(below(1 << 20))})});
    }
  }

private:
  static const std::vector<const opcode*>& accesses() {
    static const auto v = select({format::load, format::S, format::float_load, format::float_store});
    return v;
  }
  static const std::vector<const opcode*>& atomics() {
    static const auto v = select({format::atomic, format::load_reserved});
    return v;
  }

  // An integer register that holds the record's address, or nearly: where accesses go.
  u32 base(unsigned r) { return assemble("csrrs", {r, mscratch, zero}); }
  unsigned base_register() { return 1 + static_cast<unsigned>(below(31)); }
  std::int64_t data_at(unsigned size, bool aligned) {
    const auto place = static_cast<std::int64_t>(below(sizeof(record::data) - 8));
    return data_offset + (aligned ? place / size * size : place);
  }

  item memory() {
    const opcode& op = *accesses()[below(accesses().size())];
    if (!options.floating && (op.properties & uses_float)) return refresh_integer();
    const unsigned r = base_register();
    if (options.traps && one_in(40)) // nothing is there
      return words({assemble("lui", {r, 0x08000}),
                    assemble(op.name, {any_register(), r, static_cast<std::int64_t>(8 * below(8))})});
    return words({base(r), assemble(op.name, {any_register(), r, data_at(8, !one_in(4))})});
  }
  item atomic() {
    const opcode& op = *atomics()[below(atomics().size())];
    const unsigned r = base_register();
    item i = words({base(r), assemble("addi", {r, r, data_at(8, true)})});
    const std::string width{op.name.substr(op.name.size() - 2)};
    const bool pair = op.shape == format::load_reserved || op.name.starts_with("sc");
    if (!pair)
      append(i, assemble(op.name, {any_register(), any_register(), r}));
    else { // of one width: QEMU 7.2 stores, but reports failure, where sc.w follows lr.d
      if (r == t6) return atomic();
      append(i, assemble("lr" + width, {t6, r}));
      if (one_in(4)) append(i, assemble("sd", {any_register(), r, 0})); // usually another value
      if (one_in(4)) append(i, assemble("addi", {r, r, 0}));
      append(i, assemble("sc" + width, {any_register(), any_register(), r}));
    }
    return i;
  }
  item refresh_integer() {
    const unsigned r = base_register();
    return words({base(r), assemble("ld", {any_register(), r, data_at(8, true)})});
  }
  item refresh() { // new values for floating-point registers
    const unsigned r = base_register();
    return words({base(r), assemble("fld", {any_register(), r, data_at(8, true)}),
                  assemble("fld", {any_register(), r, data_at(8, true)})});
  }

  item compressed() {
    for (;;) {
      const u16 c = static_cast<u16>(random());
      const u32 full = expand(c);
      if (!is_compressed(c)) continue;
      if (full == 0) {
        if (options.traps && one_in(8)) return {{c}};
        continue;
      }
      const decoded d = decode(full);
      switch (d.op->shape) {
      case format::B:
      case format::J:
      case format::jump_register:
      case format::none: continue;
      case format::load:
      case format::S:
      case format::float_load:
      case format::float_store: {
        if (!options.floating && (d.op->properties & uses_float)) continue;
        const unsigned r = d.operands.rs1;
        item i = words({base(r), assemble("addi", {r, r, data_offset})});
        i.code.push_back(c);
        return i;
      }
      default: return {{c}};
      }
    }
  }

  item csr() {
    static constexpr unsigned numbers[] = {1, 2, 3, 1, 2, 3, 0x341, 0x342, 0x343, 0xf14};
    static constexpr std::string_view names[] = {"csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci"};
    if (options.floating && one_in(12)) { // the floating-point unit off and, at the latest in the next block, on again
      const unsigned r = base_register();
      return words({assemble("lui", {r, 6}), assemble(one_in(2) ? "csrrc" : "csrrs", {zero, 0x300, r})});
    }
    const unsigned number = numbers[below(std::size(numbers))];
    if (number == 0x341) // QEMU 7.2 keeps the lowest bit of mepc, which the specification wires to zero
      return words({assemble("csrrwi", {any_register(), number, static_cast<std::int64_t>(2 * below(16))})});
    if (number == 0xf14) // QEMU 7.2 lets csrrs and csrrc of a register that holds 0 pass on read-only registers
      return words({assemble(options.traps && one_in(2) ? "csrrw" : "csrrs", {any_register(), number, zero})});
    return words({assemble(names[below(std::size(names))], {any_register(), number, any_register()})});
  }

  item trap() {
    switch (below(3)) {
    case 0: return words({assemble("ecall")});
    case 1: // mtval may then be 0 or the pc
      return words({one_in(2) ? assemble("ebreak") : 0x9002u, assemble("csrrwi", {zero, 0x343, 0})});
    default: return words({static_cast<u32>(random()) << 7 | 0x7f}); // longer than 32 bits
    }
  }

  const program_options& options;
};

} // namespace

random_block make_block(std::mt19937_64& random, unsigned items, const program_options& options) {
  source s(random, options);
  random_block b;
  for (auto& v : b.x) v = s.value();
  for (auto& v : b.f) v = s.value();
  for (auto& v : b.data) v = s.value();
  b.fcsr = s.below(5) << 5 | s.below(32);
  while (items--) b.items.push_back(s.next());
  return b;
}

void append_word(std::vector<std::uint8_t>& bytes, u32 w) {
  for (unsigned n = 0; n < (is_compressed(w) ? 2 : 4); ++n) bytes.push_back(static_cast<std::uint8_t>(w >> 8 * n));
}

std::uint64_t append_items(std::vector<std::uint8_t>& bytes, const std::vector<item>& items) {
  std::vector<std::size_t> starts;
  std::size_t at = bytes.size();
  for (const item& i : items) {
    starts.push_back(at);
    at += 2 * i.code.size();
  }
  starts.push_back(at);
  u64 instructions = 0;
  for (std::size_t n = 0; n < items.size(); ++n) {
    std::vector<u16> code = items[n].code;
    if (const unsigned skip = items[n].skip) {
      const std::size_t target = starts[std::min(n + 1 + skip, items.size())];
      const auto distance = static_cast<std::int64_t>(target - starts[n]);
      const u32 w = code[0] | static_cast<u32>(code[1]) << 16;
      const u32 offset =
          (w & 0x7f) == 0x6f ? assemble("jal", {0, distance}) & ~0x6fu : assemble("beq", {0, 0, distance}) & ~0x63u;
      code[0] = static_cast<u16>(w | offset);
      code[1] = static_cast<u16>((w | offset) >> 16);
    }
    for (std::size_t half = 0; half < code.size(); ++instructions) {
      const bool narrow = is_compressed(code[half]);
      append_word(bytes, code[half] | (narrow ? 0 : static_cast<u32>(code[half + 1]) << 16));
      half += narrow ? 1 : 2;
    }
  }
  return instructions;
}

// Block code follows the frame; the end of a block saves t6 and t5 and jumps to the frame's dump.
image link(const std::vector<random_block>& blocks, const std::vector<std::uint8_t>& frame) {
  image result{frame, 0, blocks.size(), 0};
  std::vector<u64> entries;
  for (const random_block& b : blocks) {
    entries.push_back(program_base + result.bytes.size());
    result.instructions += append_items(result.bytes, b.items);
    for (const u32 w : {assemble("csrrw", {t6, mscratch, t6}), assemble("sd", {t5, t6, offsetof(record, saved)}),
                        assemble("ld", {t5, t6, offsetof(record, dump)}), assemble("jalr", {zero, t5, 0})})
      append_word(result.bytes, w);
  }
  result.bytes.resize((result.bytes.size() + 63) & ~std::size_t{63});
  result.records = result.bytes.size();
  result.bytes.resize(result.records + blocks.size() * sizeof(record));
  const auto word = [&](std::size_t offset) {
    u64 v;
    std::memcpy(&v, &result.bytes[offset], 8);
    return v;
  };
  const u64 first = program_base + result.records, dump = word(24);
  const u64 last = first + (blocks.size() - 1) * sizeof(record);
  std::memcpy(&result.bytes[8], &first, 8);
  std::memcpy(&result.bytes[16], &last, 8);
  for (std::size_t n = 0; n < blocks.size(); ++n) {
    record r{};
    std::memcpy(r.x, blocks[n].x, sizeof r.x);
    std::memcpy(r.f, blocks[n].f, sizeof r.f);
    std::memcpy(r.data, blocks[n].data, sizeof r.data);
    r.fcsr = blocks[n].fcsr;
    r.entry = entries[n];
    r.dump = dump;
    std::memcpy(&result.bytes[result.records + n * sizeof r], &r, sizeof r);
  }
  return result;
}

std::string describe(const item& i) {
  std::string text;
  for (std::size_t n = 0; n < i.code.size();) {
    const u32 raw = i.code[n] | (n + 1 < i.code.size() ? static_cast<u32>(i.code[n + 1]) << 16 : 0);
    const unsigned halves = is_compressed(raw) ? 1 : 2;
    char bits[16];
    std::snprintf(bits, sizeof bits, halves == 1 ? "    %04x  " : "%08x  ", halves == 1 ? raw & 0xffff : raw);
    text += "  " + std::string(bits) + disassemble(raw, 0) + '\n';
    n += halves;
  }
  return text;
}

} // namespace acf::cpu::test
