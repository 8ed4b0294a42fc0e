// Random programs in lock step with qemu-system-riscv64: a million instructions of RV64GC with bit manipulation and
// traps. Where the two differ, the shortest part of the block that shows it is printed, with the values it needs.
#include "tests/unit/cpu/assembler.hpp"
#include "tests/unit/cpu/qemu_run.hpp"
#include "tests/unit/cpu/shrink.hpp"
#include <numeric>

using namespace acf::cpu;
using namespace acf::cpu::test;

namespace {

std::vector<record> records_in(const void* memory, const image& program) {
  std::vector<record> r(program.count);
  std::memcpy(r.data(), static_cast<const std::byte*>(memory) + program.records, r.size() * sizeof(record));
  for (record& one : r)
    for (auto& t : one.out.trap)
      if (t.cause == 3) t.value = 0; // ebreak: mtval may be 0 (QEMU) or the pc (ours)
  return r;
}

std::vector<record> run_ours(const image& program, cycles slice = 10'000) {
  const std::uint64_t limit = 1000 * program.count + 10 * program.instructions + 100'000;
  return records_in(test::run_ours(program.bytes, limit, slice).data(), program);
}
std::vector<record> run_qemu(const image& program) { return records_in(test::run_qemu(program.bytes).data(), program); }

bool equal(const record& a, const record& b) {
  return std::memcmp(&a.out, &b.out, sizeof a.out) == 0 && std::memcmp(a.data, b.data, sizeof a.data) == 0;
}

std::string differences(const record& ours, const record& theirs) {
  std::string text;
  const auto compare = [&](const std::string& name, std::uint64_t a, std::uint64_t b) {
    char line[96];
    std::snprintf(line, sizeof line, "  %-8s ours %016lx qemu %016lx\n", name.c_str(), a, b);
    if (a != b) text += line;
  };
  compare("FS", ours.out.x[0], theirs.out.x[0]);
  for (unsigned r = 1; r < 32; ++r) compare("x" + std::to_string(r), ours.out.x[r], theirs.out.x[r]);
  for (unsigned r = 0; r < 32; ++r) compare("f" + std::to_string(r), ours.out.f[r], theirs.out.f[r]);
  compare("fcsr", ours.out.fcsr, theirs.out.fcsr);
  compare("traps", ours.out.traps, theirs.out.traps);
  for (unsigned n = 0; n < 8; ++n) {
    const auto &a = ours.out.trap[n], &b = theirs.out.trap[n];
    compare("mcause", a.cause, b.cause);
    compare("mepc", a.pc, b.pc);
    compare("mtval", a.value, b.value);
  }
  for (unsigned n = 0; n < std::size(ours.data); ++n)
    compare("data+" + std::to_string(8 * n), ours.data[n], theirs.data[n]);
  return text;
}

std::vector<std::uint8_t> frame() { return bytes_of(ACF_FRAMES "random_program_frame.bin"); }

using blocks = std::vector<random_block>;
using runner = std::function<std::vector<record>(const blocks&)>;

std::vector<record> ours(const blocks& b) { return run_ours(link(b, frame())); }
std::vector<record> qemus(const blocks& b) { return run_qemu(link(b, frame())); }

// The words with which a block starts: integer registers, floating-point registers, data, fcsr.
std::uint64_t& start_word(random_block& b, unsigned n) {
  if (n < 32) return b.x[n];
  if (n < 64) return b.f[n - 32];
  return n < 64 + std::size(b.data) ? b.data[n - 64] : b.fcsr;
}
constexpr unsigned start_words = 64 + 72 + 1;

// Without items, then without values, that the difference does not need.
random_block shrunk(const random_block& whole, const runner& one, const runner& other) {
  const auto differ = [&](const blocks& b) {
    const auto a = one(b), c = other(b);
    std::vector<bool> result;
    for (std::size_t n = 0; n < b.size(); ++n) result.push_back(!equal(a[n], c[n]));
    return result;
  };
  random_block b = whole;
  b.items = shrink<item>(whole.items, [&](const std::vector<std::vector<item>>& candidates) {
    blocks all;
    for (const auto& items : candidates) all.push_back(whole), all.back().items = items;
    return differ(all);
  });
  const auto keeping = [b](const std::vector<unsigned>& words) {
    random_block kept = b;
    for (unsigned n = 0; n < start_words; ++n) start_word(kept, n) = 0;
    for (const unsigned n : words) start_word(kept, n) = start_word(const_cast<random_block&>(b), n);
    return kept;
  };
  std::vector<unsigned> words(start_words);
  std::iota(words.begin(), words.end(), 0);
  return keeping(shrink<unsigned>(words, [&](const std::vector<std::vector<unsigned>>& candidates) {
    blocks all;
    for (const auto& kept : candidates) all.push_back(keeping(kept));
    return differ(all);
  }));
}

std::string shortest_difference(const random_block& whole, const runner& one = ours) {
  random_block b = shrunk(whole, one, qemus);
  const auto we = one({b}), they = qemus({b});
  if (equal(we[0], they[0])) return "only in the whole program";
  std::string text = std::to_string(b.items.size()) + " items\n";
  for (unsigned n = 0; n < start_words; ++n) {
    char line[64];
    const char* kinds[] = {"x", "f", "data word ", "fcsr "};
    const unsigned kind = n < 64 ? n / 32 : n < start_words - 1 ? 2 : 3, first[] = {0, 32, 64, start_words - 1};
    std::snprintf(line, sizeof line, "  %s%u = %016lx\n", kinds[kind], n - first[kind], start_word(b, n));
    if (start_word(b, n)) text += line;
  }
  for (const item& i : b.items) text += describe(i);
  return text + differences(we[0], they[0]);
}

void compare_with_qemu(std::uint64_t seed, unsigned count, unsigned items, const program_options& options) {
  ASSERT_TRUE(have_qemu()) << "no qemu-system-riscv64, which scenarios/setup installs";
  std::mt19937_64 random(seed);
  blocks all;
  while (all.size() < count) all.push_back(make_block(random, items, options));
  const image program = link(all, frame());
  const auto we = run_ours(program), they = run_qemu(program);
  unsigned shown = 0;
  for (unsigned n = 0; n < count; ++n) {
    if (equal(we[n], they[n])) continue;
    ADD_FAILURE() << "seed " << seed << " block " << n << ": " << shortest_difference(all[n]);
    if (++shown == 4) break;
  }
  testing::Test::RecordProperty("instructions", static_cast<int>(program.instructions));
}

TEST(cpu_qemu, integer_instructions) {
  compare_with_qemu(1, 6000, 50, {.floating = false, .compressed = true, .traps = false});
}
TEST(cpu_qemu, everything) { compare_with_qemu(2, 24000, 50, {}); }
TEST(cpu_qemu, the_same_in_slices_of_any_length) {
  std::mt19937_64 random(3);
  blocks all;
  while (all.size() < 300) all.push_back(make_block(random, 50));
  const image program = link(all, frame());
  const auto reference = run_ours(program);
  for (const cycles slice : {1u, 7u, 100u}) {
    const auto sliced = run_ours(program, slice);
    for (unsigned n = 0; n < all.size(); ++n) ASSERT_TRUE(equal(reference[n], sliced[n])) << slice;
  }
}

// The same program on a machine that takes one instruction for another, perhaps only behind a third.
struct mistake {
  std::string_view of, becomes, after;
};
random_block with(const mistake& m, random_block b) {
  const opcode &of = find(m.of), &becomes = find(m.becomes);
  bool armed = m.after.empty();
  for (item& i : b.items)
    for (std::size_t n = 0; n < i.code.size();) {
      const std::uint32_t w = i.code[n] | (n + 1 < i.code.size() ? std::uint32_t{i.code[n + 1]} << 16 : 0);
      if (is_compressed(w)) {
        ++n;
        continue;
      }
      const std::string_view name = decode(w).op->name;
      armed |= name == m.after;
      if (armed && name == m.of) {
        const std::uint32_t wrong = (w & ~of.mask) | becomes.match;
        i.code[n] = static_cast<std::uint16_t>(wrong), i.code[n + 1] = static_cast<std::uint16_t>(wrong >> 16);
      }
      n += 2;
    }
  return b;
}
runner mistaken(const mistake& m) {
  return [m](const blocks& right) {
    blocks wrong;
    for (const random_block& b : right) wrong.push_back(with(m, b));
    return ours(wrong);
  };
}

TEST(cpu_qemu, a_failing_program_is_shrunk_to_what_it_needs) {
  const mistake mistakes[] = {
      {"subw", "addw", ""}, {"mulhsu", "mulhu", ""},       {"fmin.d", "fmax.d", ""}, {"csrrs", "csrrc", ""},
      {"sd", "sw", ""},     {"amomaxu.w", "amomax.w", ""}, {"add", "sub", "csrrwi"}, {"fadd.s", "fsub.s", "fence"}};
  for (const mistake& m : mistakes) {
    std::mt19937_64 random(4);
    const runner wrong = mistaken(m);
    unsigned found = 0;
    for (unsigned tries = 0; found < 3 && tries < 400; ++tries) {
      const random_block b = make_block(random, 100);
      if (equal(ours({b})[0], wrong({b})[0])) continue;
      ++found;
      random_block s = shrunk(b, ours, wrong);
      std::string text;
      for (const item& i : s.items) text += describe(i);
      EXPECT_FALSE(equal(ours({s})[0], wrong({s})[0])) << text;
      EXPECT_LE(s.items.size(), 6u) << m.of << " as " << m.becomes << '\n' << text;
      EXPECT_GE(s.items.size(), m.after.empty() ? 1u : 2u) << text;
      unsigned values = 0;
      for (unsigned n = 0; n < start_words; ++n) values += start_word(s, n) != 0;
      EXPECT_LE(values, 4u) << m.of << '\n' << text;
    }
    EXPECT_EQ(found, 3u) << m.of;
  }
}
TEST(cpu_qemu, a_difference_is_shown_as_a_short_program) {
  ASSERT_TRUE(have_qemu()) << "no qemu-system-riscv64, which scenarios/setup installs";
  std::mt19937_64 random(4);
  const runner wrong = mistaken({"subw", "addw", ""});
  random_block b = make_block(random, 100);
  while (equal(ours({b})[0], wrong({b})[0])) b = make_block(random, 100);
  const std::string text = shortest_difference(b, wrong);
  EXPECT_TRUE(text.starts_with("1 items\n")) << text;
  EXPECT_NE(text.find("subw "), std::string::npos) << text;
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 8) << text;
}
TEST(cpu_shrink, keeps_the_order_and_only_what_is_needed) {
  std::vector<int> whole(100);
  std::iota(whole.begin(), whole.end(), 0);
  const auto needs = [](const std::vector<int>& wanted) {
    return [wanted](const std::vector<std::vector<int>>& candidates) {
      std::vector<bool> fails;
      for (const auto& c : candidates) fails.push_back(std::includes(c.begin(), c.end(), wanted.begin(), wanted.end()));
      return fails;
    };
  };
  for (const std::vector<int>& wanted : {std::vector<int>{}, {0}, {99}, {0, 99}, {3, 4, 50}, {1, 2, 3, 70, 71, 98}})
    EXPECT_EQ(shrink<int>(whole, needs(wanted)), wanted);
  EXPECT_EQ(shrink<int>(whole, needs({100})), whole) << "it never failed";
}

} // namespace
