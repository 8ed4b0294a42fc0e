// Random programs in lock step with qemu-system-riscv64: a million instructions of RV64GC with bit manipulation and
// traps. Where the two differ, the shortest beginning of the block that shows it is printed.
#include "tests/unit/cpu/qemu_run.hpp"

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

// All beginnings of the block, in one more run of both.
std::string shortest_difference(const random_block& b) {
  std::vector<random_block> beginnings;
  for (unsigned n = 0; n <= b.items.size(); ++n) beginnings.push_back(prefix(b, n));
  const image program = link(beginnings, frame());
  const auto ours = run_ours(program), theirs = run_qemu(program);
  for (unsigned n = 0; n < beginnings.size(); ++n) {
    if (equal(ours[n], theirs[n])) continue;
    std::string text =
        "after " + std::to_string(n) + " items, the last of them\n" + (n ? describe(b.items[n - 1]) : "");
    text += differences(ours[n], theirs[n]);
    if (n) text += "before it\n" + differences(ours[n - 1], record{}).substr(0, 6000);
    return text;
  }
  return "only in the whole program";
}

void compare_with_qemu(std::uint64_t seed, unsigned blocks, unsigned items, const program_options& options) {
  ASSERT_TRUE(have_qemu()) << "no qemu-system-riscv64, which scenarios/setup installs";
  std::mt19937_64 random(seed);
  std::vector<random_block> all;
  while (all.size() < blocks) all.push_back(make_block(random, items, options));
  const image program = link(all, frame());
  const auto ours = run_ours(program), theirs = run_qemu(program);
  unsigned shown = 0;
  for (unsigned n = 0; n < blocks; ++n) {
    if (equal(ours[n], theirs[n])) continue;
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
  std::vector<random_block> all;
  while (all.size() < 300) all.push_back(make_block(random, 50));
  const image program = link(all, frame());
  const auto reference = run_ours(program);
  for (const cycles slice : {1u, 7u, 100u}) {
    const auto sliced = run_ours(program, slice);
    for (unsigned n = 0; n < all.size(); ++n) ASSERT_TRUE(equal(reference[n], sliced[n])) << slice;
  }
}

} // namespace
