#include "platform/energy/account.hpp"

#include "platform/config/dram_preset.hpp"
#include "platform/config/input_error.hpp"

#include <fmt/format.h>

namespace acf::platform {
namespace {

constexpr double uj_per_pj = 1e-6, mm2_per_um2 = 1e-6;
constexpr double flit_bits = 64 * 8;
constexpr double banks = 16;       // of a tile's SRAM; an access reads or writes one of them
constexpr double router_ports = 5; // four neighbours and the tile
constexpr double classes = 2;      // of messages, each with its virtual channels
// A line of a bank cache has a bit for each of its 16 bytes and a tag of up to 16 bits beside them. The tag is looked
// up first, so that one way is read.
constexpr double with_tag = (128.0 + 16 + 16) / 128;

double price(const std::map<std::string, double>& list, std::string_view name) {
  const auto at = list.find(std::string{name});
  return at == list.end() ? 0 : at->second;
}

} // namespace

energy_parts& energy_parts::operator+=(const energy_parts& other) {
  core += other.core, sram += other.sram, mesh += other.mesh, dram += other.dram;
  return *this;
}

price_list::price_list(const config& configuration, const energy_table& prices, std::string_view type)
    : c(configuration),
      table(prices),
      dtype(type),
      sram_byte_pj(prices.sram_byte_pj(configuration.same.sram_kib / banks)),
      line_buffer_byte_pj(prices.sram_byte_pj(configuration.same.line_buffer_kib)),
      bank_cache_byte_pj(with_tag * prices.sram_byte_pj(configuration.same.bank_cache_kib / banks)),
      dram_byte_pj(price(prices.dram_byte_pj, dram_preset_of(configuration.dram.preset).technology)) {
  if (dram_byte_pj == 0)
    throw input_error{fmt::format("energy table {}: expected 'energy_pj.dram_byte.{}', the technology of dram.preset",
                                  prices.node, dram_preset_of(c.dram.preset).technology)};
}

energy_parts price_list::of(const events& e, std::string_view engine) const {
  energy_parts out;
  double products = 0;
  for (const auto& [type, n] : e.macs) products += static_cast<double>(n) * table.mac_pj.at(type);
  out.core = uj_per_pj * (products + static_cast<double>(e.skipping_cycles) * price(table.skipping_pj, engine) +
                          static_cast<double>(e.vector_slots) * table.vector_op_pj);
  out.sram = uj_per_pj * static_cast<double>(e.sram_bytes) * sram_byte_pj;
  out.sram += uj_per_pj * (static_cast<double>(e.line_buffer_bytes) * line_buffer_byte_pj +
                           static_cast<double>(e.bank_cache_bytes) * bank_cache_byte_pj);
  out.mesh = uj_per_pj * static_cast<double>(e.flit_hops) * flit_bits * table.noc_bit_hop_pj;
  out.dram = uj_per_pj * static_cast<double>(e.dram_bytes) * dram_byte_pj;
  return out;
}

area_parts price_list::tile_area(std::string_view engine) const {
  area_parts out;
  if (c.zbcc.skip != "none") out.skipping = mm2_per_um2 * c.zbcc.lanes * price(table.skipping_um2, engine);
  out.core =
      mm2_per_um2 * (c.zbcc.lanes * table.mac_um2.at(dtype) + c.vector.lanes * table.vector_lane_um2) + out.skipping;
  const double kib = c.same.sram_kib + c.same.line_buffer_kib + with_tag * c.same.bank_cache_kib;
  out.sram = mm2_per_um2 * kib * 1024 * 8 * table.sram_bit_um2;
  out.mesh = mm2_per_um2 * router_ports * classes * c.mesh.virtual_channels * c.mesh.buffer_flits * flit_bits *
             table.sram_bit_um2;
  return out;
}

area_parts price_list::area() const {
  area_parts out;
  for (std::uint32_t y = 0; y < c.mesh.height; ++y)
    for (std::uint32_t x = 0; x < c.mesh.width; ++x) {
      const area_parts one = tile_area(c.engine_of(x, y));
      out.core += one.core, out.sram += one.sram, out.mesh += one.mesh, out.skipping += one.skipping;
    }
  return out;
}

efficiency efficiency_of(double macs_executed, double macs_skipped, double energy_uj) {
  if (energy_uj <= 0) return {};
  constexpr double operations_per_mac = 2, gops_per_watt = 1e-9 / 1e-6; // operations per microjoule
  const auto rate = [&](double macs) { return operations_per_mac * macs / energy_uj * gops_per_watt; };
  return {rate(macs_executed), rate(macs_executed + macs_skipped)};
}

} // namespace acf::platform
