// Sv39: the bits that the walk sets, and page permissions in all combinations, against rules of their own.
#include "tests/unit/cpu/machine.hpp"
#include <gtest/gtest.h>

using namespace acf::cpu;
using namespace acf::cpu::test;

namespace {

using u64 = std::uint64_t;
constexpr u64 V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128;
constexpr u64 root = memory_base + 0x10000, middle = root + 0x1000, leaf = root + 0x2000;
constexpr u64 data = memory_base + 0x4000; // of the page under test
constexpr u64 page = 0x40000000; // where programs see it; code is at the same address in all gigapages but this
constexpr u64 place = leaf;      // of the page's entry

constexpr u64 entry(u64 physical, u64 bits) { return physical >> 12 << 10 | bits; }

// Supervisor mode behind page tables: a page with `bits` at `page`, and the code's gigapage mapped as it is.
struct translated : machine {
  explicit translated(u64 bits, privilege by = privilege::supervisor) {
    ram.put(root + 8, entry(middle, V));
    ram.put(middle, entry(leaf, V));
    ram.put(place, entry(data, bits));
    ram.put(root + 16, entry(memory_base, V | R | W | X | A | D | (by == privilege::user ? U : 0)));
    cpu.poke_csr(0x3b0, ~u64{0} >> 10), cpu.poke_csr(0x3a0, 0x1f);
    cpu.poke_csr(0x180, u64{8} << 60 | root >> 12);
    cpu.poke_mode(by);
    cpu.x[a1] = page + 8;
  }
  u64 bits() { return ram.get<u64>(place) & (A | D); }
};

TEST(sv39, a_load_marks_the_page_as_accessed) {
  translated m(V | R | W);
  m.ram.put(data + 8, u64{42});
  m.put("ld", {a0, a1, 0}).steps(1);
  EXPECT_EQ(m.cpu.x[a0], 42u);
  EXPECT_EQ(m.bits(), A);
}
TEST(sv39, a_store_marks_the_page_as_accessed_and_dirty) {
  translated m(V | R | W);
  m.put("sd", {a1, a1, 0}).steps(1);
  EXPECT_EQ(m.ram.get<u64>(data + 8), page + 8);
  EXPECT_EQ(m.bits(), A | D);
}
TEST(sv39, a_store_after_a_load_still_marks_the_page_as_dirty) {
  translated m(V | R | W);
  m.put("ld", {a0, a1, 0}).put("ld", {a0, a1, 8}).put("sd", {a1, a1, 0});
  m.steps(2);
  EXPECT_EQ(m.bits(), A);
  m.steps(1);
  EXPECT_EQ(m.bits(), A | D);
}
TEST(sv39, atomics_mark_what_they_do) {
  for (const char* name : {"lr.d", "sc.d", "amoadd.d"}) {
    translated m(V | R | W);
    m.put(name, {a0, name[0] == 'l' ? a1 : a2, a1}).steps(1);
    EXPECT_EQ(m.bits(), name[0] == 'l' ? A : A | D) << name; // sc without a reservation, too: it is a store
  }
}
TEST(sv39, a_fetch_marks_the_page_as_accessed) {
  translated m(V | X);
  m.ram.put(data + 8, assemble("addi", {a0, zero, 7}));
  m.cpu.pc = page + 8;
  m.steps(1);
  EXPECT_EQ(m.cpu.x[a0], 7u);
  EXPECT_EQ(m.bits(), A);
}
TEST(sv39, an_access_that_is_refused_marks_nothing) {
  translated m(V | R);
  m.put("sd", {a1, a1, 0}).steps(1);
  EXPECT_EQ(m.cpu.mcause, 15u);
  EXPECT_EQ(m.bits(), 0u);
}
TEST(sv39, tables_are_not_marked_and_big_pages_are) {
  translated m(V | R | W);
  m.put("sd", {a1, a1, 0}).steps(1);
  EXPECT_EQ(m.ram.get<u64>(root + 8), entry(middle, V));
  EXPECT_EQ(m.ram.get<u64>(middle), entry(leaf, V));
  translated big(V | R | W);
  big.ram.put(middle, entry(memory_base, V | R | W)); // 2 MiB
  big.cpu.x[a1] = page + 0x1008;
  big.put("sd", {a1, a1, 0}).steps(1);
  EXPECT_EQ(big.ram.get<u64>(middle), entry(memory_base, V | R | W | A | D));
}
TEST(sv39, a_table_that_may_not_be_written_is_an_access_fault) {
  translated m(V | R | W);
  m.cpu.poke_csr(0x3b0, place >> 2 | 0x1ff), m.cpu.poke_csr(0x3b1, ~u64{0} >> 10); // 4 KiB, then all
  m.cpu.poke_csr(0x3a0, 0x1f19);
  m.put("ld", {a0, a1, 0}).steps(1);
  EXPECT_EQ(m.cpu.mcause, 5u);
  EXPECT_EQ(m.cpu.mtval, page + 8);
  EXPECT_EQ(m.bits(), 0u);
}
TEST(sv39, a_table_outside_memory_is_an_access_fault) {
  for (const u64 where : {u64{0x40}, u64{1} << 55, memory_base + (u64{1} << 40)}) {
    translated m(V | R | W);
    m.ram.put(middle, entry(where & ~u64{0xfff}, V));
    m.put("ld", {a0, a1, 0}).steps(1);
    EXPECT_EQ(m.cpu.mcause, 5u) << where;
  }
}

TEST(sv39, modes_that_do_not_exist_have_no_effect) {
  translated m(V | R | W);
  u64 before = 0, after = 0;
  m.cpu.peek_csr(0x180, before);
  for (const u64 mode : {1, 7, 9, 10, 15}) { // 9 and 10: Sv48 and Sv57, as operating systems probe them
    m.cpu.poke_csr(0x180, mode << 60 | 0x12345);
    m.cpu.peek_csr(0x180, after);
    EXPECT_EQ(after, before) << mode;
  }
}

// The privileged specification's rules, written down a second time, as what each of them forbids.
bool page_allows(u64 bits, char what, privilege by, bool sum, bool mxr) {
  if (!(bits & V)) return false;
  if (!(bits & R) && (bits & W)) return false; // reserved
  if (!(bits & (R | W | X))) return false;     // a pointer, where a page must be
  if (by == privilege::user && !(bits & U)) return false;
  if (by == privilege::supervisor && (bits & U) && (what == 'x' || !sum)) return false;
  if (what == 'x') return bits & X;
  if (what == 'w') return bits & W;
  return (bits & R) || (mxr && (bits & X));
}
TEST(sv39, every_combination_of_page_permissions) {
  unsigned allowed = 0, refused = 0;
  for (u64 bits = 0; bits < 32; ++bits)
    for (const privilege by : {privilege::supervisor, privilege::user})
      for (const bool sum : {false, true})
        for (const bool mxr : {false, true})
          for (const char what : {'r', 'w', 'x'})
            for (const bool by_mprv : {false, true}) { // machine mode with that mode's rights
              if (by_mprv && what == 'x') continue;    // fetches never have them
              translated m(bits, by);
              m.cpu.mstatus |= (sum ? status::sum : 0) | (mxr ? status::mxr : 0);
              if (by_mprv) {
                m.cpu.mstatus |= status::mprv | static_cast<u64>(by) << status::mpp_shift;
                m.cpu.mstatus &= by == privilege::user ? ~status::mpp : ~u64{0x1000};
              }
              m.cpu.poke_mode(by_mprv ? privilege::machine : by);
              m.ram.put(data + 8, assemble("addi", {a0, zero, 7}));
              if (what == 'x')
                m.cpu.pc = page + 8;
              else
                m.put(what == 'r' ? "lw" : "sw", {a0, a1, 0});
              m.steps(1);
              const bool expected = page_allows(bits, what, by, sum, mxr);
              const u64 cause = what == 'r' ? 13 : what == 'w' ? 15 : 12;
              EXPECT_EQ(m.cpu.mcause, expected ? 0 : cause)
                  << "bits " << bits << " mode " << static_cast<int>(by) << ' ' << what << sum << mxr << by_mprv;
              EXPECT_EQ(m.cpu.mtval, expected ? 0 : page + 8);
              ++(expected ? allowed : refused);
            }
  EXPECT_GT(allowed, 100u);
  EXPECT_GT(refused, 500u);
}

} // namespace
