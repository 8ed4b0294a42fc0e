#include "platform/trace/timeline.hpp"

#include "sw_stack/hal/command_names.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {

namespace {

constexpr std::uint32_t host = 1; // process numbers; tiles follow. 0 means something else to viewers
constexpr track fabric_row{host, 100};

const sc_core::sc_time sampling{1, sc_core::SC_US}; // of DRAM counters, at the earliest

constexpr std::string_view phase_name(std::uint32_t marker) {
  return marker == 0 ? "phase: other" : marker == 1 ? "phase: training" : marker == 2 ? "phase: evaluation" : "phase";
}

std::string arguments_of(const sequencer::dispatched& d) {
  auto text = fmt::format(R"("ring":{},"index":{},"tag":{})", d.ring, d.index, d.cmd.tag);
  if (const auto layer = hal::layer_of_tag(d.cmd.tag)) text += fmt::format(R"(,"layer":{})", layer);
  return text;
}

} // namespace

timeline::timeline(const std::filesystem::path& file, soc& chip)
    : chip_(chip), file_("--trace", file), out_(file_.stream()) {
  out_.name_process(host, "host");
  for (const auto& h : chip.harts) add_hart(*h);
  out_.name_thread(fabric_row, "fabric");
  for (auto& t : chip.tiles) {
    add_tile(*t);
    t->observe(*this);
  }
  chip.bridge.observe(*this);
}

void timeline::add_hart(const cpu::cpu_core& core) {
  const auto id = core.core().config().id;
  const track where{host, 1 + id};
  out_.name_thread(where, fmt::format("hart {}", id));
  harts_.emplace(&core, hart_row{where, {}, 0});
}

void timeline::add_tile(const tile::tile& t) {
  const auto process = host + 1 + t.number();
  out_.name_process(process, fmt::format("TILE({},{})", t.x(), t.y()));
  const auto add = [&](const sequencer::unit& unit, std::uint32_t thread, const char* name) {
    const track where{process, thread};
    out_.name_thread(where, name);
    units_.emplace(&unit, unit_row{where, {}, std::nullopt});
  };
  add(t.matrix(), 1, "matrix");
  add(t.vector(), 2, "vector");
  add(t.dma(0), 3, "dma0");
  add(t.dma(1), 4, "dma1");
}

// --- tiles -------------------------------------------------------------------------------------------------------

void timeline::started(const sc_core::sc_module& unit, const sequencer::dispatched& command) {
  auto& row = units_.at(&unit);
  row.since = sc_core::sc_time_stamp();
  row.command = command;
}

void timeline::executed(const sc_core::sc_module& unit, const sequencer::dispatched&, common::cycles,
                        common::cycles end) {
  auto& row = units_.at(&unit);
  command(row, chip_.fabric_clock().time(end), false);
  row.command.reset();
  sample_dram();
}

void timeline::command(const unit_row& row, const sc_core::sc_time& complete, bool unfinished) {
  const auto now = sc_core::sc_time_stamp();
  auto arguments = arguments_of(*row.command);
  if (complete > now) arguments += fmt::format(R"(,"complete_us":{})", microseconds(complete));
  if (unfinished) arguments += R"(,"unfinished":true)";
  const auto phase = hal::phase_of_tag(row.command->cmd.tag);
  out_.complete(row.where, hal::name_of(row.command->op()), phase.empty() ? "untagged" : phase, row.since, now,
                arguments);
}

// --- host --------------------------------------------------------------------------------------------------------

void timeline::doorbell() { out_.instant(fabric_row, "doorbell", sc_core::sc_time_stamp(), ""); }

void timeline::fence() {
  out_.instant(fabric_row, "fence", sc_core::sc_time_stamp(), fmt::format(R"("count":{})", chip_.bridge.fences()));
  sample_dram();
}

void timeline::marker(std::uint32_t phase) {
  out_.instant(fabric_row, phase_name(phase), sc_core::sc_time_stamp(), fmt::format(R"("marker":{})", phase));
}

void timeline::hart_did(hart_row& row, const char* what, const sc_core::sc_time& until) {
  if (until > row.since) out_.complete(row.where, what, "hart", row.since, until, "");
  row.since = std::max(row.since, until);
}

// A slice that ends in wfi has ended when the hart woke.
void timeline::on_slice(const cpu::cpu_core& core) {
  auto& row = harts_.at(&core);
  const auto slept = core.cycles_asleep() - row.slept;
  if (slept == 0) return;
  row.slept = core.cycles_asleep();
  const auto woke = core.local_time();
  const auto asleep = sc_core::sc_time::from_value(slept * 1'000'000 / chip_.configuration().cpu.freq_mhz);
  hart_did(row, "running", woke - asleep);
  hart_did(row, "wfi", woke);
}

void timeline::finish() {
  for (auto& [core, row] : harts_) {
    const auto end = std::max(core->local_time(), sc_core::sc_time_stamp());
    hart_did(row, "running", core->asleep() ? core->local_time() : end);
    hart_did(row, "wfi", end);
  }
  std::map<track, const unit_row*> in_order; // of the trace, not of where units lie in the host's memory
  for (const auto& [unit, row] : units_) in_order.emplace(row.where, &row);
  for (const auto& [where, row] : in_order)
    if (row->command) command(*row, sc_core::sc_time_stamp(), true);
  out_.finish();
  file_.close();
}

void timeline::sample_dram() {
  const auto now = sc_core::sc_time_stamp();
  if (now < sampled_at_ + sampling) return;
  std::uint64_t read = 0, written = 0;
  for (std::uint32_t i = 0; i < chip_.mesh.where().channels(); ++i) {
    const auto c = chip_.dram.counters(i);
    read += c.bytes_read;
    written += c.bytes_written;
  }
  const auto ns = (now - sampled_at_).to_seconds() * 1e9;
  out_.counter(host, "DRAM bytes/ns", sampled_at_,
               fmt::format(R"("read":{:.3f},"written":{:.3f})", static_cast<double>(read - read_) / ns,
                           static_cast<double>(written - written_) / ns));
  sampled_at_ = now;
  read_ = read;
  written_ = written;
}

} // namespace acf::platform
