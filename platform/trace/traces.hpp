// The traces that a run was asked for. None of them changes a cycle, and equal runs give equal bytes.
#pragma once

#include "models/cpu/commit_log.hpp"
#include "platform/soc/run.hpp"
#include "platform/soc/soc.hpp"
#include "platform/trace/activity_log.hpp"
#include "platform/trace/hart_watchers.hpp"
#include "platform/trace/instruction_counts.hpp"
#include "platform/trace/mmio_trace.hpp"
#include "platform/trace/timeline.hpp"
#include "platform/trace/trace_file.hpp"
#include "platform/trace/waves.hpp"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace acf::platform {

class traces {
public:
  // Throws input_error if a file cannot be written. `program` may be null.
  traces(const run_options& options, soc& chip, const program* program);

  void on_slice(const cpu::cpu_core& core);
  // At the end of the run. Returns what could not be written, a line for each file.
  std::vector<std::string> finish();

private:
  void finish_instructions();

  const program* program_;
  std::filesystem::path instructions_name_;
  hart_watchers watchers_;
  activity_log log_;
  std::optional<trace_file> mmio_file_;
  std::optional<mmio_trace> mmio_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> instructions_file_{nullptr, std::fclose};
  std::optional<cpu::commit_log> instructions_;
  std::optional<trace_file> profile_file_, coverage_file_;
  std::optional<instruction_counts> counts_;
  std::optional<timeline> timeline_;
  std::optional<waves> waves_;
};

} // namespace acf::platform
