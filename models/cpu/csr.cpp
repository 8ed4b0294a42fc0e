#include "models/cpu/csr.hpp"
#include "models/cpu/hart.hpp"
#include <algorithm>
#include <cstdio>
#include <vector>

namespace acf::cpu {
namespace {

using u64 = std::uint64_t;

constexpr u64 letters(std::string_view names) {
  u64 v = 0;
  for (const char c : names) v |= u64{1} << (c - 'A');
  return v;
}
constexpr u64 misa_value = u64{2} << 62 | letters("IMAFDCBSU");

constexpr u64 bits_of(std::initializer_list<interrupt> lines) {
  u64 v = 0;
  for (const interrupt i : lines) v |= bit(i);
  return v;
}
constexpr u64 supervisor_lines =
    bits_of({interrupt::supervisor_software, interrupt::supervisor_timer, interrupt::supervisor_external});
constexpr u64 machine_lines =
    bits_of({interrupt::machine_software, interrupt::machine_timer, interrupt::machine_external});
constexpr u64 delegable_exceptions = 0xb3ff; // all but those of machine mode
constexpr u64 sstatus_fields = status::sie | status::spie | status::spp | status::fs | status::sum | status::mxr;
constexpr u64 counters_mask = 0xffffffff;

void write_fcsr(hart& h, u64 flags, u64 mode) {
  h.fflags = flags & 31;
  h.frm = mode & 7;
  h.mstatus |= status::fs | status::sd;
}
constexpr u64 merge(u64 old, u64 value, u64 mask) { return (old & ~mask) | (value & mask); }
void write_vector(u64& where, u64 v) { // a reserved mode leaves the register as it is
  if ((v & 3) < 2) where = v;
}
u64 legal_environment(u64 v) { // CBIE = 2 is reserved
  return (v & environment::cbie) == 2u << 4 ? v & ~environment::cbie : v;
}
void write_menvcfg(hart& h, u64 v) {
  using namespace environment;
  h.menvcfg = legal_environment(v) & (fiom | cbie | cbcfe | cbze | stce);
  h.update_timer();
}
void protect(hart& h, auto change) {
  change(h.protection);
  h.forget_translations();
}

#define ACF_FIELD(member)                                                                                              \
  [](const hart& h, unsigned) { return u64{h.member}; }, [](hart& h, unsigned, u64 v) { h.member = v; }
#define ACF_ZERO [](const hart&, unsigned) { return u64{0}; }, nullptr

// clang-format off
constexpr csr_line fixed[] = {
    {0x001, "fflags", [](const hart& h, unsigned) { return u64{h.fflags}; }, [](hart& h, unsigned, u64 v) { write_fcsr(h, v, h.frm); }},
    {0x002, "frm", [](const hart& h, unsigned) { return u64{h.frm}; }, [](hart& h, unsigned, u64 v) { write_fcsr(h, h.fflags, v); }},
    {0x003, "fcsr", [](const hart& h, unsigned) { return u64{h.frm} << 5 | h.fflags; }, [](hart& h, unsigned, u64 v) { write_fcsr(h, v, v >> 5); }},

    {0x100, "sstatus", [](const hart& h, unsigned) { return h.mstatus & (sstatus_fields | status::uxl | status::sd); }, [](hart& h, unsigned, u64 v) { h.write_mstatus(merge(h.mstatus, v, sstatus_fields)); }},
    {0x104, "sie", [](const hart& h, unsigned) { return h.mie & h.mideleg; }, [](hart& h, unsigned, u64 v) { h.mie = merge(h.mie, v, h.mideleg); }},
    {0x105, "stvec", [](const hart& h, unsigned) { return h.stvec; }, [](hart& h, unsigned, u64 v) { write_vector(h.stvec, v); }},
    {0x106, "scounteren", [](const hart& h, unsigned) { return h.scounteren; }, [](hart& h, unsigned, u64 v) { h.scounteren = v & counters_mask; }},
    {0x10a, "senvcfg", [](const hart& h, unsigned) { return h.senvcfg; }, [](hart& h, unsigned, u64 v) { h.senvcfg = legal_environment(v) & (environment::fiom | environment::cbie | environment::cbcfe | environment::cbze); }},
    {0x140, "sscratch", ACF_FIELD(sscratch)},
    {0x141, "sepc", [](const hart& h, unsigned) { return h.sepc; }, [](hart& h, unsigned, u64 v) { h.sepc = v & ~u64{1}; }},
    {0x142, "scause", ACF_FIELD(scause)},
    {0x143, "stval", ACF_FIELD(stval)},
    {0x144, "sip", [](const hart& h, unsigned) { return h.mip & h.mideleg; }, [](hart& h, unsigned, u64 v) { const u64 writable = h.mideleg & bit(interrupt::supervisor_software); h.write_mip(merge(h.csr_for_update(0x344), v, writable)); }},
    {0x14d, "stimecmp", [](const hart& h, unsigned) { return h.stimecmp; }, [](hart& h, unsigned, u64 v) { h.stimecmp = v; h.update_timer(); }},
    {0x180, "satp", [](const hart& h, unsigned) { return h.satp; }, [](hart& h, unsigned, u64 v) { h.write_satp(v); }},

    {0x300, "mstatus", [](const hart& h, unsigned) { return h.mstatus; }, [](hart& h, unsigned, u64 v) { h.write_mstatus(v); }},
    {0x301, "misa", [](const hart&, unsigned) { return misa_value; }, nullptr},
    {0x302, "medeleg", [](const hart& h, unsigned) { return h.medeleg; }, [](hart& h, unsigned, u64 v) { h.medeleg = v & delegable_exceptions; }},
    {0x303, "mideleg", [](const hart& h, unsigned) { return h.mideleg; }, [](hart& h, unsigned, u64 v) { h.mideleg = v & supervisor_lines; }},
    {0x304, "mie", [](const hart& h, unsigned) { return h.mie; }, [](hart& h, unsigned, u64 v) { h.mie = v & (machine_lines | supervisor_lines); }},
    {0x305, "mtvec", [](const hart& h, unsigned) { return h.mtvec; }, [](hart& h, unsigned, u64 v) { write_vector(h.mtvec, v); }},
    {0x306, "mcounteren", [](const hart& h, unsigned) { return h.mcounteren; }, [](hart& h, unsigned, u64 v) { h.mcounteren = v & counters_mask; }},
    {0x30a, "menvcfg", [](const hart& h, unsigned) { return h.menvcfg; }, [](hart& h, unsigned, u64 v) { write_menvcfg(h, v); }},
    {0x320, "mcountinhibit", [](const hart& h, unsigned) { return h.mcountinhibit; }, [](hart& h, unsigned, u64 v) { h.write_counter_inhibit(v & counters_mask & ~u64{2}); }},
    {0x340, "mscratch", ACF_FIELD(mscratch)},
    {0x341, "mepc", [](const hart& h, unsigned) { return h.mepc; }, [](hart& h, unsigned, u64 v) { h.mepc = v & ~u64{1}; }},
    {0x342, "mcause", ACF_FIELD(mcause)},
    {0x343, "mtval", ACF_FIELD(mtval)},
    {0x344, "mip", [](const hart& h, unsigned) { return h.mip; }, [](hart& h, unsigned, u64 v) { h.write_mip(v); }},
    {0x3a0, "pmpcfg0", [](const hart& h, unsigned) { return h.protection.config(0); }, [](hart& h, unsigned, u64 v) { protect(h, [&](pmp& p) { p.set_config(0, v); }); }},
    {0x3a2, "pmpcfg2", [](const hart& h, unsigned) { return h.protection.config(1); }, [](hart& h, unsigned, u64 v) { protect(h, [&](pmp& p) { p.set_config(1, v); }); }},
    // The debug specification's way to say that there are no triggers.
    {0x7a0, "tselect", ACF_ZERO},
    {0x7a1, "tdata1", ACF_ZERO},
    {0x7a2, "tdata2", ACF_ZERO},
    {0x7a3, "tdata3", ACF_ZERO},

    {0xc01, "time", [](const hart& h, unsigned) { return h.port.time(); }, nullptr},
    {0xf11, "mvendorid", ACF_ZERO},
    {0xf12, "marchid", ACF_ZERO},
    {0xf13, "mimpid", ACF_ZERO},
    {0xf14, "mhartid", [](const hart& h, unsigned) { return u64{h.config().id}; }, nullptr},
    {0xf15, "mconfigptr", ACF_ZERO},
};
// clang-format on
#undef ACF_FIELD
#undef ACF_ZERO

struct register_file {
  std::vector<csr_line> lines{std::begin(fixed), std::end(fixed)};
  std::vector<std::string> names; // of numbered registers
  std::vector<const csr_line*> by_number = std::vector<const csr_line*>(4096);

  void numbered(std::string name, unsigned number, decltype(csr_line::read) read, decltype(csr_line::write) write) {
    names.push_back(std::move(name));
    lines.push_back({static_cast<std::uint16_t>(number), names.back(), read, write});
  }
  register_file() {
    names.reserve(16 + 32 * 3);
    const auto read_machine = [](const hart& h, unsigned n) { return h.read_counter(n - 0xb00); };
    const auto write_machine = [](hart& h, unsigned n, u64 v) { h.write_counter(n - 0xb00, v); };
    const auto read_user = [](const hart& h, unsigned n) { return h.read_counter(n - 0xc00); };
    const auto read_event = [](const hart& h, unsigned n) { return u64(h.counters[n - 0x320].what); };
    const auto write_event = [](hart& h, unsigned n, u64 v) { h.write_counter_event(n - 0x320, v); };
    for (unsigned n = 0; n < 32; ++n) {
      if (n == 1) continue; // time
      const std::string digits = std::to_string(n);
      numbered(n == 0   ? "mcycle"
               : n == 2 ? "minstret"
                        : "mhpmcounter" + digits,
               0xb00 + n, read_machine, write_machine);
      numbered(n == 0 ? "cycle" : n == 2 ? "instret" : "hpmcounter" + digits, 0xc00 + n, read_user, nullptr);
      if (n >= 3) numbered("mhpmevent" + digits, 0x320 + n, read_event, write_event);
    }
    for (unsigned n = 0; n < pmp::entries; ++n)
      numbered(
          "pmpaddr" + std::to_string(n), 0x3b0 + n,
          [](const hart& h, unsigned r) { return h.protection.address(r - 0x3b0); },
          [](hart& h, unsigned r, u64 v) { protect(h, [&](pmp& p) { p.set_address(r - 0x3b0, v); }); });
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
  if (number <= 3) return (mstatus & status::fs) != 0; // fcsr and its parts follow the floating-point unit
  if (mode == privilege::machine) return true;
  if (number >= 0xc00 && number < 0xc20) {
    const u64 bit_of = u64{1} << (number - 0xc00);
    return (mcounteren & bit_of) && (mode == privilege::supervisor || (scounteren & bit_of));
  }
  if (number == 0x180) return !(mstatus & status::tvm);
  if (number == 0x14d) return compares_time() && (mcounteren & 2);
  return true;
}
std::uint64_t hart::read_csr(unsigned number) const { return find_csr(number)->read(*this, number); }
void hart::write_csr(unsigned number, std::uint64_t value) {
  const csr_line* l = find_csr(number);
  if (l->write) l->write(*this, number, value);
}

// The interrupt controller's line shows in mip.SEIP, but must not be written back as if software had set it.
std::uint64_t hart::csr_for_update(unsigned number) const {
  const u64 v = read_csr(number);
  return number == 0x344 && !seip_written ? v & ~bit(interrupt::supervisor_external) : v;
}

void hart::write_mstatus(std::uint64_t v) {
  u64 writable =
      sstatus_fields | status::mie | status::mpie | status::mpp | status::mprv | status::tvm | status::tw | status::tsr;
  if ((v & status::mpp) >> status::mpp_shift == 2) writable &= ~status::mpp; // no such mode
  const u64 old = mstatus;
  mstatus = merge(old, v, writable) & ~status::sd;
  if ((mstatus & status::fs) == status::fs) mstatus |= status::sd;
  const u64 changed = old ^ mstatus;
  if (changed & status::mxr) flush_tlb();
  // Floating point has become legal, or illegal.
  if ((changed & status::fs) && ((old & status::fs) == 0 || (mstatus & status::fs) == 0)) new_epoch();
  update_context();
}

void hart::write_mip(std::uint64_t v) {
  u64 writable = bit(interrupt::supervisor_software);
  if (!compares_time()) writable |= bit(interrupt::supervisor_timer);
  mip = merge(mip, v, writable);
  seip_written = (v & bit(interrupt::supervisor_external)) != 0;
  set_interrupt(interrupt::supervisor_external, seip_line);
}

bool hart::peek_csr(unsigned number, std::uint64_t& value) const {
  const csr_line* l = find_csr(number);
  if (l) value = l->read(*this, number);
  return l != nullptr;
}
bool hart::poke_csr(unsigned number, std::uint64_t value) {
  if (!find_csr(number)) return false;
  write_csr(number, value);
  if (number == 0xb02 && !(mcountinhibit & 4)) ++counters[2].offset; // no instruction wrote it
  return true;
}

} // namespace acf::cpu
