#include "tests/unit/cpu/privileged_program.hpp"
#include "models/cpu/state.hpp"
#include "tests/unit/cpu/random_items.hpp"
#include <algorithm>
#include <cstring>

namespace acf::cpu::test {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s64 = std::int64_t;

constexpr u64 memory_unused = 0x0800'0000; // nothing is there, here or in QEMU
constexpr u64 lines = 0x222;               // software, timer and external interrupt of the supervisor
// Delegated together: of an atomic that faults, QEMU 7.2 reports what a load would.
constexpr u64 faults_of_data = 1 << 5 | 1 << 7 | 1 << 13 | 1 << 15;
constexpr unsigned code_in_page = 256, data_bytes = 32;

class source : public random_items {
public:
  explicit source(std::mt19937_64& r) : random_items(r) {}

  privileged_start start() {
    privileged_start s{};
    for (auto& v : s.x) v = value();
    for (auto& v : s.f) v = value();
    s.fcsr = below(5) << 5 | below(32);
    mode = one_in(3) ? privilege::machine : one_in(2) ? privilege::supervisor : privilege::user;
    translated = !one_in(4);
    holes = one_in(2);
    s.satp = translated ? u64{8} << 60 | page_tables >> 12 : 0;
    s.mstatus =
        static_cast<u64>(mode) << status::mpp_shift | status::fs | some(status::sie | status::spie | status::mpie);
    s.mstatus |= some(status::sum | status::mxr | status::spp);
    if (one_in(3)) s.mstatus |= some(status::tvm | status::tw | status::tsr);
    tw = (s.mstatus & status::tw) != 0;
    if (!(s.mstatus & status::tsr)) { // or the supervisor's handler could not return
      s.medeleg = some(0x1357);
      if (one_in(2)) s.medeleg |= faults_of_data;
      s.mideleg = some(lines);
    }
    line = 2u << 4 * below(3);
    s.mie = some(line);
    s.mip = one_in(3) ? line : 0;
    for (unsigned n = 0; n < window_pages; ++n) {
      u64 frame = window_physical + 4096 * (one_in(6) ? below(window_pages) : n);
      if (holes && one_in(8)) frame = memory_unused;
      s.pages[n] = frame >> 2 | rights() | (one_in(16) ? u64{1} << (54 + below(7)) : 0);
    }
    s.megapage = (window_physical + (one_in(6) ? 4096 : 0)) >> 2 | rights();
    s.seed = random();
    is_protected = one_in(2);
    if (is_protected) protect(s);
    return s;
  }

  item next() {
    for (;;) {
      const u64 kind = below(100);
      if (kind < 35) return from(integers());
      if (kind < 41) return from(rounding());
      if (kind < 47) return branch();
      if (kind < 67) return access();
      if (kind < 72) return jump();
      if (kind < 88) return csr();
      if (kind < 98) return system();
      return words({assemble("fence.i")});
    }
  }

private:
  // Floating point that writes floating-point registers: the rest does not make mstatus.FS dirty in QEMU 7.2 when it
  // raises a flag.
  static const std::vector<const opcode*>& rounding() {
    static const auto v =
        select({format::float_binary, format::float_unary, format::float_fused, format::integer_to_float});
    return v;
  }
  u64 some(u64 of) { return random() & of; }
  u64 rights() { // V, R W X U, A D
    u64 rwxu = some(0x1e);
    // What the supervisor may read by SUM, QEMU 7.2 then lets it execute.
    if (mode == privilege::supervisor && (rwxu & 0x10)) rwxu &= ~u64{8};
    return (one_in(12) ? 0 : 1) | rwxu | 0xc0;
  }

  void protect(privileged_start& s) {
    const auto config = [&](unsigned entry, u64 how) {
      u64 rwx = below(8);
      if ((rwx & 3) == 2) rwx |= 1; // writable only is reserved
      s.pmpcfg |= (how << 3 | rwx) << (8 * entry);
    };
    const auto power_of_two = [&](unsigned entry) {
      const u64 size = u64{4096} << below(4);
      s.pmpaddr[entry] = (window_physical + size * below(window_pages * 4096 / size)) >> 2 | (size / 8 - 1);
      config(entry, 3);
    };
    power_of_two(0);
    const u64 first = below(window_pages), last = first + 1 + below(window_pages - first);
    s.pmpaddr[1] = (window_physical + 4096 * first) >> 2;
    s.pmpaddr[2] = (window_physical + 4096 * last) >> 2;
    config(2, 1);
    if (one_in(2)) power_of_two(3);
  }

  // The window's address into a register: the first `pages` of it are possible.
  item page(unsigned r, bool virtually, unsigned pages = window_pages + 1) {
    const u64 number = below(pages);
    if (virtually)
      return words({assemble("lui", {r, static_cast<s64>((window_virtual >> 12) + number + (one_in(4) ? 0x200 : 0))})});
    return words(
        {assemble("lui", {r, static_cast<s64>((window_physical >> 12) + number)}), assemble("add.uw", {r, r, zero})});
  }
  // In reach of the data on both sides of a page's beginning. Misaligned accesses across it see the rights of two
  // pages; not of two PMP entries, where implementations may differ.
  s64 data_offset(unsigned size, bool aligned) {
    const s64 place = static_cast<s64>(below(2 * data_bytes - 8)) - s64{data_bytes};
    if (aligned || holes) return place & ~static_cast<s64>(size - 1);
    return is_protected && place > -8 && place < 0 ? 1 : place;
  }
  u32 touch(unsigned base) { // a load, store or atomic there
    if (one_in(4)) {
      static const auto choice = select({format::atomic});
      const opcode& op = *choice[below(choice.size())];
      if (!op.name.starts_with("sc.")) return assemble(op.name, {any_register(), any_register(), base});
    }
    static const auto plain_ones = select({format::load, format::S, format::float_load, format::float_store});
    const opcode& op = *plain_ones[below(plain_ones.size())];
    return assemble(op.name, {any_register(), base, data_offset(8, !one_in(4))});
  }
  bool window_is_virtual() const { return translated && mode != privilege::machine; }
  item access() {
    if (mode == privilege::machine && translated && one_in(2)) return modified_access();
    const unsigned base = 1 + static_cast<unsigned>(below(31));
    item i = page(base, window_is_virtual());
    append(i, touch(base));
    return i;
  }
  item modified_access() { // with the rights of another mode
    item i = words({assemble("lui", {t3, 0x20}), assemble("addi", {t4, zero, static_cast<s64>(below(2))}),
                    assemble("slli", {t4, t4, 11}), assemble("or", {t3, t3, t4})});
    for (const u32 w : {assemble("csrrs", {zero, 0x300, t3})}) append(i, w);
    const item to = page(t5, true);
    i.code.insert(i.code.end(), to.code.begin(), to.code.end());
    u32 what = touch(t5);
    while ((what >> 7 & 31) == t3) what = touch(t5);
    append(i, what);
    append(i, assemble("csrrc", {zero, 0x300, t3}));
    return i;
  }
  item jump() { // to the return that every page contains
    item i = page(t4, window_is_virtual(), window_pages);
    append(i, assemble("addi", {t4, t4, code_in_page}));
    append(i, assemble("jalr", {t5, t4, 0}));
    return i;
  }

  // A register gets some bits of `of`, then a CSR is set, cleared or written with it.
  item change(unsigned number, u64 of, bool may_write = false) {
    const u64 bits = some(of), low = bits & 0xfff, high = (bits + 0x800) >> 12 & 0xfffff;
    item i = words({assemble("lui", {t3, static_cast<s64>(high)}),
                    assemble("addi", {t3, t3, static_cast<s64>(low << 52) >> 52}), assemble("add.uw", {t3, t3, zero})});
    const char* how = may_write && one_in(3) ? "csrrw" : one_in(2) ? "csrrs" : "csrrc";
    append(i, assemble(how, {number == 0x344 ? zero : any_register(), number, t3})); // mip.MTIP depends on time
    return i;
  }
  item any_write(unsigned number, bool shown = true) {
    static constexpr std::string_view names[] = {"csrrw", "csrrs", "csrrc"};
    return words({assemble(names[below(3)], {shown ? any_register() : zero, number, any_register()})});
  }
  item csr() {
    switch (below(12)) {
    case 0:
    case 1: // QEMU 7.2 does not take csrrs and csrrc with a register that holds 0 for writes
      return words({assemble("csrrw", {any_register(), 1 + static_cast<s64>(below(3)), any_register()})});
    case 2: return change(0x100, 0xc6122);
    case 3: return change(0x104, line, true);
    case 4:
      return words({assemble(one_in(2) ? "csrrsi" : "csrrci", {any_register(), 0x144, static_cast<s64>(line & 2)})});
    case 5: return words({assemble("csrrwi", {any_register(), 0x141, static_cast<s64>(2 * below(16))})});
    case 6: return one_in(2) ? any_write(0x142, false) : any_write(0x143);
    case 7: return words({assemble("csrrs", {any_register(), 0x180, zero})});
    case 8: return change(0x300, 0x7c61aa & ~u64{status::mprv});
    case 9: return change(one_in(2) ? 0x304 : 0x344, line);
    case 10: return one_in(2) ? any_write(0x342, false) : any_write(0x343);
    default: { // those that others must not see, and those that only machine mode has
      static constexpr unsigned numbers[] = {0xf14, 0x302, 0x303, 0x305, 0x341, 0x105, 0x106, 0x3a0, 0x3b1};
      const unsigned n = mode == privilege::machine ? unsigned{0xf14} : one_in(4) ? 0xc00 : numbers[below(9)];
      return words({assemble("csrrs", {any_register(), n, zero})});
    }
    }
  }

  item system() {
    switch (below(6)) {
    case 0: return words({assemble("ecall")});
    case 1: return words({static_cast<u32>(random()) << 7 | 0x7f});
    case 2: return words({assemble("sfence.vma") | (one_in(2) ? any_register() << 15 | any_register() << 20 : 0)});
    case 3:
      if (mode == privilege::user || (mode == privilege::supervisor && tw)) return words({assemble("wfi")});
      return words({assemble("ecall")});
    case 4: return back("sret", 0x141, 0x100, mode == privilege::machine);
    default: return back("mret", 0x341, 0x300, false);
    }
  }
  // A return to the next instruction, in the same mode. In less privileged modes its instructions trap one by one.
  item back(const char* how, unsigned epc, unsigned status_register, bool instead) {
    if (instead) return words({assemble("ecall")}); // sret from machine mode would leave it
    item i = words({assemble("auipc", {t4, 0}), assemble("addi", {t4, t4, 32}), assemble("csrrw", {zero, epc, t4}),
                    assemble("addi", {t3, zero, status_register == 0x300 ? 3 : 1}),
                    assemble("slli", {t3, t3, status_register == 0x300 ? 11 : 8})});
    append(i, assemble("csrrs", {zero, status_register, t3}));
    append(i, assemble(how));
    append(i, assemble("addi", {zero, zero, 0}));
    return i;
  }

  privilege mode = privilege::machine;
  bool translated = false, tw = false, is_protected = false;
  bool holes = false; // pages without memory, and no misaligned accesses: QEMU 7.2 reports the words that it tries
  u64 line = 0;       // the only interrupt: among several, QEMU 7.2 prefers the lowest number
};

} // namespace

privileged_block make_privileged_block(std::mt19937_64& random, unsigned items) {
  source s(random);
  privileged_block b{s.start(), {}};
  while (items--) b.items.push_back(s.next());
  return b;
}

image link(const std::vector<privileged_block>& blocks, const std::vector<std::uint8_t>& frame) {
  image result{frame, 0, blocks.size(), 0};
  std::vector<u64> entries;
  for (const privileged_block& b : blocks) {
    entries.push_back(program_base + result.bytes.size());
    result.instructions += append_items(result.bytes, b.items);
    for (const u32 w : {assemble("ebreak")}) append_word(result.bytes, w);
  }
  result.bytes.resize((result.bytes.size() + 63) & ~std::size_t{63});
  result.records = result.bytes.size();
  result.bytes.resize(result.records + blocks.size() * sizeof(privileged_record));
  const u64 first = program_base + result.records;
  const u64 header[] = {first, first + (blocks.size() - 1) * sizeof(privileged_record), window_physical, page_tables};
  std::memcpy(&result.bytes[8], header, sizeof header);
  for (std::size_t n = 0; n < blocks.size(); ++n) {
    privileged_record r{blocks[n].start, {}};
    const bool user_alias = r.in.satp != 0 && (r.in.mstatus & status::mpp) == 0;
    r.in.entry = entries[n] - (user_alias ? 0x4000'0000 : 0);
    std::memcpy(&result.bytes[result.records + n * sizeof r], &r, sizeof r);
  }
  return result;
}

} // namespace acf::cpu::test
