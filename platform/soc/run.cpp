#include "platform/soc/run.hpp"

#include "platform/config/input_error.hpp"
#include "platform/report/accounts.hpp"
#include "platform/report/files.hpp"
#include "platform/report/json.hpp"
#include "platform/report/text.hpp"
#include "platform/soc/session.hpp"
#include "platform/soc/side_run.hpp"
#include "platform/soc/tensors.hpp"
#include "platform/soc/training.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <optional>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

// The SystemC library refers to it; this program elaborates from its own main().
int sc_main(int, char**) { return 0; }

namespace acf::platform {

namespace {

double user_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec) / 1e6;
}

void write_dumps(session& s, const run_options& options) {
  for (const auto& d : options.dumps) {
    const auto bytes = s.memory(d.address, d.length);
    write_file(d.file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
}

void fill_host_figures(run_result& result) {
  auto& h = result.host;
  h.user_seconds = user_seconds();
  if (h.host_seconds <= 0) return;
  h.mips = result.figures[figure::instructions_retired].value_or(0) / h.host_seconds / 1e6;
  h.macs_per_second = result.figures[figure::macs_total].value_or(0) / h.host_seconds;
}

// What only the models can judge, as complaints about the configuration.
void check_memory(const config& c) {
  try {
    dram::make_map(dram_settings(c));
    dram::make_timing(dram_settings(c));
  } catch (const std::invalid_argument& error) {
    throw input_error{error.what()};
  }
}

// Weights after a step depend on that step and those before alone: a run that stops there has them, too.
void dump_tensors_after(std::uint64_t step, config c, const run_options& options, run_result& result) {
  c.train.max_steps = static_cast<std::uint32_t>(step);
  c.train.twin = false;
  c.train.save.clear();
  c.expect.clear();
  const auto folder = fmt::format("step_{}", step), file = fmt::format("tensors_{}.npz", step);
  auto own = side_run::options(options, folder);
  own.loads = options.loads;
  own.injections = options.injections;
  own.dump_tensors = {step};
  side_run run(c, std::move(own));
  std::string problem;
  if (run.wait(problem))
    std::filesystem::rename(options.out / folder / file, options.out / file);
  else
    result.notes.push_back(fmt::format("warning: --dump-tensors {}: nothing written: its run {}", step, problem));
}

bool trains(const config& c) { return c.firmware == "train"; }

} // namespace

int run_scenario(const config& c, const run_options& options) {
  check_memory(c);
  parse_injections(options.injections, c); // complaints before anything long begins
  run_result result;
  std::optional<program> guest;
  if (!options.firmware.empty()) {
    guest.emplace(options.firmware);
    result.inputs.push_back({options.firmware.filename().string(), guest->image.hash()});
  }
  training_image image;
  if (trains(c)) image = make_training_image(c);
  const auto earlier_steps = earlier_tensor_steps(options, image);
  // The twin starts before anything of SystemC exists: one elaboration per process.
  std::optional<side_run> baseline;
  run_options own = options;
  if (trains(c) && c.train.twin && c.train.recipe != "dense") {
    own.threads = (options.threads + 1) / 2; // they run side by side
    auto its = side_run::options(options, "twin");
    its.threads = std::max(1u, options.threads - own.threads);
    baseline.emplace(dense_twin(c), std::move(its));
  }
  for (const auto step : earlier_steps) dump_tensors_after(step, c, options, result);

  int code = 0;
  {
    session s(c, own, guest ? &*guest : nullptr, image.bytes);
    s.run();
    s.fill(result);
    if (trains(c)) add_training_results(s, image, result);
    result.inputs.insert(result.inputs.end(), image.inputs.begin(), image.inputs.end());
    write_dumps(s, options);
    write_tensors(c, options, s, image);
  }
  fill_host_figures(result);
  if (baseline) {
    std::string problem;
    if (const auto report = baseline->wait(problem))
      attach_twin(result, *report);
    else
      result.notes.push_back(fmt::format("warning: nothing to compare with: the dense twin {}", problem));
  }
  code = exit_code(c, result, options.guest_exit_code);
  write_reports(options.out, c, result);
  std::cerr << report_text(report_json(c, result));
  return code;
}

} // namespace acf::platform
