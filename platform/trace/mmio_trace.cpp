#include "platform/trace/mmio_trace.hpp"

#include "platform/trace/trace_file.hpp"

#include <fmt/format.h>
#include <utility>

namespace acf::platform {
namespace {

// Why a hart did not even ask.
std::string reason(const cpu::refused_access& what, const common::address_range* range) {
  using why = cpu::refused_access::reason;
  const auto on = [&](std::string_view kind) {
    return fmt::format("{} of {} bytes to {}", kind, what.size, range ? "a device" : "nothing: no target is there");
  };
  switch (what.why) {
  case why::protection:
    return fmt::format("access of {} bytes {}", what.size,
                       what.physical != cpu::refused_access::unknown ? "that PMP does not allow"
                                                                     : "through a page table that cannot be read");
  case why::misaligned:
    if (what.physical != cpu::refused_access::unknown) return on("misaligned access");
    return fmt::format("misaligned access of {} bytes, which this hart traps", what.size);
  case why::misaligned_atomic: return fmt::format("misaligned atomic access of {} bytes", what.size);
  case why::atomic: return on("atomic access");
  case why::cache_block: return on("cache block operation");
  case why::bus: break;
  }
  return range ? "the target refused it" : "nothing is mapped there";
}

} // namespace

mmio_trace::mmio_trace(std::ostream& to, const common::address_map_router& bus, local_time time)
    : out_(to), bus_(bus), time_(std::move(time)) {
  out_ << "# time in ns, hart, pc, R or W, bytes, address, value, register\n";
}

void mmio_trace::on_register_access(const common::register_access& access) {
  register_ = {name(access), access.result == common::access_result::ok ? "" : explain(access)};
}

bool mmio_trace::is_memory(std::uint64_t address) const {
  const auto* range = bus_.find(address);
  return range != nullptr && (range->name == "dram" || range->name == "boot_rom");
}

mmio_trace::named mmio_trace::unnamed(const cpu::device_access& access) const {
  const auto* range = bus_.find(access.address);
  if (range == nullptr) return {"-", "nothing is mapped there"};
  return {fmt::format("{}+{:#x}", range->name, access.address - range->base),
          access.ok                    ? ""
          : !is_memory(access.address) ? "no register there"
          : access.write               ? "the memory does not take the write"
                                       : "the memory cannot be read"};
}

void mmio_trace::line(const cpu::hart& hart, std::uint64_t pc, bool write, const std::string& size_address_value,
                      const named& what) {
  const auto id = hart.config().id;
  out_ << fmt::format("{} {} {:#x} {} {} {}", nanoseconds(time_(id)), id, pc, write ? 'W' : 'R', size_address_value,
                      what.name);
  if (!what.refusal.empty()) out_ << " refused: " << what.refusal;
  out_ << '\n';
}

void mmio_trace::on_device_access(const cpu::hart& hart, const cpu::device_access& access) {
  const auto known = std::exchange(register_, std::nullopt);
  told_ = !access.ok;
  if (!known && access.ok && is_memory(access.address)) return;
  const auto bits = access.size < 8 ? (std::uint64_t{1} << 8 * access.size) - 1 : ~std::uint64_t{0};
  const auto value = access.write || access.ok ? access.value & bits : 0;
  line(hart, access.pc, access.write, fmt::format("{} {:#x} {:#x}", access.size, access.address, value),
       known ? *known : unnamed(access));
}

void mmio_trace::on_trap(const cpu::hart& hart, std::uint64_t mcause, std::uint64_t mtval) {
  enum : std::uint64_t { load_misaligned = 4, load_fault = 5, store_misaligned = 6, store_fault = 7 };
  if (std::exchange(told_, false) || mcause < load_misaligned || mcause > store_fault) return;
  const auto& what = hart.last_refused;
  const bool known = what.physical != cpu::refused_access::unknown;
  const auto address = known ? what.physical : mtval;
  const auto* range = bus_.find(address);
  line(hart, hart.pc, mcause >= store_misaligned, fmt::format("{} {:#x} -", what.size, address),
       {range != nullptr ? fmt::format("{}+{:#x}", range->name, address - range->base) : "-", reason(what, range)});
}

} // namespace acf::platform
