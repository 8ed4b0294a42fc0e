// Energy and area of a chip, from counts of events and a table. Pure: nothing is measured here, nothing is simulated.
//
//   core   multiply-accumulates done, each at the price of what was multiplied, the logic that skips zeros while it is
//          powered, operations of the vector unit
//   sram   bytes read from and written to a tile's SRAM by the matrix engine, the vector unit and the DMA channels, and
//          those that line buffer and bank cache give the engine
//   mesh   flits times links between routers, 64 bytes each
//   dram   bytes read and written, device and interface
// Not counted: the host (its harts are not part of any of the designs compared), leakage, the clock tree.
#pragma once

#include "platform/config/config.hpp"
#include "platform/energy/table.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace acf::platform {

struct energy_parts { // microjoules
  double core = 0, sram = 0, mesh = 0, dram = 0;
  double total() const { return core + sram + mesh + dram; }
  energy_parts& operator+=(const energy_parts& other);
};

struct area_parts { // mm2 of the fabric
  double core = 0, sram = 0, mesh = 0;
  double skipping = 0; // of `core`: the logic that the dense twin does not have
  double total() const { return core + sram + mesh; }
  double twin() const { return total() - skipping; }
};

using mac_counts = std::map<std::string, std::uint64_t, std::less<>>; // by type: int8, bf16, fp16, fp32

// What happened; any unit may leave fields at 0.
struct events {
  mac_counts macs{};                 // executed
  std::uint64_t skipping_cycles = 0; // cycles x lanes in which the zero-skipping logic was powered
  std::uint64_t vector_slots = 0;    // cycles x lanes in which the vector unit worked
  std::uint64_t sram_bytes = 0;
  std::uint64_t line_buffer_bytes = 0; // read from there
  std::uint64_t bank_cache_bytes = 0;  // asked of it: read, or brought from SRAM and written
  std::uint64_t flit_hops = 0;
  std::uint64_t dram_bytes = 0;
};

// The prices of one configuration.
class price_list {
public:
  // `dtype`: of what lanes are built for (int8, bf16, fp16, fp32). Throws input_error if the table has no price for the
  // preset.
  price_list(const config& c, const energy_table& table, std::string_view dtype);

  energy_parts of(const events& e, std::string_view engine) const;
  // Of the whole fabric, tiles with engines of their own included. With zbcc.skip = none the machines are dense twins,
  // which have no logic to skip zeros.
  area_parts area() const;
  area_parts tile_area(std::string_view engine) const; // of one tile; its mesh part is its router

private:
  const config& c;
  const energy_table& table;
  std::string dtype;
  double sram_byte_pj, line_buffer_byte_pj, bank_cache_byte_pj, dram_byte_pj;
};

// `macs_skipped`: what a dense machine would have done besides. Operations are two per multiply-accumulate. Executed
// work and what a dense machine would have done instead are never mixed: each has its own name.
struct efficiency {
  double gops_per_watt_executed = 0, gops_per_watt_dense_equivalent = 0;
};
efficiency efficiency_of(double macs_executed, double macs_skipped, double energy_uj);

} // namespace acf::platform
