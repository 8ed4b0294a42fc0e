// One run of one chip: console and input, limits, every way a run can end, and what is said then.
#pragma once

#include "platform/energy/table.hpp"
#include "platform/gdb/core_target.hpp"
#include "platform/inject/injector.hpp"
#include "platform/semihosting/semihosting.hpp"
#include "platform/soc/keyboard.hpp"
#include "platform/soc/measurement.hpp"
#include "platform/soc/pace.hpp"
#include "platform/soc/program.hpp"
#include "platform/soc/run.hpp"
#include "platform/soc/soc.hpp"
#include "platform/soc/submissions.hpp"
#include "platform/soc/timing_change.hpp"
#include "platform/soc/training_curve.hpp"
#include "platform/trace/trace_file.hpp"
#include "platform/trace/traces.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace acf::platform {

struct end_of_run {
  end_reason reason;
  std::optional<std::int64_t> guest_code;
  bool guest_failed = false; // it has said so, whatever its code
  bool failed() const { return guest_failed || guest_code.value_or(0) != 0; }
};

class session : private host_bridge::observer {
public:
  // `program` is loaded, then `job` (may be empty) at hal::map::job_image, then the files of the options. A debugger
  // that the options ask for comes by `debuggers`.
  session(const config& c, const run_options& options, const program* program, std::span<const std::uint8_t> job,
          std::unique_ptr<gdb::connection> debuggers);
  ~session() override;

  void run();
  void fill(run_result& result);
  void price(const energy_table& table, run_result& result) const; // what fill() has counted
  soc& chip() { return *chip_; }
  training_curves curves(std::uint64_t dense_products) const { return curve_->curves(dense_products); }
  // Floating-point instructions that harts retired between first doorbell and last fence of training.
  std::uint64_t float_instructions_in_window() const { return measurement_->float_instructions(); }
  std::uint64_t products_in_window(std::uint16_t phase) const { return measurement_->products_of_phase(phase); }

private:
  void open_console();
  void put(char ch); // on the guest's console
  void connect_input();
  void connect_semihosting();
  void flush_console();
  void close_console();
  void open_debugger(std::unique_ptr<gdb::connection> by);
  std::string monitor(const std::string& command);
  std::string explain_stop(const gdb::stop_event& event); // for the debugger's console
  void tell_debugger_of_end();
  void watch_tohost();
  void on_finish(hal::finisher::request what, unsigned code);
  bool on_hart_stop(cpu::cpu_core& core, const cpu::run_result& r);
  void on_slice(const cpu::cpu_core& core);
  void end(end_reason reason, std::optional<std::int64_t> code = {}, bool guest_failed = false);
  void unordered_doorbell() override;
  void tile_failed(std::uint32_t tile) override;
  void note_guest_errors(run_result& result) const; // those that the firmware has dealt with, too
  bool nothing_can_happen() const;                  // without a key that is pressed
  void advance(const sc_core::sc_time& left);
  void step(const sc_core::sc_time& limit);
  void check_host_limits();
  void pass_on_typing(bool wait);
  std::optional<char> typed();
  void explain_end();
  void explain_faults();
  void describe_place(run_end& where) const;
  void progress();

  const config& config_;
  const run_options& options_;
  const program* program_;
  std::optional<trace_file> console_file_, console_copy_; // --console, and OUT/console.txt
  std::ostream* console_ = nullptr;
  std::optional<int> console_failed_; // errno; none: everything has gone there
  std::unique_ptr<soc> chip_;
  std::unique_ptr<semihosting> host_calls_;
  std::unique_ptr<measurement> measurement_;
  std::unique_ptr<submissions> submissions_;
  std::unique_ptr<timing_change> timing_change_; // none: one timing for the whole run
  std::unique_ptr<traces> traces_;
  std::unique_ptr<injector> injector_;         // none: no faults
  std::unique_ptr<gdb::core_target> debugger_; // none: nobody asked for one
  std::unique_ptr<keyboard> keyboard_;         // none: nobody types, or no longer
  std::optional<training_curve> curve_;
  std::optional<pace> pace_; // none: as fast as possible
  std::optional<end_of_run> end_;
  sc_core::sc_time ended_at_; // the hart that ends a run may be ahead of the simulation
  std::string diagnosis_;
  std::string failure_;           // of the platform itself
  std::vector<std::string> lost_; // outputs that are not all there, and why
  unsigned unordered_doorbells_ = 0;
  std::vector<std::string> first_tile_errors_;
  unsigned tile_errors_ = 0;
  std::chrono::steady_clock::time_point started_{};
  std::chrono::steady_clock::time_point last_progress_{};
};

} // namespace acf::platform
