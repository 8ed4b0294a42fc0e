#include "models/dram/device.hpp"

#include <bit>

#include "models/dram/address_order.hpp"

namespace acf::dram {
namespace {

constexpr std::uint32_t clocks = 1'000'000; // the most of any timing

constexpr device_number numbers[] = {
    {"channels", &device::channels, 1, 64, true},
    {"bus_width", &device::width_bits, 8, 1024, true},
    {"ranks", &device::ranks, 1, 16, true},
    {"bankgroups", &device::bank_groups, 1, 16, true},
    {"banks_per_group", &device::banks_per_group, 1, 32, true},
    {"rows", &device::rows, 1, 1u << 24, true},
    {"columns", &device::columns, 1, 1u << 16, true},
    {"BL", &device::burst_length, 2, 64, true},
    {"CL", &device::cl, 1, clocks},
    {"CWL", &device::cwl, 1, clocks},
    {"tRCD", &device::rcd_read, 1, clocks},
    {"tRCDWR", &device::rcd_write, 1, clocks},
    {"tRP", &device::rp, 1, clocks},
    {"tRAS", &device::ras, 1, clocks},
    {"tRC", &device::rc, 0, clocks, false, true},
    {"tRRD_S", &device::rrd_s, 1, clocks},
    {"tRRD_L", &device::rrd_l, 0, clocks},
    {"tFAW", &device::faw, 1, clocks},
    {"tCCD_S", &device::ccd_s, 0, clocks},
    {"tCCD_L", &device::ccd_l, 0, clocks},
    {"tWTR_S", &device::wtr_s, 0, clocks},
    {"tWTR_L", &device::wtr_l, 0, clocks},
    {"tWR", &device::wr, 1, clocks},
    {"tRTP", &device::rtp, 0, clocks},
    {"tRTRS", &device::rtrs, 0, clocks},
    {"tPPD", &device::ppd, 0, clocks, false, true},
    {"tRFC", &device::rfc, 1, clocks},
    {"tREFI", &device::refi, 1, clocks},
    {"trans_queue_size", &device::transactions, 1, 65536},
    {"cmd_queue_size", &device::bank_queue, 1, 65536},
    {"drain_above", &device::drain_above, 0, 65536},
    {"hit_cap", &device::hit_cap, 1, 1u << 30},
    {"devices", &device::devices, 1, 1024},
};

constexpr device_current currents[] = {
    {"VDD", &device::vdd},     {"IDD0", &device::idd0},   {"IDD2N", &device::idd2n}, {"IDD3N", &device::idd3n},
    {"IDD4R", &device::idd4r}, {"IDD4W", &device::idd4w}, {"IDD5AB", &device::idd5},
};

// A rule between several numbers: `value`, of the first key, is at least `least`.
void at_least(const device& d, std::vector<std::string> keys, std::uint64_t value, std::uint64_t least,
              const std::string& why) {
  if (value < least)
    throw bad_device(d.name, std::move(keys), std::to_string(value),
                     "expected at least " + std::to_string(least) + ": " + why);
}

} // namespace

std::span<const device_number> device_numbers() { return numbers; }
std::span<const device_current> device_currents() { return currents; }

void device::validate() const {
  constexpr std::uint64_t shortest = 10'000, longest = 1'000'000'000; // fs: 100 GHz, 1 MHz
  if (clock_fs < shortest || clock_fs > longest)
    throw bad_device(name, {"tCK_ps"}, std::to_string(static_cast<double>(clock_fs) / 1000),
                     "expected 10 to 1000000 ps");
  for (const auto& n : numbers) {
    const auto value = this->*n.member;
    if (value < n.low || value > n.high)
      throw bad_device(name, {n.key}, std::to_string(value),
                       "expected " + std::to_string(n.low) + " to " + std::to_string(n.high));
    if (n.power_of_two && !std::has_single_bit(value))
      throw bad_device(name, {n.key}, std::to_string(value), "expected a power of two");
  }
  at_least(*this, {"tRRD_L", "tRRD_S"}, rrd_l, rrd_s, "tRRD_S holds inside a group too");
  at_least(*this, {"tCCD_L", "tCCD_S"}, ccd_l, ccd_s, "tCCD_S holds inside a group too");
  at_least(*this, {"tWTR_L", "tWTR_S"}, wtr_l, wtr_s, "tWTR_S holds inside a group too");
  at_least(*this, {"tRAS", "tRCD"}, ras, rcd_read, "a row cannot be closed before it can be read (tRCD)");
  at_least(*this, {"tFAW", "tRRD_S"}, faw, rrd_s, "four activates take at least as long as two (tRRD_S)");
  at_least(*this, {"tREFI", "tRFC", "ranks"}, refi, std::uint64_t{ranks} * rfc + 1,
           "ranks x tRFC, otherwise it only refreshes");
  try {
    address_order(*this);
  } catch (const std::invalid_argument& e) {
    throw bad_device(name, {"address_mapping"}, "'" + order + "'", e.what());
  }
}

void device::validate_data_sheet() const {
  validate();
  if (rc != 0)
    at_least(*this, {"tRC", "tRAS", "tRP"}, rc, std::uint64_t{ras} + rp,
             "tRAS + tRP, for a row is opened, closed and opened again in that time");
  at_least(*this, {"tFAW", "tRRD_S"}, faw, std::uint64_t{4} * rrd_s,
           "4 x tRRD_S, otherwise the window of four activates means nothing");
  at_least(*this, {"tRFC", "tRP"}, rfc, rp, "tRP, for a refresh closes rows itself");
}

} // namespace acf::dram
