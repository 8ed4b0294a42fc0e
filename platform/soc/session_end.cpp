// How runs end, and what is said then.
#include "platform/soc/diagnosis.hpp"
#include "platform/soc/energy_of_run.hpp"
#include "platform/soc/interruption.hpp"
#include "platform/soc/session.hpp"
#include "platform/soc/tile_error.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace acf::platform {

void session::end(end_reason reason, std::optional<std::int64_t> code, bool guest_failed) {
  if (end_) return;
  end_ = {reason, code, guest_failed};
  ended_at_ = sc_core::sc_time_stamp();
  if (ended_by_guest(reason) || reason == end_reason::unhandled_fault || reason == end_reason::trap_loop)
    ended_at_ = std::max(ended_at_, chip_->harts[chip_->running_hart()]->local_time());
  for (auto& hart : chip_->harts) hart->core().request_stop();
  sc_core::sc_stop();
}

void session::on_finish(hal::finisher::request what, unsigned code) {
  switch (what) {
  case hal::finisher::request::pass: end(end_reason::finisher, 0); break;
  case hal::finisher::request::fail: end(end_reason::finisher, code, true); break;
  case hal::finisher::request::reset:
    for (auto& hart : chip_->harts) hart->reset();
    chip_->reset_peripherals();
    break;
  }
}

bool session::on_hart_stop(cpu::cpu_core& core, const cpu::run_result& r) {
  if (r.why != cpu::stop::trap_loop) return true;
  diagnosis_ = describe_trap_loop(core, program_);
  const auto& hart = core.core();
  const auto handler = hart.mode == cpu::privilege::machine ? hart.mtvec : hart.stvec;
  end(handler == 0 ? end_reason::unhandled_fault : end_reason::trap_loop);
  return false;
}

std::string session::explain_stop(const gdb::stop_event& event) {
  switch (event.why) {
  case gdb::stop_kind::idle:
    return "all harts sleep, and nothing will ever wake one: without a debugger this is the end (idle_deadlock)\n" +
           why_stuck(*chip_, program_) + "\n";
  case gdb::stop_kind::trap_loop: return describe_trap_loop(*chip_->harts[event.hart], program_) + "\n";
  default: return {};
  }
}

void session::tell_debugger_of_end() {
  if (!debugger_) return;
  if (end_->guest_code)
    debugger_->ended(static_cast<int>(*end_->guest_code));
  else
    debugger_->terminated();
}

void session::unordered_doorbell() {
  constexpr unsigned enough = 10; // lines
  if (unordered_doorbells_++ >= enough) return;
  const auto& hart = chip_->harts[chip_->running_hart()]->core();
  spdlog::warn("guest error: hart {} rang a doorbell at {} after stores to ring memory without `fence w,o`: "
               "GLOBAL.IRQ_STATUS.ORDER",
               hart.config().id, describe_address(hart.pc, program_));
}

void session::tile_failed(std::uint32_t tile) {
  constexpr unsigned enough = 4; // notes
  if (tile_errors_++ < enough)
    first_tile_errors_.push_back(
        fmt::format("at {}: {}", sc_core::sc_time_stamp().to_string(), tile_error(*chip_->tiles[tile])));
}

void session::note_guest_errors(run_result& result) const {
  for (const auto& text : first_tile_errors_) result.notes.push_back("guest error " + text);
  if (tile_errors_ > first_tile_errors_.size())
    result.notes.push_back(fmt::format("guest errors: {} of tiles in all", tile_errors_));
  if (unordered_doorbells_ != 0)
    result.notes.push_back(
        fmt::format("guest error: {} doorbells after stores to ring memory without `fence w,o`", unordered_doorbells_));
}

void session::on_slice(const cpu::cpu_core& core) {
  traces_->on_slice(core);
  if (options_.max_instructions) {
    std::uint64_t retired = 0;
    for (const auto& hart : chip_->harts) retired += hart->core().instret;
    if (retired >= *options_.max_instructions) end(end_reason::limit_instructions);
  }
  if (interruption::asked()) end(end_reason::interrupted);
}

void session::explain_end() {
  if (!diagnosis_.empty())
    spdlog::error("{}", diagnosis_);
  else if (end_->failed())
    explain_faults();
  switch (end_->reason) {
  case end_reason::watchdog:
  case end_reason::limit_sim_time:
  case end_reason::limit_instructions:
  case end_reason::limit_host_time:
  case end_reason::idle_deadlock:
  case end_reason::interrupted:
    spdlog::error("the run was stopped: {}", name_of(end_->reason));
    spdlog::error("{}", why_stuck(*chip_, program_));
    break;
  default: break;
  }
  for (const auto& text : tile_errors(*chip_, *submissions_)) spdlog::warn("{}", text);
}

// Firmware that gives up inside a trap handler.
void session::explain_faults() {
  for (auto& hart : chip_->harts)
    if (const auto* fault = hart->core().open_fault()) spdlog::error("{}", describe_fault(*hart, *fault, program_));
}

void session::describe_place(run_end& where) const {
  const auto& hart = chip_->harts[0]->core();
  const bool gave_up = !ended_by_guest(end_->reason) || end_->failed();
  const auto* fault = gave_up ? hart.open_fault() : nullptr;
  const auto pc = fault ? fault->pc : hart.pc;
  where.pc = pc;
  if (!program_) return;
  const auto place = program_->symbols.locate(pc);
  where.function = place.function;
  where.file = place.file;
  where.line = place.line;
}

void session::price(const energy_table& table, run_result& result) const {
  add_energy(config_, table, result);
  add_energy_of_phases(*chip_, table, measurement_->begin(), measurement_->end(), result);
}

void session::fill(run_result& result) {
  result.end.reason = end_->reason;
  result.end.guest_exit_code = end_->guest_code;
  result.end.guest_failed = end_->guest_failed;
  if (!failure_.empty()) result.defects.push_back("internal error: " + failure_);
  result.incomplete.insert(result.incomplete.end(), lost_.begin(), lost_.end());
  describe_place(result.end);
  auto& f = result.figures;
  std::uint64_t retired = 0, cycles = 0;
  for (const auto& hart : chip_->harts) {
    retired += hart->core().instret;
    cycles = std::max<std::uint64_t>(cycles, hart->core().cycle);
  }
  f[figure::instructions_retired] = static_cast<double>(retired);
  f[figure::cpu_cycles] = static_cast<double>(cycles);
  f[figure::simulated_seconds] = std::max(ended_at_, sc_core::sc_time_stamp()).to_seconds();
  measurement_->fill(result);
  note_guest_errors(result);
  if (timing_change_) timing_change_->report(result);
  if (injector_)
    for (auto& note : injector_->notes()) result.notes.push_back(std::move(note));
  result.host.simulation_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

} // namespace acf::platform
