// The slow half of memory access: pages touched for the first time, devices, misaligned and watched addresses, faults.
#include "models/cpu/hart.hpp"

namespace acf::cpu {
namespace {

using refusal = refused_access::reason;

std::uint64_t load_bytes(const std::byte* p, unsigned size) {
  std::uint64_t v = 0;
  std::memcpy(&v, p, size);
  return v;
}

} // namespace

const direct_region* hart::region_of(std::uint64_t physical, unsigned size, bool write) {
  const std::uint64_t last = physical + size - 1;
  const auto covers = [&](const direct_region& r) {
    return r.first <= physical && last <= r.last && physical <= last && (r.writable || !write);
  };
  for (const direct_region& r : regions)
    if (covers(r)) return &r;
  const std::uint64_t key = (physical & page_mask) | write;
  if (refused.contains(key)) return nullptr;
  take_back_host_fpu();
  const auto offered = port.direct(physical, write);
  lend_host_fpu();
  if (offered && covers(*offered)) {
    regions.push_back(*offered);
    return &regions.back();
  }
  refused.insert(key);
  return nullptr;
}

std::byte* hart::memory_at(tlb& into, std::uint64_t address, std::uint64_t physical, unsigned size, bool write) {
  const direct_region* r = region_of(physical, size, write);
  if (!r) return nullptr;
  std::byte* p = r->memory + (physical - r->first);
  const std::uint64_t page = address & page_mask, frame = physical & page_mask, frame_end = frame | ~page_mask;
  bool free = r->first <= frame && frame_end <= r->last && protection.uniform(frame, frame_end);
  for (const watchpoint& w : watchpoints) free = free && (w.last < page || w.first > (page | ~page_mask));
  if (free && (!write || stores_free(frame)))
    into[(address >> page_bits) % tlb_size] = {page, reinterpret_cast<std::uintptr_t>(p) - address};
  return p;
}

void hart::flush_tlb() {
  for (tlb_pair& t : tlbs) t = {};
}

void hart::forget_direct(std::uint64_t first, std::uint64_t last) {
  std::erase_if(regions, [&](const direct_region& r) { return r.first <= last && first <= r.last; });
  refused.clear();
  flush_tlb();
  new_epoch();
}

void hart::check_watchpoints(std::uint64_t address, unsigned size, bool write) {
  if (!stops_heeded) return;
  for (const watchpoint& w : watchpoints)
    if (address <= w.last && address + size - 1 >= w.first && (write ? w.on_write : w.on_read)) {
      watch_hit = {address, write};
      why = stop::watchpoint;
    }
}

std::int64_t hart::settle(std::int64_t left) {
  if (why != stop::none || stop_requested || left < 0 || interrupt_deliverable()) outcome = after::leave;
  return left;
}

std::int64_t hart::fault(const insn* i, cause why_trapped, std::uint64_t address, std::int64_t left,
                         const refused_access& what) {
  outcome = after::trapped;
  last_refused = what;
  raise(i, why_trapped, address, left);
  return slice_left;
}

hart::access hart::read_slow(insn* i, std::uint64_t address, unsigned size, std::int64_t left) {
  outcome = after::proceed;
  if (address & (size - 1)) return misaligned_read(i, address, size, left);
  const translated t = translate(address, size, intent::read);
  if (!t.ok) return {0, fault(i, t.why, address, left, {refusal::protection, size, t.physical})};
  std::uint64_t value = 0;
  if (const std::byte* p = memory_at(*read_tlb, address, t.physical, size, false))
    value = load_bytes(p, size);
  else
    left = device(i, address, t.physical, value, size, false, left);
  if (outcome == after::trapped) return {0, left};
  check_watchpoints(address, size, false);
  return {value, settle(left)};
}

std::int64_t hart::write_slow(insn* i, std::uint64_t address, std::uint64_t value, unsigned size, std::int64_t left) {
  outcome = after::proceed;
  if (address & (size - 1)) return misaligned_write(i, address, value, size, left);
  const translated t = translate(address, size, intent::write);
  if (!t.ok) return fault(i, t.why, address, left, {refusal::protection, size, t.physical});
  if (std::byte* p = memory_at(*write_tlb, address, t.physical, size, true))
    std::memcpy(p, &value, size);
  else
    left = device(i, address, t.physical, value, size, true, left);
  if (outcome == after::trapped) return left;
  tell_of_store(t.physical, size);
  check_watchpoints(address, size, true);
  return settle(left);
}

// A call of the bus by instruction `i`, which sees the time, the pc and the counts of this instruction.
template <class F>
std::int64_t hart::on_the_bus(const insn* i, std::int64_t left, cause if_refused, std::uint64_t address,
                              const refused_access& what, F call) {
  const std::uint64_t ahead = current->count - i->index;
  cycle = cycle_end - static_cast<std::uint64_t>(exact_left(i, left));
  instret -= ahead;
  pc = pc_of(i);
  cycles latency = 0;
  const bus_result result = with_bus([&] { return call(latency); });
  instret += ahead;
  if (result != bus_result::ok) return fault(i, if_refused, address, left, what);
  performed[event::device_cycles] += latency;
  return left - static_cast<std::int64_t>(latency);
}

// Memory takes misaligned accesses, also across pages: at no extra cost where it is at hand, byte by byte over the bus
// where it is not. Devices do not take them at all. `bytes` receives where each byte lies; false: somewhere, nothing
// may be touched, and the instruction has trapped.
bool hart::locate_misaligned(insn* i, std::uint64_t address, unsigned size, bool write, scattered& bytes,
                             std::int64_t& left) {
  if (configuration.misaligned_trap) {
    left =
        fault(i, write ? cause::store_misaligned : cause::load_misaligned, address, left, {refusal::misaligned, size});
    return false;
  }
  bytes.direct = true;
  for (unsigned n = 0; n < size; ++n) {
    const translated t = translate(address + n, 1, write ? intent::write : intent::read);
    if (!t.ok) {
      left = fault(i, t.why, address + n, left, {refusal::protection, size, t.physical});
      return false;
    }
    bytes.memory[n] = memory_at(write ? *write_tlb : *read_tlb, address + n, t.physical, 1, write);
    bytes.physical[n] = t.physical;
    if (bytes.memory[n]) continue;
    bytes.direct = false;
    if (port.is_memory(t.physical)) continue;
    left = fault(i, write ? cause::store_access : cause::load_access, address, left,
                 {refusal::misaligned, size, bytes.physical[0]});
    return false;
  }
  return true;
}

template <class F>
std::int64_t hart::in_pieces(const insn* i, unsigned pieces, cause if_refused, std::uint64_t address, std::int64_t left,
                             const refused_access& what, F call) {
  return on_the_bus(i, left, if_refused, address, what, [&](cycles& latency) {
    for (unsigned n = 0; n < pieces; ++n) {
      cycles one = 0;
      if (call(n, one) != bus_result::ok) return bus_result::fault;
      latency += one;
    }
    return bus_result::ok;
  });
}

hart::access hart::misaligned_read(insn* i, std::uint64_t address, unsigned size, std::int64_t left) {
  scattered bytes;
  if (!locate_misaligned(i, address, size, false, bytes, left)) return {0, left};
  std::array<std::uint8_t, 8> read{};
  if (bytes.direct)
    for (unsigned n = 0; n < size; ++n) read[n] = static_cast<std::uint8_t>(*bytes.memory[n]);
  else
    left = in_pieces(i, size, cause::load_access, address, left, {refusal::bus, size, bytes.physical[0]},
                     [&](unsigned n, cycles& latency) { return port.read(bytes.physical[n], &read[n], 1, latency); });
  if (outcome == after::trapped) return {0, left};
  ++performed[event::misaligned];
  check_watchpoints(address, size, false);
  return {load_bytes(reinterpret_cast<const std::byte*>(read.data()), size), settle(left)};
}

std::int64_t hart::misaligned_write(insn* i, std::uint64_t address, std::uint64_t value, unsigned size,
                                    std::int64_t left) {
  scattered bytes;
  if (!locate_misaligned(i, address, size, true, bytes, left)) return left;
  std::array<std::uint8_t, 8> written;
  std::memcpy(written.data(), &value, sizeof value);
  if (bytes.direct)
    for (unsigned n = 0; n < size; ++n) *bytes.memory[n] = static_cast<std::byte>(written[n]);
  else
    left =
        in_pieces(i, size, cause::store_access, address, left, {refusal::bus, size, bytes.physical[0]},
                  [&](unsigned n, cycles& latency) { return port.write(bytes.physical[n], &written[n], 1, latency); });
  if (outcome == after::trapped) return left;
  for (unsigned n = 0; n < size; ++n) tell_of_store(bytes.physical[n], 1);
  ++performed[event::misaligned];
  check_watchpoints(address, size, true);
  return settle(left);
}

std::int64_t hart::device(insn* i, std::uint64_t address, std::uint64_t physical, std::uint64_t& value, unsigned size,
                          bool write, std::int64_t left) {
  ++performed[write ? event::device_writes : event::device_reads];
  return on_the_bus(i, left, write ? cause::store_access : cause::load_access, address, {refusal::bus, size, physical},
                    [&](cycles& latency) {
                      const bus_result r = write ? port.write(physical, &value, size, latency)
                                                 : port.read(physical, &value, size, latency);
                      if (seen_by)
                        seen_by->on_device_access(*this, {pc, physical, value, size, write, r == bus_result::ok});
                      return r;
                    });
}

hart::access hart::atomic_slow(insn* i, std::uint64_t address, unsigned size, bool for_write, atomic_change& change,
                               std::int64_t left) {
  outcome = after::proceed;
  if (address & (size - 1))
    return {0, fault(i, for_write ? cause::store_misaligned : cause::load_misaligned, address, left,
                     {refusal::misaligned_atomic, size})};
  const translated t = translate(address, size, for_write ? intent::write : intent::read);
  if (!t.ok) return {0, fault(i, t.why, address, left, {refusal::protection, size, t.physical})};
  const cause refused_by_bus = for_write ? cause::store_access : cause::load_access;
  std::uint64_t old = 0;
  if (std::byte* p = memory_at(for_write ? *write_tlb : *read_tlb, address, t.physical, size, for_write)) {
    old = load_bytes(p, size);
    if (const auto now = change(old)) std::memcpy(p, &*now, size);
  } else if (port.is_memory(t.physical)) {
    left = on_the_bus(i, left, refused_by_bus, address, {refusal::bus, size, t.physical},
                      [&](cycles& latency) { return port.exchange(t.physical, size, old, change, latency); });
  } else
    return {0, fault(i, refused_by_bus, address, left, {refusal::atomic, size, t.physical})};
  if (outcome == after::trapped) return {0, left};
  if (for_write)
    tell_of_store(t.physical, size);
  else
    reservation.physical = t.physical;
  check_watchpoints(address, size, for_write);
  return {old, settle(left)};
}

std::int64_t hart::cache_block(insn* i, std::uint64_t address, bool zero, std::int64_t left) {
  outcome = after::proceed;
  const std::uint64_t first = address & ~std::uint64_t{cache_block_bytes - 1};
  const translated t = translate(first, cache_block_bytes, zero ? intent::write : intent::read);
  if (!t.ok) { // of a store, whatever was tried
    const bool page = t.why == cause::load_page || t.why == cause::store_page;
    return fault(i, page ? cause::store_page : cause::store_access, address, left,
                 {refusal::protection, cache_block_bytes, t.physical});
  }
  if (!zero) return settle(left); // memory and caches always agree
  if (std::byte* p = memory_at(*write_tlb, first, t.physical, cache_block_bytes, true))
    std::memset(p, 0, cache_block_bytes);
  else if (port.is_memory(t.physical))
    left = in_pieces(i, cache_block_bytes / 8, cause::store_access, address, left,
                     {refusal::bus, cache_block_bytes, t.physical}, [&](unsigned n, cycles& latency) {
                       const std::uint64_t nothing = 0;
                       return port.write(t.physical + 8 * n, &nothing, 8, latency);
                     });
  else
    return fault(i, cause::store_access, address, left, {refusal::cache_block, cache_block_bytes, t.physical});
  if (outcome == after::trapped) return left;
  tell_of_store(t.physical, cache_block_bytes);
  check_watchpoints(first, cache_block_bytes, true);
  return settle(left);
}

} // namespace acf::cpu
