// The traces that a run was asked for. None of them changes a cycle, and equal runs give equal bytes.
#pragma once

#include "models/cpu/commit_log.hpp"
#include "platform/soc/run.hpp"
#include "platform/soc/soc.hpp"
#include "platform/trace/hart_watchers.hpp"
#include "platform/trace/mmio_trace.hpp"
#include "platform/trace/timeline.hpp"
#include "platform/trace/trace_file.hpp"
#include "platform/trace/waves.hpp"

#include <cstdio>
#include <memory>
#include <optional>

namespace acf::platform {

class traces {
public:
  traces(const run_options& options, soc& chip); // throws input_error if a file cannot be written

  void on_slice(const cpu::cpu_core& core);
  void finish(); // at the end of the run

private:
  hart_watchers watchers_;
  std::optional<trace_file> mmio_file_;
  std::optional<mmio_trace> mmio_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> instructions_file_{nullptr, std::fclose};
  std::optional<cpu::commit_log> instructions_;
  std::optional<timeline> timeline_;
  std::optional<waves> waves_;
};

// Throws input_error for an option that asks for what this version cannot do: nothing is silently left out.
void refuse_unavailable(const run_options& options);

} // namespace acf::platform
