#include "platform/soc/measurement.hpp"

#include "platform/soc/loss_of_ideal.hpp"
#include "platform/soc/traffic_of_run.hpp"

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
    r.results.push_back(t->matrix().results());
    r.vectors.push_back(t->vector().lanes());
    r.phases.push_back(t->phases());
    r.bytes.push_back(
        {t->dma(0).bytes_loaded() + t->dma(1).bytes_loaded(), t->dma(0).bytes_stored() + t->dma(1).bytes_stored(),
         t->dma(0).bytes_sent() + t->dma(1).bytes_sent(), t->dma(0).bytes_to_pack() + t->dma(1).bytes_to_pack(),
         t->dma(0).bytes_packed() + t->dma(1).bytes_packed(), t->dma(0).bytes_summed() + t->dma(1).bytes_summed(),
         t->dma(0).additions() + t->dma(1).additions()});
    r.sram_bytes.push_back(t->memory().bytes_moved());
  }
  r.bus = chip_.bus.usage();
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
  auto* w = open_window();
  if (!w || w->begin) return;
  w->begin = read();
  if (w != &training_) return;
  chip_.mesh.restart_use();
  chip_.dram.bytes_over_time.restart(w->begin->at);
}

void measurement::fence() {
  if (auto* w = open_window(); w && w->begin) w->end = read();
}

void measurement::started(const sc_core::sc_module&, const sequencer::dispatched&) {
  if (matrices_busy_++ == 0) busy_since_ = chip_.fabric_clock().now();
}

void measurement::executed(const sc_core::sc_module&, const sequencer::dispatched&, common::cycles, common::cycles) {
  if (--matrices_busy_ == 0) busy_union_ += chip_.fabric_clock().now() - busy_since_;
}

void measurement::finish() { finish_ = read(); }

std::uint64_t measurement::products_of_phase(std::uint16_t phase) const {
  std::uint64_t sum = 0;
  for (std::size_t t = 0; t < chip_.tiles.size(); ++t)
    for (const auto& [when, sign] : {std::pair{&end(), 1}, std::pair{&begin(), -1}})
      for (const auto& [tag, account] : when->phases[t])
        if ((tag & 0xFF00) == phase) sum += sign * (account.lanes.executed + account.lanes.skipped);
  return sum;
}

void measurement::fill(run_result& result) const {
  auto& f = result.figures;
  std::uint64_t executed = 0, skipped = 0, busy = 0, dram_bytes = 0;
  for (std::size_t t = 0; t < chip_.tiles.size(); ++t) {
    executed += end().lanes[t].executed - begin().lanes[t].executed;
    skipped += end().lanes[t].skipped - begin().lanes[t].skipped;
    busy += difference(end().activity[t][matrix_unit], begin().activity[t][matrix_unit])[busy_index];
  }
  for (std::size_t c = 0; c < end().channels.size(); ++c)
    dram_bytes += end().channels[c].bytes_read + end().channels[c].bytes_written - begin().channels[c].bytes_read -
                  begin().channels[c].bytes_written;
  if (trained()) f[figure::fabric_cycles] = static_cast<double>(window_cycles());
  f[figure::compute_cycles] = static_cast<double>(end().matrix_union - begin().matrix_union);
  f[figure::matrix_busy_cycles] = static_cast<double>(busy) / static_cast<double>(chip_.tiles.size());
  f[figure::macs_executed] = static_cast<double>(executed);
  f[figure::macs_skipped] = static_cast<double>(skipped);
  f[figure::macs_total] = static_cast<double>(executed + skipped);
  f[figure::dram_bytes] = static_cast<double>(dram_bytes);
  f[figure::noc_flit_hops] = static_cast<double>(end().mesh.flit_hops - begin().mesh.flit_hops);
  add_harts(result);
  add_tiles(result);
  add_mesh_and_dram(result);
  add_bus(result);
  result.traffic = traffic_between(chip_, begin(), end());
  std::vector<std::uint32_t> lanes;
  for (const auto& t : chip_.tiles) lanes.push_back(t->matrix().lane_count());
  const auto add_waterfalls = [&](const window& w, const std::string& name, bool with_phases) {
    if (!w.end) return;
    auto list = make_waterfalls(lanes, *w.begin, *w.end, name);
    if (!with_phases) list.resize(1);
    std::move(list.begin(), list.end(), std::back_inserter(result.waterfalls));
  };
  add_waterfalls(training_, "training", true);
  add_waterfalls(evaluation_, "evaluation after training", false);
  if (chip_.dram.banks()) note_worst(result);
  if (!chip_.mesh.config().flits && !chip_.mesh.config().switchable) note_crowded(result);
}

// Where calendars hide what queues, banks and ports would do.
void measurement::note_crowded(run_result& result) const {
  constexpr double limit = 0.7;
  using use = std::pair<std::string, double>;
  const double cycles = std::max(1.0, static_cast<double>(window_cycles()));
  const auto note = [&](const std::string& what, std::size_t all, std::vector<use> busy) {
    constexpr std::size_t shown = 3;
    if (busy.empty()) return;
    std::stable_sort(busy.begin(), busy.end(), [](const use& a, const use& b) { return a.second > b.second; });
    std::string names;
    for (std::size_t i = 0; i < std::min(busy.size(), shown); ++i)
      names += fmt::format("{}{} {:.0f} %", i ? ", " : "", busy[i].first, 100 * busy[i].second);
    if (busy.size() > shown) names += fmt::format(" and {} more", busy.size() - shown);
    result.notes.push_back(fmt::format("lt is optimistic here: {} of {} {} are busy for more than {:.0f} %: {}",
                                       busy.size(), all, what, 100 * limit, names));
  };
  std::vector<use> links, channels, srams;
  for (const auto& l : chip_.mesh.busier_than(limit, begin().links, end().links))
    links.emplace_back(l.name, l.utilisation);
  std::size_t resources = 0;
  for (std::uint32_t i = 0; i < chip_.mesh.resources(); ++i) resources += !chip_.mesh.resource_name(i).empty();
  for (std::size_t c = 0; c < end().channels.size(); ++c)
    if (const auto u = static_cast<double>(end().channels[c].busy - begin().channels[c].busy) / cycles; u > limit)
      channels.emplace_back(fmt::format("DRAM{}", c), u);
  for (std::size_t t = 0; t < chip_.tiles.size(); ++t) {
    const auto bytes = static_cast<double>(end().sram_bytes[t] - begin().sram_bytes[t]);
    if (const auto u = bytes / chip_.tiles[t]->sram_bytes_per_cycle() / cycles; u > limit)
      srams.emplace_back(fmt::format("TILE({},{}).SRAM", chip_.tiles[t]->x(), chip_.tiles[t]->y()), u);
  }
  note("links and network interfaces", resources, links);
  note("DRAM channels", end().channels.size(), channels);
  note("SRAMs", chip_.tiles.size(), srams);
}

// Where packets waited longest, by name.
void measurement::note_worst(run_result& result) const {
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

// The whole run: cycles by the clock, the rest by the hart.
void measurement::add_harts(run_result& result) const {
  for (std::size_t h = 0; h < chip_.harts.size(); ++h) {
    const auto& hart = *chip_.harts[h];
    const auto spent = hart.account();
    block_account b;
    b.name = fmt::format("HART{}", h);
    b.cycles = hart.edges();
    b.busy = spent.executed;
    b.stalls = {{"wfi", spent.asleep}, {"bus", spent.bus}};
    if (spent.halted) b.stalls.emplace_back("halted", spent.halted);
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
        for (std::size_t i = 0; i < last.products.size(); ++i)
          if (const auto n = last.products[i] - first.products[i])
            b.counters.emplace_back(fmt::format("macs_{}", zbcc::multiplier_names[i]), n);
        for (std::size_t i = 0; i < last.idle.size(); ++i)
          b.counters.emplace_back(fmt::format("lane_slots_{}", zbcc::stall_names[i]), last.idle[i] - first.idle[i]);
        const auto zeros = [&](const char* name, const zbcc::zero_count& to, const zbcc::zero_count& from) {
          b.counters.emplace_back(fmt::format("{}_elements", name), to.elements - from.elements);
          b.counters.emplace_back(fmt::format("{}_non_zeros", name), to.non_zeros - from.non_zeros);
        };
        zeros("operand_a", last.a, first.a);
        zeros("operand_b", last.b, first.b);
        zeros("result", end().results[t], begin().results[t]);
        b.counters.emplace_back("lane_slots_skipping_powered", last.skipping - first.skipping);
        b.counters.emplace_back("sram_bytes", last.sram_bytes - first.sram_bytes);
        const auto& same = chip_.configuration().same;
        if (same.line_buffer_kib != 0)
          b.counters.emplace_back("line_buffer_bytes", last.from_line_buffer() - first.from_line_buffer());
        if (same.bank_cache_kib != 0)
          b.counters.emplace_back("bank_cache_bytes", last.asked_of_cache() - first.asked_of_cache());
      } else if (u == vector_unit) {
        const auto &last = end().vectors[t], &first = begin().vectors[t];
        b.counters = {{"lane_slots", last.vector - first.vector}, {"sram_bytes", last.sram_bytes - first.sram_bytes}};
      } else if (u == 1) {
        static constexpr std::array names{"bytes_loaded", "bytes_stored", "bytes_sent", "bytes_to_pack",
                                          "bytes_packed", "bytes_summed", "additions"};
        for (std::size_t i = 0; i < names.size(); ++i)
          b.counters.emplace_back(names[i], end().bytes[t][i] - begin().bytes[t][i]);
      }
      result.blocks.push_back(std::move(b));
    }
}

block_account measurement::resource(std::string name, std::uint64_t busy, named_counts counters) const {
  block_account b;
  b.name = std::move(name);
  b.cycles = window_cycles();
  b.busy = busy;
  // The window does not begin and end with a cycle of every clock. A resource that is busier than that is in two places
  // at once, which the report's checks find.
  constexpr std::uint64_t rounding = 2;
  if (busy > b.cycles && busy - b.cycles <= rounding) b.busy = b.cycles;
  b.stalls = {{"idle", b.cycles - std::min(b.busy, b.cycles)}};
  b.counters = std::move(counters);
  return b;
}

void measurement::add_mesh_and_dram(run_result& result) const {
  for (std::uint32_t i = 0; i < chip_.mesh.resources(); ++i) {
    const auto name = chip_.mesh.resource_name(i);
    if (name.empty()) continue;
    const auto &last = end().links.resources[i], &first = begin().links.resources[i];
    result.blocks.push_back(
        resource("MESH " + name, last.busy - first.busy,
                 {{"flits", last.flits - first.flits}, {"waited_cycles", last.waited - first.waited}}));
  }
  for (std::size_t c = 0; c < end().channels.size(); ++c) {
    const auto &last = end().channels[c], &first = begin().channels[c];
    result.blocks.push_back(resource(fmt::format("DRAM{}", c), last.busy - first.busy,
                                     {{"bytes_read", last.bytes_read - first.bytes_read},
                                      {"bytes_written", last.bytes_written - first.bytes_written},
                                      {"waited_cycles", last.waited - first.waited}}));
    if (!chip_.dram.banks()) continue;
    result.blocks.back().counters.emplace_back("bytes_by_calendar", last.by_calendar - first.by_calendar);
    add_banks(first.banks, last.banks, result.blocks.back());
  }
}

// In cycles of the fabric, as everything in the window.
void measurement::add_bus(run_result& result) const {
  const auto period = chip_.fabric_clock().period().value();
  for (std::size_t i = 0; i < end().bus.size(); ++i) {
    const auto &last = end().bus[i], &first = begin().bus[i];
    result.blocks.push_back(resource(
        "BUS " + last.name, (last.busy - first.busy) / period,
        {{"accesses", last.accesses - first.accesses}, {"waited_cycles", (last.waited - first.waited) / period}}));
  }
}

} // namespace acf::platform
