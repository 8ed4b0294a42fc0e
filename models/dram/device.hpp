// A memory technology with its controller, as plain numbers: what a data sheet and a controller's settings say.
// Timings are in clocks of the memory (two data transfers each); names are those of the JEDEC standards.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace acf::dram {

enum class page_policy : std::uint8_t { open, closed };

struct device {
  std::string name;
  std::uint64_t clock_fs = 1'000'000; // tCK

  // organisation
  std::uint32_t channels = 1;
  std::uint32_t width_bits = 64; // data lines of a channel
  std::uint32_t ranks = 1;
  std::uint32_t bank_groups = 1;
  std::uint32_t banks_per_group = 8;
  std::uint32_t rows = 65536;
  std::uint32_t columns = 128; // bursts in a row
  std::uint32_t burst_length = 8;

  // command to command
  std::uint32_t cl = 22, cwl = 16;             // read and write to their first data
  std::uint32_t rcd_read = 22, rcd_write = 22; // activate to read, to write
  std::uint32_t rp = 22, ras = 52;             // precharge to activate, activate to precharge
  std::uint32_t rc = 0;                        // activate to activate of a bank; 0: tRAS + tRP
  std::uint32_t rrd_s = 4, rrd_l = 8;          // activate to activate: other group, same group
  std::uint32_t faw = 34;                      // four activates of a rank
  std::uint32_t ccd_s = 4, ccd_l = 8;          // column to column: other group, same group
  std::uint32_t wtr_s = 4, wtr_l = 12;         // end of write data to read
  std::uint32_t wr = 24, rtp = 12;             // write recovery, read to precharge
  std::uint32_t rtrs = 1;                      // data bus from rank to rank, and from read to write
  std::uint32_t ppd = 0;                       // precharge to precharge (LPDDR4)
  std::uint32_t rfc = 560, refi = 12480;       // refresh of a rank: duration, interval
  bool dual_command = false;                   // HBM: a row and a column command in the same clock

  // controller
  std::uint32_t transactions = 32; // read queue, and write buffer
  std::uint32_t bank_queue = 8;    // commands waiting at a bank
  std::uint32_t drain_above = 8;   // writes that start a drain when no command waits; a full buffer always does
  std::uint32_t hit_cap = 4;       // row hits in a row after which an older conflict goes first
  page_policy page = page_policy::open;
  std::string order = "rochrababgco"; // address fields from the most significant: see address_order.hpp

  // supply currents in mA of one device, for the energy of commands (Micron TN-46-03)
  std::uint32_t devices = 8; // of a rank
  double vdd = 1.2, idd0 = 57, idd2n = 37, idd3n = 52, idd4r = 168, idd4w = 150, idd5 = 250;

  std::uint32_t burst_clocks() const { return burst_length / 2; }
  std::uint32_t access_bytes() const { return width_bits / 8 * burst_length; }
  std::uint32_t banks() const { return bank_groups * banks_per_group; } // of a rank
  std::uint64_t capacity() const {                                      // bytes
    return std::uint64_t{channels} * ranks * banks() * rows * columns * access_bytes();
  }

  // Throws bad_device for what no such memory can be.
  void validate() const;
  // Stricter: what no data sheet says, though a controller could be run with it.
  void validate_data_sheet() const;
};

// "NAME.key: value; rule"
struct bad_device : std::invalid_argument {
  bad_device(const std::string& name, std::vector<std::string> involved, const std::string& value, std::string broken)
      : std::invalid_argument(name + "." + involved.front() + ": " + value + "; " + broken),
        keys(std::move(involved)),
        rule(std::move(broken)) {}
  std::vector<std::string> keys; // that the rule is about, the one that breaks it first
  std::string rule;
};

// The numbers of a device under their names in files: one list for readers and for checks of ranges.
struct device_number {
  const char* key;
  std::uint32_t device::*member;
  std::uint32_t low, high;
  bool power_of_two = false;
  bool optional = false; // what a file may leave out: its default then says "none"
};
struct device_current {
  const char* key;
  double device::*member; // mA of one device; VDD in V
};
std::span<const device_number> device_numbers();
std::span<const device_current> device_currents();

} // namespace acf::dram
