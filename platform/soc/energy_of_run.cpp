#include "platform/soc/energy_of_run.hpp"

#include "platform/soc/loss_of_ideal.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>

namespace acf::platform {

namespace {

std::uint64_t count(const block_account& b, std::string_view counter) {
  for (const auto& [name, n] : b.counters)
    if (name == counter) return n;
  return 0;
}

// "TILE(2,1).MATRIX" -> zbcc.engine of that tile
const std::string& engine_of(const config& c, const std::string& block) {
  std::uint32_t x = 0, y = 0;
  const char* const end = block.data() + block.size();
  const auto first = std::from_chars(block.data() + block.find('(') + 1, end, x);
  std::from_chars(first.ptr + 1, end, y);
  return c.engine_of(x, y);
}

// Energy of the commands and of standby that a channel with banks counts while the run is in at; microjoules.
double energy_of_commands(const block_account& b) {
  double pj = 0;
  for (const auto& [name, n] : b.counters)
    if (name.ends_with("_energy_pj")) pj += static_cast<double>(n);
  return pj * 1e-6;
}

// Lanes are as large as the widest products that they have done; of none, as the training's type asks for.
std::string lanes_type(const config& c, const energy_table& table, const mac_counts& done) {
  if (done.empty()) return c.train.dtype;
  return std::max_element(
             done.begin(), done.end(),
             [&](const auto& a, const auto& b) { return table.mac_um2.at(a.first) < table.mac_um2.at(b.first); })
      ->first;
}

mac_counts products_of(const tile::lane_account& last, const tile::lane_account& first) {
  mac_counts out;
  for (std::size_t i = 0; i < last.products.size(); ++i)
    if (const auto n = last.products[i] - first.products[i]) out.emplace(zbcc::multiplier_names[i], n);
  return out;
}

mac_counts products_of(const block_account& b) {
  mac_counts out;
  for (const auto type : zbcc::multiplier_names)
    if (const auto n = count(b, fmt::format("macs_{}", type))) out.emplace(type, n);
  return out;
}

void add(mac_counts& to, const mac_counts& more) {
  for (const auto& [type, n] : more) to[type] += n;
}

// Nothing for blocks that have no price: harts, sequencers, injection ports.
std::optional<energy_parts> price_of(const config& c, const price_list& prices, const block_account& b) {
  events e;
  const bool tile = b.name.starts_with("TILE(");
  if (tile && b.name.ends_with(".MATRIX")) {
    e.macs = products_of(b), e.skipping_cycles = count(b, "lane_slots_skipping_powered");
    e.sram_bytes = count(b, "sram_bytes");
    e.line_buffer_bytes = count(b, "line_buffer_bytes"), e.bank_cache_bytes = count(b, "bank_cache_bytes");
  } else if (tile && b.name.ends_with(".VECTOR")) {
    e.vector_slots = count(b, "lane_slots"), e.sram_bytes = count(b, "sram_bytes");
  } else if (tile && b.name.ends_with(".DMA0")) { // counts for both channels
    const auto read_to_send = count(b, "bytes_sent") - count(b, "bytes_packed") + count(b, "bytes_to_pack");
    e.sram_bytes = count(b, "bytes_loaded") + count(b, "bytes_stored") + read_to_send + count(b, "bytes_summed");
    e.vector_slots = count(b, "additions"); // an adder of REDUCE does in a cycle what a lane of the vector unit does
  } else if (b.name.starts_with("MESH link ")) {
    e.flit_hops = count(b, "flits");
  } else if (b.name.starts_with("DRAM") && (c.timing == "at" || c.changes_timing())) {
    e.dram_bytes = count(b, "bytes_by_calendar"); // in lt, and what the host asks for over the bus
    energy_parts both = prices.of(e, "");
    both.dram += energy_of_commands(b);
    return both;
  } else if (b.name.starts_with("DRAM")) {
    e.dram_bytes = count(b, "bytes_read") + count(b, "bytes_written");
  } else {
    return std::nullopt;
  }
  return prices.of(e, tile ? engine_of(c, b.name) : "");
}

} // namespace

void add_energy(const config& c, const energy_table& table, run_result& result) {
  energy_result out;
  for (const block_account& b : result.blocks) add(out.macs, products_of(b));
  out.node = table.node, out.dtype = lanes_type(c, table, out.macs);
  const price_list prices(c, table, out.dtype);
  for (block_account& b : result.blocks) {
    b.energy = price_of(c, prices, b);
    if (b.energy) out.parts += *b.energy;
  }
  out.area = prices.area();
  auto& f = result.figures;
  f[figure::energy_uj] = out.parts.total();
  f[figure::area_mm2] = out.area.total();
  out.rate =
      efficiency_of(f[figure::macs_executed].value_or(0), f[figure::macs_skipped].value_or(0), out.parts.total());
  for (const auto& [name, steps] : result.extra)
    if (name == "training_steps" && steps > 0) out.uj_per_sample = out.parts.total() / (steps * c.train.batch);
  result.energy = std::move(out);
}

void add_energy_of_phases(const soc& chip, const energy_table& table, const reading& begin, const reading& end,
                          run_result& result) {
  if (!result.energy) return;
  const config& c = chip.configuration();
  const price_list prices(c, table, result.energy->dtype);
  struct share {
    energy_parts parts;
    mac_counts macs;
    double moved = 0;
  };
  std::map<std::uint16_t, share> phases;
  double moved = 0;
  for (std::size_t t = 0; t < chip.tiles.size(); ++t)
    for (const auto& [tag, last] : end.phases[t]) {
      const auto at = begin.phases[t].find(tag);
      const auto first = at == begin.phases[t].end() ? tile::phase_cycles{} : at->second;
      const std::uint64_t bytes = last.moved_bytes - first.moved_bytes;
      events e;
      e.macs = products_of(last.lanes, first.lanes);
      e.skipping_cycles = last.lanes.skipping - first.lanes.skipping;
      e.vector_slots = last.lanes.vector - first.lanes.vector;
      e.sram_bytes = last.lanes.sram_bytes - first.lanes.sram_bytes + bytes;
      e.line_buffer_bytes = last.lanes.from_line_buffer() - first.lanes.from_line_buffer();
      if (c.same.bank_cache_kib != 0) e.bank_cache_bytes = last.lanes.asked_of_cache() - first.lanes.asked_of_cache();
      phases[tag].parts += prices.of(e, c.engine_of(chip.tiles[t]->x(), chip.tiles[t]->y()));
      add(phases[tag].macs, e.macs);
      phases[tag].moved += static_cast<double>(bytes);
      moved += static_cast<double>(bytes);
    }
  for (auto& [tag, p] : phases) {
    const double part = moved > 0 ? p.moved / moved : 0;
    p.parts.mesh = part * result.energy->parts.mesh, p.parts.dram = part * result.energy->parts.dram;
    if (p.parts.total() > 0) result.energy->phases.push_back({name_of_phase(tag), p.parts, p.macs});
  }
}

} // namespace acf::platform
