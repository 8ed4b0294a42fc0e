#include "platform/soc/run.hpp"

#include "models/dram/backing_store.hpp"
#include "platform/config/dram_preset.hpp"
#include "platform/config/input_error.hpp"
#include "platform/config/remarks.hpp"
#include "platform/config/resolved.hpp"
#include "platform/gdb/connection.hpp"
#include "platform/report/files.hpp"
#include "platform/soc/guest_memory.hpp"
#include "platform/soc/interruption.hpp"
#include "platform/soc/placement_of_run.hpp"
#include "platform/soc/session.hpp"
#include "platform/soc/side_run.hpp"
#include "platform/soc/tensors.hpp"
#include "platform/soc/thresholds.hpp"
#include "platform/soc/training.hpp"
#include "sw_stack/hal/memory_map.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <map>
#include <optional>
#include <sys/resource.h>
#include <unistd.h>

// The SystemC library refers to it; this program elaborates from its own main().
int sc_main(int, char**) { return 0; }

namespace acf::platform {

namespace {

// Of this process, and of those beside it that have ended.
double user_seconds() {
  double seconds = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    getrusage(who, &used);
    seconds += static_cast<double>(used.ru_utime.tv_sec) + static_cast<double>(used.ru_utime.tv_usec) / 1e6;
  }
  return seconds;
}

namespace fs = std::filesystem;

// Where writing to it arrives: behind links, also such as lead to a file that does not exist yet.
fs::path destination_of(fs::path file) {
  constexpr unsigned most_links = 40;
  std::error_code none;
  for (unsigned n = 0; n < most_links && fs::is_symlink(file, none); ++n)
    file = file.parent_path() / fs::read_symlink(file, none);
  return fs::weakly_canonical(fs::absolute(file, none), none);
}

// Two outputs in one file overwrite each other. Devices and pipes take what comes.
void refuse_shared_files(const config& c, const run_options& options) {
  std::map<fs::path, std::string> taken;
  const auto take = [&taken](const fs::path& file, const std::string& option) {
    std::error_code none;
    if (fs::exists(file, none) && !fs::is_regular_file(file, none)) return;
    const auto [first, is_new] = taken.emplace(destination_of(file), option);
    if (!is_new)
      throw input_error{fmt::format("{}: {} is already the file of {}", option, file.string(), first->second)};
  };
  for (const auto* name : {"report.json", "report.csv", "report.html", "host.json"}) take(options.out / name, "--out");
  if (options.console != options.out / "console.txt") take(options.out / "console.txt", "--out");
  const std::pair<const char*, const std::optional<fs::path>*> named[] = {
      {"--console", &options.console},       {"--trace", &options.trace}, {"--trace-insn", &options.trace_insn},
      {"--trace-mmio", &options.trace_mmio}, {"--vcd", &options.vcd},     {"--profile", &options.profile},
      {"--coverage", &options.coverage}};
  for (const auto& [option, file] : named)
    if (*file) take(**file, option);
  for (const auto& d : options.dumps) take(d.file, "--dump");
  if (!c.train.save.empty()) take(c.train.save, "train.save");
}

void check_outputs(const config& c, const run_options& options) {
  refuse_shared_files(c, options);
  const std::uint64_t size = std::uint64_t{c.dram.size_mib} << 20, last = hal::map::dram + size - 1;
  for (const auto& d : options.dumps) {
    if (d.address < hal::map::dram || d.address - hal::map::dram > size ||
        d.length > size - (d.address - hal::map::dram))
      throw input_error{fmt::format("--dump: {} bytes at {:#x} are not all in DRAM at {:#x}..{:#x}", d.length,
                                    d.address, hal::map::dram, last)};
    check_place(d.file, "--dump");
  }
  if (!c.train.save.empty()) check_place(c.train.save, "train.save");
}

void write_dumps(session& s, const run_options& options) {
  for (const auto& d : options.dumps) {
    const auto bytes = read_memory(s.chip(), d.address, d.length);
    write_file(d.file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
}

// What is left to do when the guest has ended must not cost the run its report.
template <class work>
void afterwards(run_result& result, const work& todo) {
  try {
    todo();
  } catch (const output_error& error) {
    result.incomplete.emplace_back(error.what());
  } catch (const std::exception& error) {
    result.defects.emplace_back(error.what());
  }
}

void fill_host_figures(run_result& result, std::chrono::steady_clock::time_point began) {
  auto& h = result.host;
  h.host_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  h.user_seconds = user_seconds();
  if (h.simulation_seconds <= 0) return;
  h.mips = result.figures[figure::instructions_retired].value_or(0) / h.simulation_seconds / 1e6;
  h.macs_per_second = result.figures[figure::macs_executed].value_or(0) / h.simulation_seconds;
}

// Weights after a step depend on that step and those before alone: a run that stops there has them, too.
void dump_tensors_after(std::uint64_t step, config c, const run_options& options, run_result& result) {
  c.train.max_steps = static_cast<std::uint32_t>(step);
  c.train.twin = false;
  c.train.save.clear();
  c.expect.clear();
  const auto folder = fmt::format("step_{}", step), file = fmt::format("tensors_{}.npz", step);
  auto own = side_run::options(options);
  own.loads = options.loads;
  own.injections = options.injections;
  own.dump_tensors = {step};
  side_run run(c, std::move(own), folder);
  const auto ended = run.wait();
  if (ended.report)
    std::filesystem::rename(options.out / folder / file, options.out / file);
  else
    result.notes.push_back(fmt::format("warning: --dump-tensors {}: nothing written: its run {}", step, ended.problem));
}

// Without a result of the run itself there is nothing to compare, so the twin is not waited for.
void compare(run_result& result, side_run& baseline) {
  if (!ended_by_guest(result.end.reason) || result.end.failed()) {
    result.twin_exit_code = 0;
    result.notes.emplace_back(
        "warning: nothing to compare: the run itself did not pass, and its dense twin was stopped");
    return;
  }
  const auto ended = baseline.wait();
  result.twin_exit_code = ended.exit_code;
  if (ended.report)
    attach_twin(result, *ended.report);
  else
    result.notes.push_back(fmt::format("warning: nothing to compare with: the dense twin {}", ended.problem));
}

// What debuggers come by; none: nobody asked for one. Opened before data and jobs are prepared, because gdb is patient
// only with a connection that answers.
std::unique_ptr<gdb::connection> open_debugger(const run_options& options) {
  if (!options.gdb) return nullptr;
  if (options.gdb->stdio) return gdb::standard_streams();
  try {
    std::uint16_t bound = 0;
    auto connection = gdb::listen_tcp(options.gdb->port, bound);
    std::cerr << fmt::format("gdb: target remote localhost:{}\n", bound);
    return connection;
  } catch (const std::runtime_error& error) {
    throw input_error{fmt::format("--gdb: {}", error.what())};
  }
}

// A program with this symbol wants the job that the configuration describes; see sw_stack/runtime.
bool wants_job(const std::optional<program>& guest) { return guest && guest->image.find("acf_job_image"); }

} // namespace

int run_scenario(const config& c, const run_options& options) {
  const auto began = std::chrono::steady_clock::now();
  const interruption report_first;
  check_outputs(c, options);
  parse_injections(options.injections, c); // complaints before anything long begins
  const energy_table prices = read_energy_table(energy_table_file(c.energy.table));
  const price_list every_price_is_there(c, prices, c.train.dtype);
  run_result result;
  std::optional<program> guest;
  if (!options.firmware.empty()) {
    guest.emplace(options.firmware);
    result.inputs.push_back({options.firmware.filename().string(), guest->image.hash()});
  }
  auto debuggers = open_debugger(options);
  if (is_dram_preset_file(c.dram.preset))
    result.inputs.push_back(
        {std::filesystem::path{c.dram.preset}.filename().string(), sha256(read_file(c.dram.preset))});
  training_image image;
  const bool trains = wants_job(guest);
  result.notes = remarks_on(c, trains);
  if (trains) image = make_training_image(c);
  result.notes.insert(result.notes.end(), image.notes.begin(), image.notes.end());
  const auto earlier_steps = earlier_tensor_steps(options, image);
  // The twin starts before anything of SystemC exists: one elaboration per process.
  std::optional<side_run> baseline;
  run_options own = options;
  const bool is_twin = c.train.recipe == "dense" && c.zbcc.skip == "none";
  if (trains && c.train.twin && !is_twin) {
    own.threads = (options.threads + 1) / 2; // they run side by side
    auto its = side_run::options(options);
    its.threads = std::max(1u, options.threads - own.threads);
    baseline.emplace(dense_twin(c), std::move(its), "twin");
  }
  for (const auto step : earlier_steps) dump_tensors_after(step, c, options, result);

  try {
    session s(c, own, guest ? &*guest : nullptr, image.bytes, std::move(debuggers));
    s.run();
    s.fill(result);
    result.inputs.insert(result.inputs.end(), image.inputs.begin(), image.inputs.end());
    if (trains) afterwards(result, [&] { add_training_results(s, image, result); });
    if (trains) afterwards(result, [&] { add_placement(s, image, result); });
    if (trains) afterwards(result, [&] { add_threshold_results(c, s, image, result); });
    s.price(prices, result);
    afterwards(result, [&] { write_dumps(s, options); });
    afterwards(result, [&] { write_tensors(c, options, s, image, result.notes); });
    afterwards(result, [&] { write_thresholds(options, s, image); });
  } catch (const dram::no_address_space& error) {
    throw input_error{error.what()};
  }
  if (baseline) compare(result, *baseline);
  baseline.reset(); // one that nobody waited for ends here
  fill_host_figures(result, began);
  return conclude(options.out, c, result, options.guest_exit_code);
}

} // namespace acf::platform
