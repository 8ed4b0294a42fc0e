#include "platform/trace/traces.hpp"

#include "platform/config/input_error.hpp"

#include <fmt/format.h>
#include <utility>

namespace acf::platform {

traces::traces(const run_options& options, soc& chip) {
  if (options.trace_mmio) {
    mmio_file_.emplace("--trace-mmio", *options.trace_mmio);
    mmio_.emplace(mmio_file_->stream(), chip.bus, [&chip](unsigned hart) { return chip.harts[hart]->local_time(); });
    chip.bridge.observe_registers(&*mmio_);
    for (auto* bank : {&chip.finisher.registers(), &chip.watchdog.registers(), &chip.clint.registers(),
                       &chip.plic.registers(), &chip.uart.registers(), &chip.uart.divisor_registers()})
      bank->observe(&*mmio_);
    watchers_.add(*mmio_);
  }
  if (options.trace_insn) {
    instructions_file_.reset(std::fopen(options.trace_insn->c_str(), "w"));
    if (!instructions_file_)
      throw input_error{fmt::format("--trace-insn: cannot write {}", options.trace_insn->string())};
    instructions_.emplace(instructions_file_.get());
    watchers_.add(*instructions_);
  }
  if (options.trace) timeline_.emplace(*options.trace, chip);
  if (options.vcd) waves_.emplace(*options.vcd, chip);
  if (!watchers_.empty())
    for (auto& hart : chip.harts) hart->core().watch(&watchers_);
}

void traces::on_slice(const cpu::cpu_core& core) {
  if (timeline_) timeline_->on_slice(core);
}

void traces::finish() {
  if (timeline_) timeline_->finish();
  if (waves_) waves_->finish();
  if (instructions_) instructions_->flush();
}

void refuse_unavailable(const run_options& o) {
  const std::pair<const char*, bool> unavailable[] = {
      {"--profile", o.profile.has_value()}, {"--coverage", o.coverage.has_value()}, {"--interactive", o.interactive}};
  for (const auto& [option, asked] : unavailable)
    if (asked) throw input_error{fmt::format("{}: not available in this version", option)};
}

} // namespace acf::platform
