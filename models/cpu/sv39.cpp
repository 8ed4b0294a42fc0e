// Virtual memory: from satp and page tables to physical addresses.
//
// satp takes Bare and Sv39; a write of another mode has no effect. The accessed and dirty bits are set by the hart,
// when it walks: in memory, at once, like any other store (so `A` and `D` never cause a page fault). Tables and pages
// are read with supervisor rights under PMP; where there is no memory, an access fault of the original kind is the
// answer.
#include "models/cpu/hart.hpp"

namespace acf::cpu {
namespace {

using u64 = std::uint64_t;

namespace pte { // fields of a page-table entry
constexpr u64 v = 1, r = 2, w = 4, x = 8, u = 16, a = 64, d = 128, reserved = ~u64{0} << 54;
constexpr u64 frame(u64 entry) { return (entry >> 10 & ((u64{1} << 44) - 1)) << 12; }
} // namespace pte

constexpr cause page_fault(intent what) {
  return what == intent::read ? cause::load_page : what == intent::write ? cause::store_page : cause::fetch_page;
}
constexpr cause access_fault(intent what) {
  return what == intent::read ? cause::load_access : what == intent::write ? cause::store_access : cause::fetch_access;
}

bool permitted(u64 entry, intent what, privilege by, u64 mstatus) {
  if (by == privilege::user && !(entry & pte::u)) return false;
  if (by == privilege::supervisor && (entry & pte::u) && (what == intent::fetch || !(mstatus & status::sum)))
    return false;
  switch (what) {
  case intent::read: return (entry & pte::r) || ((mstatus & status::mxr) && (entry & pte::x));
  case intent::write: return (entry & pte::w) != 0;
  case intent::fetch: return (entry & pte::x) != 0;
  }
  return false;
}

} // namespace

bool hart::read_table(u64 address, u64& entry, bool for_write) {
  if (!protection.allows(address, address + 7, for_write ? intent::write : intent::read, privilege::supervisor))
    return false;
  if (const direct_region* r = region_of(address, 8, for_write)) {
    std::memcpy(&entry, r->memory + (address - r->first), 8);
    return true;
  }
  cycles ignored = 0;
  return with_bus([&] { return port.read(address, &entry, 8, ignored); }) == bus_result::ok;
}

bool hart::write_table(u64 address, u64 entry) {
  if (const direct_region* r = region_of(address, 8, true)) {
    std::memcpy(r->memory + (address - r->first), &entry, 8);
    return true;
  }
  cycles ignored = 0;
  return with_bus([&] { return port.write(address, &entry, 8, ignored); }) == bus_result::ok;
}

hart::translated hart::walk(u64 address, intent what, privilege by) {
  ++performed[event::page_walks];
  const auto fault = [&] {
    ++performed[event::page_faults];
    return translated{0, false, page_fault(what)};
  };
  const translated no_memory{refused_access::unknown, false, access_fault(what)};
  if (static_cast<std::int64_t>(address << 25) >> 25 != static_cast<std::int64_t>(address)) return fault();
  u64 table = (satp & ((u64{1} << 44) - 1)) << 12;
  for (unsigned shift = 30;; shift -= 9) { // gigapages, megapages, pages
    const u64 place = table + (address >> shift & 511) * 8;
    u64 entry = 0;
    if (!read_table(place, entry, false)) return no_memory;
    if (!(entry & pte::v) || (entry & (pte::r | pte::w)) == pte::w || (entry & pte::reserved)) return fault();
    if (!(entry & (pte::r | pte::w | pte::x))) { // another table
      if (shift == 12 || (entry & (pte::u | pte::a | pte::d))) return fault();
      table = pte::frame(entry);
      continue;
    }
    const u64 inside = (u64{1} << shift) - 1, frame = pte::frame(entry);
    if (!permitted(entry, what, by, mstatus) || (frame & inside & page_mask)) return fault();
    const u64 used = entry | pte::a | (what == intent::write ? pte::d : 0);
    if (used != entry && (!read_table(place, entry, true) || !write_table(place, used))) return no_memory;
    return {frame | (address & inside), true, {}};
  }
}

hart::translated hart::translate(u64 address, unsigned size, intent what) {
  const privilege by = what == intent::fetch ? mode : data_mode();
  translated t{address, true, {}};
  if (by != privilege::machine && satp >> 60 != 0) t = walk(address, what, by);
  if (t.ok && !protection.allows(t.physical, t.physical + (size - 1), what, by))
    return {t.physical, false, access_fault(what)};
  return t;
}

// As translate() for an attached debugger: no traps, nothing marked as used, no protection.
bool hart::debug_translate(u64 address, u64& physical, privilege by) {
  physical = address;
  if (by == privilege::machine || satp >> 60 == 0) return true;
  u64 table = (satp & ((u64{1} << 44) - 1)) << 12;
  for (unsigned shift = 30;; shift -= 9) {
    u64 entry = 0;
    const u64 place = table + (address >> shift & 511) * 8;
    if (const direct_region* r = region_of(place, 8, false))
      std::memcpy(&entry, r->memory + (place - r->first), 8);
    else
      return false;
    if (!(entry & pte::v)) return false;
    if (entry & (pte::r | pte::w | pte::x)) {
      const u64 inside = (u64{1} << shift) - 1;
      physical = (pte::frame(entry) & ~inside) | (address & inside);
      return true;
    }
    if (shift == 12) return false;
    table = pte::frame(entry);
  }
}

void hart::write_satp(u64 value) {
  const u64 wanted = value >> 60;
  if (wanted != 0 && wanted != 8) return;
  satp = value;
  forget_translations();
}

void hart::forget_translations() {
  flush_tlb();
  new_epoch();
}

// After every change of privilege, MPRV, MPP or SUM: which translations hold, which blocks are fit to run.
void hart::update_context() {
  const privilege by = data_mode();
  const unsigned context = by == privilege::machine ? 0 : by == privilege::user ? 1 : mstatus & status::sum ? 3 : 2;
  read_tlb = &tlbs[context].reads;
  write_tlb = &tlbs[context].writes;
  epoch = epochs[static_cast<unsigned>(mode)];
}

} // namespace acf::cpu
