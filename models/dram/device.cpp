#include "models/dram/device.hpp"

#include <bit>
#include <stdexcept>

#include "models/dram/address_order.hpp"

namespace acf::dram {
namespace {

class checker {
public:
  explicit checker(const device& d) : d_(d) {}

  void range(const char* key, std::uint64_t value, std::uint64_t least, std::uint64_t most) const {
    if (value < least || value > most)
      refuse(key, value, "expected " + std::to_string(least) + " to " + std::to_string(most));
  }
  void power_of_two(const char* key, std::uint64_t value, std::uint64_t most) const {
    range(key, value, 1, most);
    if (!std::has_single_bit(value)) refuse(key, value, "expected a power of two");
  }
  void at_least(const char* key, std::uint64_t value, std::uint64_t least, const char* why) const {
    if (value < least) refuse(key, value, "expected at least " + std::to_string(least) + ": " + why);
  }

private:
  [[noreturn]] void refuse(const char* key, std::uint64_t value, const std::string& rule) const {
    throw std::invalid_argument(d_.name + "." + key + ": " + std::to_string(value) + "; " + rule);
  }
  const device& d_;
};

} // namespace

void device::validate() const {
  const checker c(*this);
  c.range("tCK", clock_fs, 10'000, 1'000'000'000);
  c.power_of_two("channels", channels, 64);
  c.power_of_two("bus_width", width_bits, 1024);
  c.range("bus_width", width_bits, 8, 1024);
  c.power_of_two("ranks", ranks, 16);
  c.power_of_two("bankgroups", bank_groups, 16);
  c.power_of_two("banks_per_group", banks_per_group, 32);
  c.power_of_two("rows", rows, 1u << 24);
  c.power_of_two("columns", columns, 1u << 16);
  c.power_of_two("BL", burst_length, 64);
  c.range("BL", burst_length, 2, 64);
  for (const auto& [key, value] : {std::pair{"CL", cl},
                                   {"CWL", cwl},
                                   {"tRCD", rcd_read},
                                   {"tRCDWR", rcd_write},
                                   {"tRP", rp},
                                   {"tRAS", ras},
                                   {"tFAW", faw},
                                   {"tRRD_S", rrd_s},
                                   {"tWR", wr},
                                   {"tRFC", rfc},
                                   {"tREFI", refi}})
    c.range(key, value, 1, 1'000'000);
  c.at_least("tRRD_L", rrd_l, rrd_s, "tRRD_S holds inside a group too");
  c.at_least("tCCD_L", ccd_l, ccd_s, "tCCD_S holds inside a group too");
  c.at_least("tWTR_L", wtr_l, wtr_s, "tWTR_S holds inside a group too");
  c.at_least("tRAS", ras, rcd_read, "a row cannot be closed before it can be read");
  c.at_least("tFAW", faw, rrd_s, "four activates take at least as long as two");
  c.at_least("tREFI", refi, std::uint64_t{ranks} * rfc + 1, "otherwise it only refreshes");
  c.range("trans_queue_size", transactions, 1, 65536);
  c.range("cmd_queue_size", bank_queue, 1, 65536);
  c.range("hit_cap", hit_cap, 1, 1u << 30);
  try {
    address_order(*this);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(name + ".address_mapping: " + e.what());
  }
}

} // namespace acf::dram
