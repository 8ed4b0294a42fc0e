#include "models/cpu/csr.hpp"
#include "models/cpu/hart.hpp"
#include <algorithm>
#include <cstdio>
#include <vector>

namespace acf::cpu {
namespace {

using u64 = std::uint64_t;

constexpr u64 misa_value = u64{2} << 62 | 1u << ('I' - 'A') | 1u << ('M' - 'A') | 1u << 0 | 1u << ('F' - 'A') |
                           1u << ('D' - 'A') | 1u << ('C' - 'A') | 1u << 1;

constexpr u64 bits_of(std::initializer_list<interrupt> lines) {
  u64 v = 0;
  for (const interrupt i : lines) v |= bit(i);
  return v;
}
constexpr u64 machine_lines =
    bits_of({interrupt::machine_software, interrupt::machine_timer, interrupt::machine_external});

void write_fcsr(hart& h, u64 flags, u64 mode) {
  h.fflags = flags & 31;
  h.frm = mode & 7;
  h.mstatus |= status::fs | status::sd;
}

void write_mstatus(hart& h, unsigned, u64 v) {
  constexpr u64 writable = status::mie | status::mpie | status::fs;
  const u64 old = h.mstatus;
  h.mstatus = (old & ~writable & ~status::sd) | (v & writable);
  if ((h.mstatus & status::fs) == status::fs) h.mstatus |= status::sd;
  if (((old ^ h.mstatus) & status::fs) != 0) h.new_epoch(); // floating point may have become legal, or illegal
}

// clang-format off
constexpr csr_line fixed[] = {
    {0x001, "fflags", [](const hart& h, unsigned) { return u64{h.fflags}; }, [](hart& h, unsigned, u64 v) { write_fcsr(h, v, h.frm); }},
    {0x002, "frm", [](const hart& h, unsigned) { return u64{h.frm}; }, [](hart& h, unsigned, u64 v) { write_fcsr(h, h.fflags, v); }},
    {0x003, "fcsr", [](const hart& h, unsigned) { return u64{h.frm} << 5 | h.fflags; }, [](hart& h, unsigned, u64 v) { write_fcsr(h, v, v >> 5); }},
    {0x300, "mstatus", [](const hart& h, unsigned) { return h.mstatus; }, write_mstatus},
    {0x301, "misa", [](const hart&, unsigned) { return misa_value; }, nullptr},
    {0x304, "mie", [](const hart& h, unsigned) { return h.mie; }, [](hart& h, unsigned, u64 v) { h.mie = v & machine_lines; }},
    {0x305, "mtvec", [](const hart& h, unsigned) { return h.mtvec; }, [](hart& h, unsigned, u64 v) { if ((v & 3) < 2) h.mtvec = v; }},
    {0x320, "mcountinhibit", [](const hart& h, unsigned) { return h.mcountinhibit; }, nullptr},
    {0x340, "mscratch", [](const hart& h, unsigned) { return h.mscratch; }, [](hart& h, unsigned, u64 v) { h.mscratch = v; }},
    {0x341, "mepc", [](const hart& h, unsigned) { return h.mepc; }, [](hart& h, unsigned, u64 v) { h.mepc = v & ~u64{1}; }},
    {0x342, "mcause", [](const hart& h, unsigned) { return h.mcause; }, [](hart& h, unsigned, u64 v) { h.mcause = v; }},
    {0x343, "mtval", [](const hart& h, unsigned) { return h.mtval; }, [](hart& h, unsigned, u64 v) { h.mtval = v; }},
    {0x344, "mip", [](const hart& h, unsigned) { return h.mip; }, nullptr},
    {0xb00, "mcycle", [](const hart& h, unsigned) { return h.cycle + h.mcycle_offset; }, [](hart& h, unsigned, u64 v) { h.mcycle_offset = v - h.cycle; }},
    {0xb02, "minstret", [](const hart& h, unsigned) { return h.instret + h.minstret_offset; }, [](hart& h, unsigned, u64 v) { h.minstret_offset = v - h.instret - 1; }}, // the writing instruction does not count
    {0xc00, "cycle", [](const hart& h, unsigned) { return h.cycle + h.mcycle_offset; }, nullptr},
    {0xc01, "time", [](const hart& h, unsigned) { return h.port.time(); }, nullptr},
    {0xc02, "instret", [](const hart& h, unsigned) { return h.instret + h.minstret_offset; }, nullptr},
    {0xf11, "mvendorid", [](const hart&, unsigned) { return u64{0}; }, nullptr},
    {0xf12, "marchid", [](const hart&, unsigned) { return u64{0}; }, nullptr},
    {0xf13, "mimpid", [](const hart&, unsigned) { return u64{0}; }, nullptr},
    {0xf14, "mhartid", [](const hart& h, unsigned) { return u64{h.config().id}; }, nullptr},
    {0xf15, "mconfigptr", [](const hart&, unsigned) { return u64{0}; }, nullptr},
};
// clang-format on

u64 read_zero(const hart&, unsigned) { return 0; }

// Counters and events 3 to 31 exist and count nothing.
struct register_file {
  std::vector<csr_line> lines{std::begin(fixed), std::end(fixed)};
  std::vector<std::string> names; // of numbered registers
  std::vector<const csr_line*> by_number = std::vector<const csr_line*>(4096);
  register_file() {
    names.reserve(3 * 29);
    const auto numbered = [&](const char* stem, unsigned base) {
      for (unsigned n = 3; n < 32; ++n) {
        names.push_back(stem + std::to_string(n));
        lines.push_back({static_cast<std::uint16_t>(base + n), names.back(), read_zero, nullptr});
      }
    };
    numbered("mhpmcounter", 0xb00);
    numbered("mhpmevent", 0x320);
    numbered("hpmcounter", 0xc00);
    std::sort(lines.begin(), lines.end(), [](auto& a, auto& b) { return a.number < b.number; });
    for (const csr_line& l : lines) by_number[l.number] = &l;
  }
};
const register_file& registers() {
  static const register_file r;
  return r;
}

} // namespace

std::span<const csr_line> csr_lines() { return registers().lines; }
const csr_line* find_csr(unsigned number) { return number < 4096 ? registers().by_number[number] : nullptr; }
std::string csr_name(unsigned number) {
  if (const csr_line* l = find_csr(number)) return std::string(l->name);
  char text[16];
  std::snprintf(text, sizeof text, "0x%03x", number & 0xfff);
  return text;
}

bool hart::csr_readable(unsigned number) const {
  if (!find_csr(number)) return false;
  if ((number >> 8 & 3) > static_cast<unsigned>(mode)) return false;
  return number > 3 || (mstatus & status::fs) != 0; // fcsr and its parts follow the floating-point unit
}
std::uint64_t hart::read_csr(unsigned number) const { return find_csr(number)->read(*this, number); }
void hart::write_csr(unsigned number, std::uint64_t value) {
  const csr_line* l = find_csr(number);
  if (l->write) l->write(*this, number, value);
}

bool hart::peek_csr(unsigned number, std::uint64_t& value) const {
  const csr_line* l = find_csr(number);
  if (l) value = l->read(*this, number);
  return l != nullptr;
}
bool hart::poke_csr(unsigned number, std::uint64_t value) {
  if (!find_csr(number)) return false;
  write_csr(number, value);
  if (number == 0xb02) ++minstret_offset; // no instruction wrote it
  return true;
}

} // namespace acf::cpu
