#include "platform/soc/session.hpp"

#include "platform/soc/energy_of_run.hpp"

#include "platform/config/input_error.hpp"
#include "platform/device_tree.hpp"
#include "platform/report/output_error.hpp"
#include "platform/soc/diagnosis.hpp"
#include "platform/soc/guest_memory.hpp"
#include "platform/soc/interruption.hpp"
#include "platform/soc/register_values.hpp"
#include "sw_stack/hal/memory_map.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace acf::platform {

namespace {

// How often limits of host time, Ctrl-C and progress are looked at: a busy fabric simulates this in a moment.
const sc_core::sc_time slice{50, sc_core::SC_US};

} // namespace

session::session(const config& c, const run_options& options, const program* program, std::span<const std::uint8_t> job,
                 std::unique_ptr<gdb::connection> debuggers)
    : config_(c), options_(options), program_(program) {
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING); // stdout is the guest's
  // A debugger that goes away and the end of the run both stop the kernel.
  sc_core::sc_report_handler::set_actions(sc_core::SC_ID_SIMULATION_STOP_CALLED_TWICE_, sc_core::SC_DO_NOTHING);
  open_console();
  soc::connections outside;
  outside.console = [this](char ch) { put(ch); };
  outside.finish = [this](hal::finisher::request what, unsigned code) { on_finish(what, code); };
  outside.host_threads = options.threads;
  outside.device_tree = make_device_tree(device_tree_of(c));
  outside.entry = program ? program->image.entry() : hal::map::dram;
  chip_ = std::make_unique<soc>("soc", c, std::move(outside));
  for (auto& hart : chip_->harts) {
    hart->on_stop = [this](cpu::cpu_core& core, const cpu::run_result& r) { return on_hart_stop(core, r); };
    hart->on_slice = [this](cpu::cpu_core& core) { on_slice(core); };
  }
  chip_->order.on_many = [this] { check_host_limits(); };
  chip_->watchdog.reset_request.connect([this](bool level) {
    if (level) end(end_reason::watchdog);
  });
  load_memory(*chip_, program, job, options.loads);
  connect_input();
  connect_semihosting();
  watch_tohost();
  measurement_ = std::make_unique<measurement>(*chip_);
  chip_->bridge.observe(*this);
  curve_.emplace(*chip_, job);
  submissions_ = std::make_unique<submissions>(*chip_, program_);
  if (c.changes_timing()) timing_change_ = std::make_unique<timing_change>("timing_change", *chip_);
  traces_ = std::make_unique<traces>(options, *chip_, program_);
  if (auto faults = parse_injections(options.injections, c); !faults.empty() || options.gdb)
    injector_ = std::make_unique<injector>("injector", std::move(faults), *chip_);
  if (debuggers) open_debugger(std::move(debuggers));
}

session::~session() = default;

void session::open_console() {
  const auto copy = options_.out / "console.txt";
  if (!options_.out.empty() && options_.console != copy) console_copy_.emplace("console.txt", copy);
  if (!options_.console) {
    console_ = options_.gdb && options_.gdb->stdio ? &std::cerr : &std::cout;
    return;
  }
  console_ = &console_file_.emplace("--console", *options_.console).stream();
}

void session::connect_input() {
  if (options_.interactive) keyboard_ = std::make_unique<keyboard>();
  if (!options_.input) return;
  constexpr std::size_t most_mib = 16; // what the line takes in minutes of simulated time
  std::ifstream file(*options_.input, std::ios::binary);
  if (!file) throw input_error{fmt::format("--input: cannot read {}", options_.input->string())};
  std::string text((most_mib << 20) + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > most_mib << 20)
    throw input_error{fmt::format("--input: {}: expected a file of at most {} MiB, this has more",
                                  options_.input->string(), most_mib)};
  chip_->uart.receive(text);
}

void session::put(char ch) {
  errno = 0;
  if (console_->good() && !console_->put(ch)) console_failed_ = errno;
  if (console_copy_) console_copy_->stream().put(ch);
}

void session::flush_console() {
  errno = 0;
  if (console_->good() && !console_->flush()) console_failed_ = errno;
  if (console_copy_) console_copy_->stream().flush();
}

void session::close_console() {
  flush_console();
  if (!console_file_ && console_failed_)
    lost_.emplace_back(output_error{
        console_ == &std::cout ? "stdout: the guest's console" : "stderr: the guest's console", *console_failed_}
                           .what());
  for (auto* file : {&console_file_, &console_copy_}) {
    if (!*file) continue;
    try {
      (*file)->close();
    } catch (const output_error& error) {
      lost_.emplace_back(error.what());
    }
  }
}

void session::connect_semihosting() {
  semihosting::connections outside;
  outside.root = options_.semihosting;
  outside.console = {.put = [this](char ch) { put(ch); }, .get = [this] { return typed(); }};
  outside.exit = [this](std::int64_t code) { end(end_reason::semihosting, code); };
  if (program_) outside.command_line = program_->image.file().filename().string();
  outside.memory_end = hal::map::dram + chip_->dram.store().size();
  host_calls_ = std::make_unique<semihosting>(std::move(outside));
  for (auto& hart : chip_->harts)
    hart->core().host_call = [this, core = hart.get()](cpu::hart&) { host_calls_->call(*core); };
}

void session::open_debugger(std::unique_ptr<gdb::connection> by) {
  std::vector<cpu::cpu_core*> cores;
  for (auto& hart : chip_->harts) cores.push_back(hart.get());
  gdb::core_target::surroundings outside;
  outside.monitor = [this](const std::string& command) { return monitor(command); };
  outside.explain = [this](const gdb::stop_event& event) { return explain_stop(event); };
  outside.before_stop = [this] { flush_console(); };
  outside.give_up = [] { return interruption::asked(); };
  outside.input_may_come = [this] { return keyboard_ != nullptr; };
  debugger_ = std::make_unique<gdb::core_target>("debugger", std::move(cores), std::move(outside));
  debugger_->open(std::move(by), options_.gdb->wait || options_.gdb->stdio);
}

// Commands of gdb's `monitor`; `physical` is the debugger's own.
std::string session::monitor(const std::string& command) {
  const auto argument_of = [&](std::string_view verb) -> std::optional<std::string> {
    if (command.size() <= verb.size() + 1 || !command.starts_with(verb) || command[verb.size()] != ' ') return {};
    return command.substr(verb.size() + 1);
  };
  if (command == "time") return sc_core::sc_time_stamp().to_string() + "\n";
  if (command == "stuck") return why_stuck(*chip_, program_) + "\n";
  if (command == "errors") {
    std::string text;
    for (const auto& line : tile_errors(*chip_, *submissions_)) text += line + "\n";
    return text.empty() ? "no tile has STATUS.ERROR set\n" : text;
  }
  if (command == "reset") {
    for (auto& hart : chip_->harts) hart->reset_at_once();
    chip_->reset_peripherals();
    return "harts and peripherals are reset, memory and fabric are not; `maint flush register-cache` makes gdb read "
           "the registers again\n";
  }
  if (const auto block = argument_of("registers")) return registers_now(*chip_->harts[0], config_, *block);
  if (const auto what = argument_of("inject")) {
    try {
      auto fault = parse_injection("t=0ns:" + *what, config_);
      fault.text = *what;
      return injector_->inject_now(std::move(fault)) + "\n";
    } catch (const input_error& wrong) {
      return std::string(wrong.what()) + "\n";
    }
  }
  return "monitor commands: time, stuck (why is it stuck), errors (of tiles), reset, registers BLOCK (as acf-vp regs "
         "calls it), inject TARGET:WHAT (as --inject, at once), physical on|off (addresses)\n";
}

// Programs of the RISC-V test suites end by storing an odd value to `tohost`.
void session::watch_tohost() {
  const auto symbol = program_ ? program_->image.find("tohost") : std::nullopt;
  if (!symbol || symbol->address < hal::map::dram) return;
  const auto at = symbol->address - hal::map::dram;
  chip_->dram.store().watch({at, at + 8}, {.host = true}, [this, at](dram::origin, std::uint64_t, std::uint64_t) {
    std::uint64_t value = 0;
    chip_->dram.store().peek(at, {reinterpret_cast<std::uint8_t*>(&value), 8});
    if (value & 1) end(end_reason::tohost, static_cast<std::int64_t>(value >> 1));
  });
}

// --- running -----------------------------------------------------------------------------------------------------

void session::check_host_limits() {
  if (interruption::asked()) end(end_reason::interrupted);
  const auto now = std::chrono::steady_clock::now();
  if (options_.max_host_seconds && std::chrono::duration<double>(now - started_).count() > *options_.max_host_seconds)
    end(end_reason::limit_host_time);
  if (now - last_progress_ > std::chrono::milliseconds(500)) {
    last_progress_ = now;
    progress();
  }
}

void session::progress() {
  if (!isatty(STDERR_FILENO)) return;
  const double host = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  std::uint64_t retired = 0;
  for (const auto& hart : chip_->harts) retired += hart->core().instret;
  std::cerr << fmt::format("\r{:.3f} ms simulated, {:.1f} s, {:.1f} MIPS, {} fences{} ",
                           sc_core::sc_time_stamp().to_seconds() * 1e3, host, static_cast<double>(retired) / host / 1e6,
                           chip_->bridge.fences(), curve_->progress());
}

// All harts asleep or halted, and no event left that could wake one.
bool session::nothing_can_happen() const {
  for (const auto& hart : chip_->harts)
    if (!hart->asleep() && !hart->halted()) return false;
  return !sc_core::sc_pending_activity();
}

void session::pass_on_typing(bool wait) {
  if (!keyboard_) return;
  const auto typed = keyboard_->read(wait);
  if (typed)
    chip_->uart.receive(*typed);
  else
    keyboard_.reset();
}

// What the guest asks for by semihosting: simulated time stands still while nobody types.
std::optional<char> session::typed() {
  flush_console();
  for (;;) {
    if (const auto next = chip_->uart.take()) return next;
    if (!keyboard_ || interruption::asked()) return {};
    pass_on_typing(true);
  }
}

// One slice, or as far as the next event if that lies behind it; time stands still when nothing happens any more.
void session::advance(const sc_core::sc_time& left) {
  const auto next = sc_core::sc_pending_activity() ? sc_core::sc_time_to_pending_activity() : sc_core::SC_ZERO_TIME;
  const auto reach = std::max(next, slice);
  if (const sc_core::sc_time step(static_cast<double>(pace::step_ms), sc_core::SC_MS); pace_ && step < reach)
    sc_core::sc_start(std::min(left, step));
  else if (left <= reach)
    sc_core::sc_start(left);
  else
    sc_core::sc_start(reach, sc_core::SC_EXIT_ON_STARVATION);
}

// Until something may have to be looked at.
void session::step(const sc_core::sc_time& limit) {
  const auto now = sc_core::sc_time_stamp();
  if (now >= limit) return end(end_reason::limit_sim_time);
  advance(limit - now);
  if (!end_) check_host_limits();
  if (end_) return;
  if (pace_) pace_->wait();
  pass_on_typing(nothing_can_happen());
  if (!keyboard_ && nothing_can_happen()) end(end_reason::idle_deadlock);
}

void session::run() {
  started_ = last_progress_ = std::chrono::steady_clock::now();
  if (options_.pace) {
    std::cerr << "paced: simulated time runs no faster than real time\n";
    pace_.emplace();
  }
  const sc_core::sc_time limit =
      options_.max_sim_ms ? sc_core::sc_time(*options_.max_sim_ms, sc_core::SC_MS) : sc_core::sc_max_time();
  try {
    while (!end_ && !(debugger_ && debugger_->killed())) step(limit);
  } catch (const std::exception& error) { // the kernel cannot go on; what was counted so far still stands
    diagnosis_ = fmt::format("internal error at {}: {}", sc_core::sc_time_stamp().to_string(), error.what());
    failure_ = error.what();
    end_ = {end_reason::internal_error, {}, false};
  }
  keyboard_.reset();
  if (debugger_ && debugger_->killed()) {
    if (debugger_->lost()) spdlog::warn("gdb: the debugger has gone without detaching");
    end(end_reason::interrupted);
  }
  tell_debugger_of_end();
  measurement_->finish();
  lost_ = traces_->finish();
  close_console();
  if (isatty(STDERR_FILENO)) std::cerr << "\r\033[K";
  explain_end();
}

} // namespace acf::platform
