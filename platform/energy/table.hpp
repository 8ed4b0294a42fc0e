// Energy per event and area per unit of one process node (scenarios/tables/*.yaml).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace acf::platform {

struct energy_table {
  std::string node;
  std::map<std::string, double> mac_pj, mac_um2;           // by int8, bf16, fp16, fp32
  std::map<std::string, double> skipping_pj, skipping_um2; // by engine; per lane and powered cycle, per lane
  std::map<std::string, double> dram_byte_pj;              // by technology
  double vector_op_pj = 0, vector_lane_um2 = 0;
  double sram_at_1_kib_pj = 0, sram_exponent = 0;
  double noc_bit_hop_pj = 0;
  double sram_bit_um2 = 0;

  // Of one byte read from or written to an SRAM of that size.
  double sram_byte_pj(double kib) const;
};

// Throws input_error that names file, line and entry: missing, unknown, or not a number that is not negative.
energy_table read_energy_table(const std::filesystem::path& file);

// What energy.table names: a node's table beside the program, or the file itself.
std::filesystem::path energy_table_file(const std::string& name);

// A table of named numbers, nested names joined by dots: {area_mm2: {cores: 1}} gives "area_mm2.cores". `sources` is
// texts for entries and sections by these names, and no entry itself.
class number_table {
public:
  explicit number_table(const std::filesystem::path& file);
  double operator[](const std::string& name) const; // input_error if there is none
  std::map<std::string, double> section(const std::string& name) const;
  const std::string& text(const std::string& name) const;
  std::vector<std::string> names() const;
  // Of the entry, else of the nearest section around it; empty if the table does not say.
  std::string source(const std::string& name) const;
  void refuse_stray_sources() const; // input_error if there is one of nothing
  [[noreturn]] void complain(const std::string& name, const std::string& what) const; // with the entry's line

private:
  struct entry {
    int line;
    std::string text;
    std::optional<double> number;
  };
  void read_sources(); // out of the entries

  std::filesystem::path file;
  std::map<std::string, entry> entries, sources;
  std::map<std::string, int> section_lines; // of the names that hold others
};

} // namespace acf::platform
