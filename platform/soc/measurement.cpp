#include "platform/soc/measurement.hpp"

#include "platform/soc/loss_of_ideal.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

namespace acf::platform {

using common::activity_kind;
using common::activity_totals;

namespace {

constexpr std::array<const char*, reading::units> unit_names{"SEQUENCER", "DMA0", "DMA1", "MATRIX", "VECTOR"};
constexpr std::size_t matrix_unit = 3, vector_unit = 4;
constexpr std::size_t busy_index = static_cast<std::size_t>(activity_kind::busy);

activity_totals difference(const activity_totals& a, const activity_totals& b) {
  activity_totals d;
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = a[i] - b[i];
  return d;
}

// What commands and banks add to a channel's account: why its data bus was not busy, row hits, latencies, energy.
void add_banks(const dram::bank_counters& first, const dram::bank_counters& last, block_account& b) {
  auto idle = b.cycles - b.busy;
  b.stalls.clear();
  const auto stall = [&](const char* name, std::uint64_t cycles) {
    const auto part = std::min(idle, cycles); // commands also wait while data of earlier ones are on the bus
    b.stalls.emplace_back(name, part);
    idle -= part;
  };
  stall("row conflict", last.row_waits - first.row_waits);
  stall("column", last.column_waits - first.column_waits);
  stall("refresh", last.refresh_waits - first.refresh_waits);
  b.stalls.emplace_back("idle", idle);
  const auto add = [&](std::string name, std::uint64_t n) { b.counters.emplace_back(std::move(name), n); };
  add("row_hits", last.row_hits - first.row_hits);
  add("bursts_read", last.reads - first.reads);
  add("bursts_written", last.writes - first.writes);
  add("activates", last.activates - first.activates);
  add("refreshes", last.refreshes - first.refreshes);
  const auto energy = [&](const char* name, double from, double until) {
    add(fmt::format("{}_energy_pj", name), static_cast<std::uint64_t>(std::llround(until - from)));
  };
  energy("activate", first.activate_pj, last.activate_pj);
  energy("read", first.read_pj, last.read_pj);
  energy("write", first.write_pj, last.write_pj);
  energy("refresh", first.refresh_pj, last.refresh_pj);
  energy("standby", first.standby_pj, last.standby_pj);
  for (std::size_t i = 0; i < dram::bank_counters::latencies; ++i) {
    const auto range = i + 1 < dram::bank_counters::latencies ? fmt::format("under_{}_ns", 32u << i) : "longer";
    if (const auto n = last.read_latency[i] - first.read_latency[i]) add("reads_" + range, n);
    if (const auto n = last.write_latency[i] - first.write_latency[i]) add("writes_" + range, n);
  }
}

} // namespace

measurement::measurement(soc& chip) : chip_(chip) {
  chip.bridge.observe(*this);
  for (auto& t : chip.tiles) t->observe_matrix(*this);
  start_ = read();
}

reading measurement::read() const {
  reading r;
  r.at = chip_.fabric_clock().now();
  for (const auto& t : chip_.tiles) {
    r.activity.push_back({t->control().activity_totals(), t->dma(0).activity_totals(), t->dma(1).activity_totals(),
                          t->matrix().activity_totals(), t->vector().activity_totals()});
    r.lanes.push_back(t->matrix().lanes());
    r.vectors.push_back(t->vector().lanes());
    r.phases.push_back(t->phases());
    r.bytes.push_back({t->dma(0).bytes_loaded() + t->dma(1).bytes_loaded(),
                       t->dma(0).bytes_stored() + t->dma(1).bytes_stored(),
                       t->dma(0).bytes_sent() + t->dma(1).bytes_sent()});
  }
  r.links = chip_.mesh.snapshot();
  r.mesh = chip_.mesh.counters();
  for (std::uint32_t i = 0; i < chip_.mesh.where().channels(); ++i) r.channels.push_back(chip_.dram.counters(i));
  r.matrix_union = busy_union_ + (matrices_busy_ ? r.at - busy_since_ : 0);
  for (const auto& h : chip_.harts) r.float_instructions += h->core().float_instret;
  return r;
}

measurement::window* measurement::open_window() {
  enum { training = 1, evaluation = 2 }; // GLOBAL.MARKER
  return marker_ == training ? &training_ : marker_ == evaluation ? &evaluation_ : nullptr;
}

void measurement::doorbell() {
  if (auto* w = open_window(); w && !w->begin) w->begin = read();
}

void measurement::fence() {
  if (auto* w = open_window(); w && w->begin) w->end = read();
}

void measurement::tile_failed(std::uint32_t tile) {
  if (!failed_tile_) failed_tile_ = tile;
}

void measurement::started(const sc_core::sc_module&, const sequencer::dispatched&) {
  if (matrices_busy_++ == 0) busy_since_ = chip_.fabric_clock().now();
}

void measurement::executed(const sc_core::sc_module&, const sequencer::dispatched&, common::cycles, common::cycles) {
  if (--matrices_busy_ == 0) busy_union_ += chip_.fabric_clock().now() - busy_since_;
}

void measurement::finish() { finish_ = read(); }

void measurement::fill(run_result& result) const {
  auto& f = result.figures;
  std::uint64_t executed = 0, skipped = 0, dram_bytes = 0;
  for (std::size_t t = 0; t < chip_.tiles.size(); ++t) {
    executed += end().lanes[t].executed - begin().lanes[t].executed;
    skipped += end().lanes[t].skipped - begin().lanes[t].skipped;
  }
  for (std::size_t c = 0; c < end().channels.size(); ++c)
    dram_bytes += end().channels[c].bytes_read + end().channels[c].bytes_written - begin().channels[c].bytes_read -
                  begin().channels[c].bytes_written;
  if (trained()) f[figure::fabric_cycles] = static_cast<double>(window_cycles());
  f[figure::compute_cycles] = static_cast<double>(end().matrix_union - begin().matrix_union);
  f[figure::macs_executed] = static_cast<double>(executed);
  f[figure::macs_skipped] = static_cast<double>(skipped);
  f[figure::macs_total] = static_cast<double>(executed + skipped);
  f[figure::dram_bytes] = static_cast<double>(dram_bytes);
  f[figure::noc_flit_hops] = static_cast<double>(end().mesh.flit_hops - begin().mesh.flit_hops);
  add_harts(result);
  add_tiles(result);
  add_mesh_and_dram(result);
  const auto add_waterfalls = [&](const window& w, const std::string& name, bool with_phases) {
    if (!w.end) return;
    auto list = make_waterfalls(chip_, *w.begin, *w.end, name);
    if (!with_phases) list.resize(1);
    std::move(list.begin(), list.end(), std::back_inserter(result.waterfalls));
  };
  add_waterfalls(training_, "training", true);
  add_waterfalls(evaluation_, "evaluation after training", false);
  if (chip_.mesh.config().flits) return add_worst(result);
  for (const auto& link : chip_.mesh.busier_than(0.7, begin().links, end().links))
    result.notes.push_back(
        fmt::format("lt is optimistic here: {} is {:.0f} % busy", link.name, 100 * link.utilisation));
}

// Where packets waited longest, by name.
void measurement::add_worst(run_result& result) const {
  std::uint32_t link = 0;
  const auto waited = [&](std::uint32_t i) {
    return end().links.resources[i].waited - begin().links.resources[i].waited;
  };
  for (std::uint32_t i = 0; i < chip_.mesh.resources(); ++i)
    if (waited(i) > waited(link)) link = i;
  if (waited(link) > 0)
    result.notes.push_back(fmt::format("flits waited longest for {}: {} cycles of {}, one count for each that waits",
                                       chip_.mesh.resource_name(link), waited(link), window_cycles()));
  std::size_t channel = 0;
  const auto rows = [&](std::size_t c) {
    return end().channels[c].banks.row_waits - begin().channels[c].banks.row_waits;
  };
  for (std::size_t c = 0; c < end().channels.size(); ++c)
    if (rows(c) > rows(channel)) channel = c;
  if (rows(channel) > 0)
    result.notes.push_back(fmt::format("DRAM commands waited longest for a row conflict, channel {}: {} cycles of {}",
                                       channel, rows(channel), window_cycles()));
}

void measurement::add_harts(run_result& result) const {
  for (std::size_t h = 0; h < chip_.harts.size(); ++h) {
    const auto& hart = *chip_.harts[h];
    block_account b;
    b.name = fmt::format("HART{}", h);
    b.cycles = hart.core().cycle;
    const auto slept = std::min<std::uint64_t>(hart.cycles_asleep(), b.cycles);
    b.busy = b.cycles - slept;
    b.stalls = {{"wfi", slept}};
    b.counters = {{"instructions_retired", hart.core().instret}, {"float_instructions", hart.core().float_instret}};
    if (h == 0) b.counters.emplace_back("float_instructions_in_window", float_instructions());
    result.blocks.push_back(std::move(b));
  }
}

void measurement::add_tiles(run_result& result) const {
  for (std::size_t t = 0; t < chip_.tiles.size(); ++t)
    for (std::size_t u = 0; u < reading::units; ++u) {
      const auto spent = difference(end().activity[t][u], begin().activity[t][u]);
      block_account b;
      b.name = fmt::format("TILE({},{}).{}", chip_.tiles[t]->x(), chip_.tiles[t]->y(), unit_names[u]);
      b.cycles = window_cycles();
      b.busy = spent[busy_index];
      for (std::size_t k = 0; k < spent.size(); ++k)
        if (k != busy_index && spent[k]) b.stalls.emplace_back(common::activity_names[k], spent[k]);
      if (u == matrix_unit) {
        const auto &last = end().lanes[t], &first = begin().lanes[t];
        b.counters = {{"macs_executed", last.executed - first.executed},
                      {"macs_skipped", last.skipped - first.skipped}};
        for (std::size_t i = 0; i < last.idle.size(); ++i)
          b.counters.emplace_back(fmt::format("lane_slots_{}", zbcc::stall_names[i]), last.idle[i] - first.idle[i]);
        b.counters.emplace_back("lane_slots_skipping_powered", last.skipping - first.skipping);
        b.counters.emplace_back("sram_bytes", last.sram_bytes - first.sram_bytes);
      } else if (u == vector_unit) {
        const auto &last = end().vectors[t], &first = begin().vectors[t];
        b.counters = {{"lane_slots", last.vector - first.vector}, {"sram_bytes", last.sram_bytes - first.sram_bytes}};
      } else if (u == 1) {
        static constexpr std::array names{"bytes_loaded", "bytes_stored", "bytes_sent"};
        for (std::size_t i = 0; i < names.size(); ++i)
          b.counters.emplace_back(names[i], end().bytes[t][i] - begin().bytes[t][i]);
      }
      result.blocks.push_back(std::move(b));
    }
}

void measurement::add_mesh_and_dram(run_result& result) const {
  const auto add = [&](std::string name, std::uint64_t busy, named_counts counters) {
    block_account b;
    b.name = std::move(name);
    b.cycles = window_cycles();
    b.busy = std::min<std::uint64_t>(busy, b.cycles);
    b.stalls = {{"idle", b.cycles - b.busy}};
    b.counters = std::move(counters);
    result.blocks.push_back(std::move(b));
  };
  for (std::uint32_t i = 0; i < chip_.mesh.resources(); ++i) {
    const auto name = chip_.mesh.resource_name(i);
    if (name.empty()) continue;
    const auto &last = end().links.resources[i], &first = begin().links.resources[i];
    add("MESH " + name, last.busy - first.busy,
        {{"flits", last.flits - first.flits}, {"waited_cycles", last.waited - first.waited}});
  }
  for (std::size_t c = 0; c < end().channels.size(); ++c) {
    const auto &last = end().channels[c], &first = begin().channels[c];
    add(fmt::format("DRAM{}", c), last.busy - first.busy,
        {{"bytes_read", last.bytes_read - first.bytes_read},
         {"bytes_written", last.bytes_written - first.bytes_written},
         {"waited_cycles", last.waited - first.waited}});
    if (chip_.dram.banks()) add_banks(first.banks, last.banks, result.blocks.back());
  }
}

} // namespace acf::platform
