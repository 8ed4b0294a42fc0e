#include "platform/trace/traces.hpp"

#include "platform/config/input_error.hpp"
#include "platform/report/output_error.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace acf::platform {

traces::traces(const run_options& options, soc& chip, const program* program) : program_(program), log_(chip) {
  if (log_.wants_traps()) watchers_.add(log_);
  if (options.trace_mmio) {
    mmio_file_.emplace("--trace-mmio", *options.trace_mmio);
    mmio_.emplace(mmio_file_->stream(), chip.bus, [&chip](unsigned hart) { return chip.harts[hart]->local_time(); });
    chip.bridge.observe_registers(&*mmio_);
    for (auto* bank : chip.peripheral_registers) bank->observe(&*mmio_);
    watchers_.add(*mmio_);
  }
  if (options.trace_insn) {
    instructions_name_ = *options.trace_insn;
    instructions_file_.reset(std::fopen(options.trace_insn->c_str(), "w"));
    if (!instructions_file_)
      throw input_error{fmt::format("--trace-insn: cannot write {}", options.trace_insn->string())};
    instructions_.emplace(instructions_file_.get());
    watchers_.add(*instructions_);
  }
  if (options.profile) profile_file_.emplace("--profile", *options.profile);
  if (options.coverage) {
    if (!program || program->symbols.lines().empty())
      throw input_error{"--coverage: expected firmware that was compiled with -g: it has no lines"};
    coverage_file_.emplace("--coverage", *options.coverage);
  }
  if (profile_file_ || coverage_file_) watchers_.add(counts_.emplace(chip));
  if (options.trace) timeline_.emplace(*options.trace, chip);
  if (options.vcd) waves_.emplace(*options.vcd, chip);
  if (!watchers_.empty())
    for (auto& hart : chip.harts) hart->core().watch(&watchers_);
}

void traces::on_slice(const cpu::cpu_core& core) {
  if (timeline_) timeline_->on_slice(core);
}

void traces::finish_instructions() {
  errno = 0;
  instructions_.reset(); // which writes what it holds
  const bool failed = std::ferror(instructions_file_.get()) != 0;
  const int reason = errno;
  const bool closed = std::fclose(instructions_file_.release()) == 0;
  if (failed || !closed)
    throw output_error{fmt::format("--trace-insn: {}", instructions_name_.string()), failed ? reason : errno};
}

std::vector<std::string> traces::finish() {
  std::vector<std::string> lost;
  const auto attempt = [&lost](const auto& what) {
    try {
      what();
    } catch (const std::exception& error) {
      lost.emplace_back(error.what());
    }
  };
  if (timeline_) attempt([&] { timeline_->finish(); });
  if (waves_) attempt([&] { waves_->finish(); });
  if (profile_file_) write_profile(profile_file_->stream(), *counts_, program_);
  if (coverage_file_) write_coverage(coverage_file_->stream(), *counts_, *program_);
  for (auto* file : {&mmio_file_, &profile_file_, &coverage_file_})
    if (*file) attempt([&] { (*file)->close(); });
  if (instructions_) attempt([&] { finish_instructions(); });
  return lost;
}

} // namespace acf::platform
