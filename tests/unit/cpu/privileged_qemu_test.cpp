// Privileged random programs in lock step with qemu-system-riscv64: a million instructions in M, S and U mode behind
// Sv39 page tables and PMP entries, with delegated traps and interrupts. Where the two differ, the shortest part of the
// block that shows it is printed.
#include "tests/unit/cpu/privileged_program.hpp"
#include "tests/unit/cpu/qemu_run.hpp"
#include "tests/unit/cpu/shrink.hpp"

using namespace acf::cpu;
using namespace acf::cpu::test;

namespace {

using records = std::vector<privileged_record>;

// Of an atomic that faults, QEMU 7.2 reports what a load there would; the specification wants a store's fault.
bool is_faulting_amo(const image& program, std::uint64_t cause, std::uint64_t pc) {
  if (cause != 5 && cause != 7 && cause != 13 && cause != 15) return false;
  const std::uint64_t offset = pc - program_base + (pc < program_base ? 0x4000'0000 : 0);
  std::uint32_t w = 0;
  if (offset + 4 <= program.bytes.size()) std::memcpy(&w, &program.bytes[offset], 4);
  return (w & 0x7f) == 0x2f && w >> 27 != 2;
}

records records_in(const std::byte* memory, const image& program) {
  records r(program.count);
  std::memcpy(r.data(), memory + program.records, r.size() * sizeof r[0]);
  for (auto& one : r) {
    one.out.mip &= 0x222; // the machine's own lines depend on time
    one.out.scause = 0;   // may be that of an atomic, and is in the list of traps
    for (auto& t : one.out.trap)
      if (is_faulting_amo(program, t.cause, t.pc)) t.cause = 15;
  }
  return r;
}
records ours(const image& program, cycles slice = 10'000) {
  const std::uint64_t limit = 4000 * program.count + 100 * program.instructions + 100'000;
  return records_in(test::run_ours(program.bytes, limit, slice).data(), program);
}
records theirs(const image& program) { return records_in(test::run_qemu(program.bytes).data(), program); }

bool equal(const privileged_record& a, const privileged_record& b) {
  return std::memcmp(&a.out, &b.out, sizeof a.out) == 0;
}

std::string differences(const privileged_outcome& a, const privileged_outcome& b) {
  std::string text;
  const auto compare = [&](const std::string& name, std::uint64_t x, std::uint64_t y) {
    char line[96];
    std::snprintf(line, sizeof line, "  %-8s ours %016lx qemu %016lx\n", name.c_str(), x, y);
    if (x != y) text += line;
  };
  for (unsigned r = 1; r < 32; ++r) compare("x" + std::to_string(r), a.x[r], b.x[r]);
  for (unsigned r = 0; r < 32; ++r) compare("f" + std::to_string(r), a.f[r], b.f[r]);
  compare("fcsr", a.fcsr, b.fcsr);
  compare("mstatus", a.mstatus, b.mstatus);
  compare("sepc", a.sepc, b.sepc);
  compare("scause", a.scause, b.scause);
  compare("stval", a.stval, b.stval);
  compare("mie", a.mie, b.mie);
  compare("mip", a.mip, b.mip);
  compare("satp", a.satp, b.satp);
  compare("mepc", a.mepc, b.mepc);
  compare("window", a.memory, b.memory);
  compare("traps", a.traps, b.traps);
  for (unsigned n = 0; n < 8; ++n) {
    compare("cause", a.trap[n].cause, b.trap[n].cause);
    compare("epc", a.trap[n].pc, b.trap[n].pc);
    compare("tval", a.trap[n].value, b.trap[n].value);
    compare("status", a.trap[n].status, b.trap[n].status);
  }
  return text;
}

std::string shortest_difference(const privileged_block& b, const std::vector<std::uint8_t>& frame) {
  const auto items = shrink<item>(b.items, [&](const std::vector<std::vector<item>>& candidates) {
    std::vector<privileged_block> all;
    for (const auto& some : candidates) all.push_back({b.start, some});
    const image program = link(all, frame);
    const auto we = ours(program), they = theirs(program);
    std::vector<bool> differ;
    for (std::size_t n = 0; n < all.size(); ++n) differ.push_back(!equal(we[n], they[n]));
    return differ;
  });
  const image program = link({{b.start, items}}, frame);
  const auto we = ours(program), they = theirs(program);
  if (equal(we[0], they[0])) return "only in the whole program";
  char setup[256];
  const auto& s = we[0].in;
  std::snprintf(setup, sizeof setup, "mstatus %lx satp %lx medeleg %lx mideleg %lx mie %lx mip %lx pmpcfg %lx\n",
                s.mstatus, s.satp, s.medeleg, s.mideleg, s.mie, s.mip, s.pmpcfg);
  std::string text = setup;
  for (unsigned page = 0; page < window_pages; ++page) {
    char entry[64];
    std::snprintf(entry, sizeof entry, "  page %2u %016lx\n", page, s.pages[page]);
    text += entry;
  }
  for (const item& i : items) text += describe(i);
  return text + differences(we[0].out, they[0].out);
}

std::vector<privileged_block> random_blocks(std::uint64_t seed, unsigned count, unsigned items) {
  std::mt19937_64 random(seed);
  std::vector<privileged_block> all;
  while (all.size() < count) all.push_back(make_privileged_block(random, items));
  return all;
}

TEST(cpu_qemu, privileged_programs) {
  ASSERT_TRUE(have_qemu()) << "no qemu-system-riscv64, which scenarios/setup installs";
  const auto frame = bytes_of(ACF_FRAMES "privileged_frame.bin");
  const std::uint64_t seed = 5;
  const auto all = random_blocks(seed, 16000, 50);
  const image program = link(all, frame);
  EXPECT_GT(program.instructions, 1'000'000u);
  const auto we = ours(program), they = theirs(program);
  unsigned shown = 0;
  std::uint64_t causes[16]{};
  for (unsigned n = 0; n < all.size(); ++n) {
    for (const auto& t : they[n].out.trap) ++causes[t.cause & 15];
    if (equal(we[n], they[n])) continue;
    ADD_FAILURE() << "seed " << seed << " block " << n << ": " << shortest_difference(all[n], frame);
    if (++shown == 4) break;
  }
  if (shown == 0) { // a generator that no longer provokes them would pass, too
    for (const unsigned cause : {1, 2, 5, 7, 8, 9, 11, 12, 13, 15}) EXPECT_GT(causes[cause], 100u) << "cause " << cause;
  }
}

TEST(cpu_qemu, privileged_programs_in_slices_of_any_length) {
  const image program = link(random_blocks(6, 300, 50), bytes_of(ACF_FRAMES "privileged_frame.bin"));
  const auto reference = ours(program);
  for (const cycles slice : {1u, 7u, 100u}) {
    const auto sliced = ours(program, slice);
    for (unsigned n = 0; n < sliced.size(); ++n) ASSERT_TRUE(equal(reference[n], sliced[n])) << slice << " block " << n;
  }
}

} // namespace
