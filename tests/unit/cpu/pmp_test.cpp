// Physical memory protection in all combinations of rights, ranges and modes, against rules of their own.
#include "tests/unit/cpu/machine.hpp"
#include <gtest/gtest.h>

using namespace acf::cpu;
using namespace acf::cpu::test;

namespace {

using u64 = std::uint64_t;
constexpr u64 data = memory_base + 0x4000;
constexpr unsigned R = 1, W = 2, X = 4, TOR = 1 << 3, NA4 = 2 << 3, NAPOT = 3 << 3, L = 1 << 7;

struct entry {
  unsigned config;
  u64 address; // as in the register
  u64 first, behind;
};

// The first entry that has a byte of the access decides: all of it must be inside, and the right be given, but machine
// mode obeys locked entries only. Without one, machine mode may do all, others nothing.
bool pmp_allows(std::span<const entry> entries, u64 address, u64 size, char what, privilege by) {
  for (const entry& e : entries) {
    bool some = false, all = true;
    for (u64 byte = address; byte < address + size; ++byte) {
      const bool inside = (e.config & 0x18) != 0 && byte >= e.first && byte < e.behind;
      some = some || inside;
      all = all && inside;
    }
    if (!some) continue;
    if (!all) return false;
    if (by == privilege::machine && !(e.config & L)) return true;
    return (e.config & (what == 'r' ? R : what == 'w' ? W : X)) != 0;
  }
  return by == privilege::machine;
}

void set(machine& m, unsigned n, const entry& e) { // entries 0 to 7
  m.cpu.poke_csr(0x3b0 + n, e.address);
  u64 configs = 0;
  m.cpu.peek_csr(0x3a0, configs);
  m.cpu.poke_csr(0x3a0, (configs & ~(u64{0xff} << 8 * n)) | u64{e.config} << 8 * n);
}

void check(std::span<const entry> entries, u64 address, char what, privilege by, unsigned& allowed, unsigned& refused) {
  machine m;
  // What is not under test is open: the code, and the handler, as the last entry.
  std::vector<entry> all(entries.begin(), entries.end());
  all.push_back({X | R | NAPOT, (memory_base >> 2) | 0x1ff, memory_base, memory_base + 0x1000});
  for (unsigned n = 0; n < all.size(); ++n) set(m, n, all[n]);
  m.cpu.poke_mode(by);
  m.cpu.x[a1] = address;
  m.ram.put(data, assemble("addi", {a0, zero, 7})), m.ram.put(data + 4, assemble("addi", {a0, zero, 7}));
  m.ram.put(data - 4, assemble("addi", {a0, zero, 7})), m.ram.put(data + 8, assemble("addi", {a0, zero, 7}));
  if (what == 'x')
    m.cpu.pc = address;
  else
    m.put(what == 'r' ? "lw" : "sw", {a0, a1, 0});
  m.steps(1);
  // Instructions are fetched in halves; where they differ, the first half that is refused traps.
  const bool expected = what == 'x' ? pmp_allows(all, address, 2, what, by) && pmp_allows(all, address + 2, 2, what, by)
                                    : pmp_allows(all, address, 4, what, by);
  const u64 cause = what == 'r' ? 5 : what == 'w' ? 7 : 1;
  EXPECT_EQ(m.cpu.mcause, expected ? 0 : cause) << std::hex << "at " << address << ' ' << what << " mode "
                                                << static_cast<int>(by) << " config " << entries[0].config;
  ++(expected ? allowed : refused);
}

TEST(pmp, every_combination_of_rights_kinds_modes_and_accesses) {
  unsigned allowed = 0, refused = 0;
  for (unsigned rights = 0; rights < 8; ++rights) {
    if ((rights & (R | W)) == W) continue; // reserved: see below
    for (const unsigned lock : {0u, L})
      for (const unsigned kind : {0u, TOR, NA4, NAPOT}) {
        // Four bytes at `data`, or eight by NAPOT; TOR's bottom is the entry below, which is off.
        const entry bottom{0, data >> 2, 0, 0};
        const entry e{rights | lock | kind, kind == TOR ? (data + 4) >> 2 : data >> 2, data,
                      data + (kind == NAPOT ? 8 : 4)};
        const entry two[] = {bottom, e};
        for (const privilege by : {privilege::machine, privilege::supervisor, privilege::user})
          for (const char what : {'r', 'w', 'x'})
            for (const u64 address : {data - 4, data, data + 4, data + 8})
              check(two, address, what, by, allowed, refused);
      }
  }
  EXPECT_GT(allowed, 400u);
  EXPECT_GT(refused, 400u);
}
TEST(pmp, the_first_of_two_entries_decides) {
  unsigned allowed = 0, refused = 0;
  for (unsigned first = 0; first < 8; ++first)
    for (unsigned second = 0; second < 8; ++second)
      for (const unsigned locks : {0u, 1u, 2u, 3u}) {
        if ((first & (R | W)) == W || (second & (R | W)) == W) continue;
        const entry two[] = {{first | NA4 | (locks & 1 ? L : 0), data >> 2, data, data + 4},
                             {second | NAPOT | (locks & 2 ? L : 0), data >> 2, data, data + 8}};
        for (const privilege by : {privilege::machine, privilege::supervisor, privilege::user})
          for (const char what : {'r', 'w', 'x'})
            for (const u64 address : {data, data + 4}) check(two, address, what, by, allowed, refused);
      }
  EXPECT_GT(allowed, 400u);
  EXPECT_GT(refused, 400u);
}
TEST(pmp, an_access_that_is_partly_inside_is_refused_in_every_mode_that_obeys_the_entry) {
  for (const unsigned lock : {0u, L})
    for (const privilege by : {privilege::machine, privilege::supervisor}) {
      machine m;
      set(m, 0, {R | W | X | lock | NA4, data >> 2, data, data + 4});
      set(m, 1, {R | W | X | NAPOT, ~u64{0} >> 10, 0, ~u64{0}});
      m.put("ld", {a0, a1, 0});
      m.cpu.x[a1] = data;
      m.cpu.poke_mode(by);
      m.steps(1);
      EXPECT_EQ(m.cpu.mcause, 5u);
    }
}
TEST(pmp, locked_entries_and_the_bottom_of_a_locked_range_stay_as_they_are) {
  machine m;
  const auto peek = [&](unsigned csr) {
    u64 v = 0;
    m.cpu.peek_csr(csr, v);
    return v;
  };
  set(m, 1, {R | L | TOR, 2000, 0, 0});
  set(m, 0, {R, 1000, 0, 0});
  EXPECT_EQ(peek(0x3b0), 0u); // the bottom of entry 1
  m.cpu.poke_csr(0x3b1, 3000), m.cpu.poke_csr(0x3a0, 0);
  EXPECT_EQ(peek(0x3b1), 2000u);
  EXPECT_EQ(peek(0x3a0) >> 8, u64{R | L | TOR});
}
TEST(pmp, there_are_sixteen_entries) {
  for (unsigned n = 0; n < 16; ++n) {
    machine m;
    m.cpu.poke_csr(0x3b0 + n, data >> 2);
    m.cpu.poke_csr(n < 8 ? 0x3a0 : 0x3a2, u64{L | NA4} << 8 * (n % 8));
    m.put("lw", {a0, a1, 0}).put("lw", {a0, a1, 4});
    m.cpu.x[a1] = data;
    m.steps(1);
    EXPECT_EQ(m.cpu.mcause, 5u) << n;
  }
}

} // namespace
