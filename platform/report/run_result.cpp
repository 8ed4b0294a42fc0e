#include "platform/report/run_result.hpp"

#include "platform/report/json.hpp"

namespace acf::platform {

std::string_view name_of(end_reason r) {
  switch (r) {
  case end_reason::finisher: return "finisher";
  case end_reason::tohost: return "tohost";
  case end_reason::semihosting: return "semihosting";
  case end_reason::completed: return "completed";
  case end_reason::unhandled_fault: return "unhandled_fault";
  case end_reason::trap_loop: return "trap_loop";
  case end_reason::watchdog: return "watchdog";
  case end_reason::limit_sim_time: return "limit_sim_time";
  case end_reason::limit_instructions: return "limit_instructions";
  case end_reason::limit_host_time: return "limit_host_time";
  case end_reason::idle_deadlock: return "idle_deadlock";
  case end_reason::interrupted: return "interrupted";
  case end_reason::internal_error: return "internal_error";
  }
  return "unknown";
}

bool ended_by_guest(end_reason r) {
  return r == end_reason::finisher || r == end_reason::tohost || r == end_reason::semihosting ||
         r == end_reason::completed;
}

void attach_twin(run_result& result, const nlohmann::ordered_json& twin_report) {
  twin_result twin{twin_report.at("config"),
                   figures_from_json(twin_report.at("summary")),
                   blocks_from_json(twin_report.at("blocks")),
                   waterfalls_from_json(twin_report.at("waterfalls")),
                   twin_report.value("energy", nlohmann::ordered_json(nullptr)),
                   twin_report.value("curves", nlohmann::ordered_json(nullptr))};
  const auto cycles = result.figures[figure::fabric_cycles];
  const auto dense_cycles = twin.figures[figure::fabric_cycles];
  result.figures[figure::dense_fabric_cycles] = dense_cycles;
  result.figures[figure::dense_test_accuracy_percent] = twin.figures[figure::test_accuracy_percent];
  if (cycles && dense_cycles && *cycles > 0) result.figures[figure::speedup_over_dense] = *dense_cycles / *cycles;
  const auto &busy = result.figures[figure::matrix_busy_cycles], &dense_busy = twin.figures[figure::matrix_busy_cycles];
  result.figures[figure::dense_matrix_busy_cycles] = dense_busy;
  if (busy && dense_busy && *busy > 0) result.figures[figure::matrix_speedup_over_dense] = *dense_busy / *busy;
  // What the machine did instead of it is known now: all products of the dense network.
  if (const auto dense = twin.figures[figure::macs_executed]; dense && result.energy)
    result.energy->rate.gops_per_watt_dense_equivalent =
        efficiency_of(*dense, 0, result.energy->parts.total()).gops_per_watt_executed;
  result.twin = std::move(twin);
}

} // namespace acf::platform
