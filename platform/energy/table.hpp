// Energy per event and area per unit of one process node (scenarios/tables/*.yaml).
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace acf::platform {

struct energy_table {
  std::string node;
  std::map<std::string, double> mac_pj, mac_um2; // by int8, bf16, fp16, fp32
  std::map<std::string, double> dram_byte_pj;    // by preset
  double sram_at_1_kib_pj = 0, sram_exponent = 0;
  double noc_bit_hop_pj = 0;
  double sram_bit_um2 = 0;

  // Of one byte read from or written to an SRAM of that size.
  double sram_byte_pj(double kib) const;
};

// Throws input_error that names the file and the entry that is missing, unknown or no number.
energy_table read_energy_table(const std::filesystem::path& file);

// A table of named numbers, nested names joined by dots: {area_mm2: {cores: 1}} gives "area_mm2.cores".
class number_table {
public:
  explicit number_table(const std::filesystem::path& file);
  double operator[](const std::string& name) const; // input_error if there is none
  std::map<std::string, double> section(const std::string& name) const;
  const std::string& text(const std::string& name) const;

private:
  std::filesystem::path file;
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
};

} // namespace acf::platform
