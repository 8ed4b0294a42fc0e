// What random programs are made of: values at the edges, instructions by format, branches.
#pragma once
#include "tests/unit/cpu/assembler.hpp"
#include "tests/unit/cpu/random_program.hpp"

namespace acf::cpu::test {

class random_items {
public:
  using u16 = std::uint16_t;
  using u32 = std::uint32_t;
  using u64 = std::uint64_t;

  explicit random_items(std::mt19937_64& r) : random(r) {}

  u64 below(u64 n) { return random() % n; }
  bool one_in(u64 n) { return below(n) == 0; }
  unsigned any_register() { return static_cast<unsigned>(below(32)); }

  u64 value() { // integers and doubles at the edges, singles in a box, noise
    static constexpr u64 edges[] = {0,
                                    1,
                                    2,
                                    ~u64{0},
                                    0x7fffffff,
                                    0x80000000,
                                    0xffffffff,
                                    0x7fffffffffffffff,
                                    0x8000000000000000,
                                    0x3ff0000000000000,
                                    0xbff0000000000000,
                                    0x7ff0000000000000,
                                    0xfff0000000000000,
                                    0x7ff8000000000000,
                                    0x7ff0000000000001,
                                    0x0010000000000000,
                                    0x000fffffffffffff,
                                    0x7fefffffffffffff,
                                    0x0000000000000001,
                                    0x8000000000000001,
                                    0x43e0000000000000,
                                    0xc3e0000000000000,
                                    0x41dfffffffc00000,
                                    0x3fe0000000000000};
    static constexpr u32 singles[] = {0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000,
                                      0x7fc00000, 0x7f800001, 0x00800000, 0x007fffff, 0x7f7fffff, 0x00000001,
                                      0x4f000000, 0xcf000000, 0x5f000000, 0x3f000000, 0x80000001, 0x00ffffff};
    switch (below(8)) {
    case 0:
    case 1: return edges[below(std::size(edges))];
    case 2: return 0xffffffff00000000u | singles[below(std::size(singles))];
    case 3: return 0xffffffff00000000u | (random() & 0xffffffff);
    case 4: return (random() & 0x800fffffffffffff) | (1023 - 30 + below(60)) << 52; // doubles of similar size
    case 5: return 0xffffffff00000000u | (random() & 0x807fffff) | (127 - 14 + below(28)) << 23;
    case 6: return random() >> below(64);
    default: return random();
    }
  }

  static item words(std::initializer_list<u32> instructions) {
    item i;
    for (const u32 w : instructions) append(i, w);
    return i;
  }
  static void append(item& i, u32 w) {
    i.code.push_back(static_cast<u16>(w));
    if (!is_compressed(w)) i.code.push_back(static_cast<u16>(w >> 16));
  }

  // Without auipc, which has its own place, and ctzw, of which QEMU 7.2 sees too many bits.
  static std::vector<const opcode*> select(std::initializer_list<format> shapes) {
    std::vector<const opcode*> chosen;
    for (const auto& part : instruction_set())
      for (const opcode& op : part)
        for (const format s : shapes)
          if (op.shape == s && op.name != "auipc" && op.name != "ctzw") chosen.push_back(&op);
    return chosen;
  }
  static const std::vector<const opcode*>& integers() {
    static const auto v = select({format::R, format::I, format::shift, format::shift_word, format::unary, format::U});
    return v;
  }
  static const std::vector<const opcode*>& floats() {
    static const auto v = select({format::float_binary, format::float_unary, format::float_fused, format::float_compare,
                                  format::float_to_integer, format::integer_to_float});
    return v;
  }
  item from(const std::vector<const opcode*>& choice) {
    const opcode& op = *choice[below(choice.size())];
    u32 w = op.match | (static_cast<u32>(random()) & ~op.mask);
    if (op.properties & rounds) { // mostly dynamic and valid, sometimes reserved
      const u32 mode = one_in(2) ? 7 : static_cast<u32>(below(one_in(8) ? 8 : 5));
      w = (w & ~0x7000u) | mode << 12;
    }
    return words({w});
  }

  item branch() {
    static constexpr std::string_view names[] = {"beq", "bne", "blt", "bge", "bltu", "bgeu", "jal"};
    const std::string_view name = names[below(std::size(names))];
    item i = name == "jal" ? words({assemble(name, {any_register(), 0})})
                           : words({assemble(name, {any_register(), any_register(), 0})});
    i.skip = static_cast<unsigned>(1 + below(4));
    return i;
  }

protected:
  std::mt19937_64& random;
};

} // namespace acf::cpu::test
