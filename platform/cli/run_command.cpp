#include "platform/cli/commands.hpp"
#include "platform/cli/logging.hpp"
#include "platform/cli/standard_streams.hpp"
#include "platform/config/input_error.hpp"
#include "platform/reference/reference.hpp"
#include "platform/reproduce/reproduce.hpp"
#include "platform/soc/compare_engines.hpp"
#include "platform/soc/compare_recipes.hpp"
#include "platform/soc/run.hpp"
#include "platform/soc/train_beside.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <iostream>
#include <thread>

namespace acf::platform {
namespace {

constexpr unsigned most_threads = 1024; // more than any host runs at once is a mistake

// Options as they are written; run_options are made of them when all are there.
struct written {
  chosen_configuration chosen;
  std::string firmware, out, gdb, exit_code, dram_init;
  std::vector<std::string> loads, dumps, tensor_steps, injections, log_levels;
  std::optional<std::uint64_t> seed;
  bool gdb_nowait = false;
  run_options options;
};

load_request parse_load(const std::string& text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos || at == 0) throw input_error{fmt::format("--load: expected FILE@ADDR, not '{}'", text)};
  load_request load{text.substr(0, at), parse_number(text.substr(at + 1), "--load")};
  if (!std::filesystem::is_regular_file(load.file))
    throw input_error{fmt::format("--load: there is no file '{}'", load.file.string())};
  return load;
}

dump_request parse_dump(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string::npos ? first : text.find(':', first + 1);
  if (second == std::string::npos || second + 1 == text.size())
    throw input_error{fmt::format("--dump: expected ADDR:LEN:FILE, not '{}'", text)};
  return {parse_number(text.substr(0, first), "--dump"),
          parse_number(text.substr(first + 1, second - first - 1), "--dump"), text.substr(second + 1)};
}

gdb_options parse_gdb(const written& w) {
  gdb_options g;
  g.wait = !w.gdb_nowait;
  g.stdio = w.gdb == "-";
  if (g.stdio) return g;
  std::uint32_t port = 0;
  const auto* const end = w.gdb.data() + w.gdb.size();
  const auto r = std::from_chars(w.gdb.data(), end, port);
  if (r.ec != std::errc{} || r.ptr != end || port == 0 || port > 65535)
    throw input_error{fmt::format("--gdb: expected a port from 1 to 65535 or '-', not '{}'", w.gdb)};
  g.port = static_cast<std::uint16_t>(port);
  return g;
}

std::filesystem::path folder_of_images() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "firmware";
}

// A path if it looks like one, else an application that was built with the platform.
std::filesystem::path find_firmware(const std::string& name) {
  if (name.empty()) return {};
  const bool path = name.find('/') != std::string::npos || name.ends_with(".elf");
  const std::filesystem::path file = path ? std::filesystem::path{name} : folder_of_images() / (name + ".elf");
  if (std::filesystem::is_regular_file(file)) return file;
  if (path) throw input_error{fmt::format("firmware: there is no file '{}'", name)};
  std::vector<std::string> known;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator{folder_of_images(), none})
    if (entry.path().extension() == ".elf") known.push_back(entry.path().stem().string());
  std::sort(known.begin(), known.end());
  throw input_error{
      fmt::format("firmware: expected an application or a path to an ELF file, not '{}'{}; applications: {}", name,
                  std::filesystem::is_regular_file(name) ? fmt::format(", did you mean the file './{}'?", name) : "",
                  known.empty() ? "none built" : fmt::format("{}", fmt::join(known, ", ")))};
}

std::filesystem::path make_folder(const written& w, const config& c) {
  const auto folder = w.out.empty() ? std::filesystem::path{"out"} / c.name : std::filesystem::path{w.out};
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) throw input_error{fmt::format("--out: {} cannot be made: {}", folder.string(), failed.message())};
  return folder;
}

void refuse_what_is_of_one_run(const run_options& o) {
  const std::pair<const char*, bool> given[] = {{"--load", !o.loads.empty()},
                                                {"--dump", !o.dumps.empty()},
                                                {"--dump-tensors", !o.dump_tensors.empty()},
                                                {"--inject", !o.injections.empty()},
                                                {"--console", o.console.has_value()},
                                                {"--input", o.input.has_value()},
                                                {"--interactive", o.interactive},
                                                {"--semihosting", o.semihosting.has_value()},
                                                {"--gdb", o.gdb.has_value()},
                                                {"--trace", o.trace.has_value()},
                                                {"--trace-insn", o.trace_insn.has_value()},
                                                {"--trace-mmio", o.trace_mmio.has_value()},
                                                {"--vcd", o.vcd.has_value()},
                                                {"--profile", o.profile.has_value()},
                                                {"--coverage", o.coverage.has_value()}};
  for (const auto& [option, present] : given)
    if (present) throw input_error{fmt::format("{}: belongs to a single run, and compare.engines has several", option)};
}

int run(written& w) {
  outlive_readers();
  set_up_logging(w.log_levels);
  config c = w.chosen.read();
  if (w.seed) c.seed = *w.seed;
  if (!w.dram_init.empty()) c.dram.power_on = w.dram_init;
  if (!w.firmware.empty()) c.firmware = w.firmware;

  run_options& o = w.options;
  for (const std::string& text : w.loads) o.loads.push_back(parse_load(text));
  for (const std::string& text : w.dumps) o.dumps.push_back(parse_dump(text));
  for (const std::string& text : w.tensor_steps) o.dump_tensors.push_back(parse_number(text, "--dump-tensors"));
  o.injections = w.injections;
  o.guest_exit_code = w.exit_code == "guest";
  if (!w.gdb.empty()) o.gdb = parse_gdb(w);
  if (o.threads == 0) o.threads = std::max(1u, std::thread::hardware_concurrency());
  if (c.reference.model != "none") return run_reference(c, make_folder(w, c), o.threads);
  o.firmware = find_firmware(c.firmware);
  if (c.reproduce.system != "none") {
    o.out = make_folder(w, c);
    return run_reproduce(c, o.out, [&](const config& own, const std::string& name) {
      std::cerr << name << " ...\n";
      return train_beside(own, o, name);
    });
  }
  if (o.firmware.empty() && o.loads.empty())
    throw input_error{"nothing to run: name a scenario with firmware, or --firmware X.elf"};
  if (o.input && !std::filesystem::exists(*o.input))
    throw input_error{fmt::format("--input: there is no file '{}'", o.input->string())};
  if (o.input && std::filesystem::is_directory(*o.input))
    throw input_error{fmt::format("--input: '{}' is a directory, expected a file", o.input->string())};
  if (o.interactive && (o.input || (o.gdb && o.gdb->stdio)))
    throw input_error{"--interactive: standard input is the guest's console: expected neither --input nor --gdb -"};

  if (!c.compare.engines.empty()) refuse_what_is_of_one_run(o);
  o.out = make_folder(w, c);
  if (c.compare.engines.empty()) return run_scenario(c, o);
  return c.compare.recipes.empty() ? run_comparison(c, o) : run_recipes(c, o);
}

} // namespace

command add_run(CLI::App& app) {
  const auto w = std::make_shared<written>();
  run_options& o = w->options;
  o.threads = 0;
  w->chosen.add_to(app);
  app.add_option("--firmware", w->firmware, "application of firmware/ by name, or ELF file");
  app.add_option("--out", w->out, "folder for report and traces; default out/NAME");
  add_repeated(app, "--load", w->loads, "FILE@ADDR: raw bytes into memory before reset");
  app.add_option("--console", o.console, "guest console into this file instead of stdout");
  app.add_option("--input", o.input, "file that is typed on the guest's console, paced in simulated time");
  app.add_flag("--interactive", o.interactive, "what is typed here is the guest's input");
  app.add_flag("--pace", o.pace, "simulate no faster than real time, for people who watch or type; changes no result");
  app.add_option("--semihosting", o.semihosting, "folder below which the guest may open files by semihosting")
      ->check(CLI::ExistingDirectory);

  app.add_option("--max-sim-ms", o.max_sim_ms, "stop after so much simulated time")->check(above_zero());
  app.add_option("--max-instructions", o.max_instructions, "stop after so many instructions")->check(whole_number(1));
  app.add_option("--max-host-seconds", o.max_host_seconds, "stop after so much real time")->check(above_zero());
  app.add_option("--threads", o.threads, "host threads for arithmetic; default: all")
      ->check(whole_number(1, most_threads));
  app.add_option("--seed", w->seed, "power-on contents and injected faults")->check(whole_number(0));
  add_repeated(app, "--log-level", w->log_levels, "[MODULE=]LEVEL: trace, debug, info, warn, error, critical, off");

  add_repeated(app, "--dump", w->dumps, "ADDR:LEN:FILE: memory at the end of the run");
  add_repeated(app, "--dump-tensors", w->tensor_steps,
               "STEP: weights, biases and masks after this training step into tensors_STEP.npz");
  app.add_option("--dram-init", w->dram_init, "contents of DRAM at power-on")->check(one_of({"random", "zero"}));
  add_repeated(app, "--inject", w->injections, "WHEN:TARGET:WHAT: a fault");
  app.add_option("--exit-code", w->exit_code, "guest: exit with the guest's code")->check(one_of({"guest"}));

  app.add_option("--gdb", w->gdb, "PORT or -: debugger; stopped at reset");
  app.add_flag("--gdb-nowait", w->gdb_nowait, "do not stop at reset");
  app.add_option("--trace", o.trace, "Chrome/Perfetto trace in simulated microseconds");
  app.add_option("--trace-insn", o.trace_insn, "instructions, in Spike's commit-log format");
  app.add_option("--trace-mmio", o.trace_mmio, "register accesses, with names");
  app.add_option("--vcd", o.vcd, "waves, for GTKWave: interrupts, doorbells, what every unit executes");
  app.add_option("--profile", o.profile, "where the harts spend their cycles, by function and line");
  app.add_option("--coverage", o.coverage, "which lines of the firmware ran, as an lcov tracefile");
  return [w] { return w->chosen.named([&w] { return run(*w); }); };
}

} // namespace acf::platform
