// The harts of a platform as a debug target, and the moments at which a debugger may step in.
//
// Simulated time stands still while a debugger looks: its packets are served inside the thread of the hart that
// stopped, without giving control back to the kernel. Stop points live in the harts, not in memory, so nothing a
// debugger does short of writing registers or memory moves a cycle.
#pragma once
#include "models/cpu/cpu_core.hpp"
#include "platform/gdb/server.hpp"
#include <functional>

namespace acf::platform::gdb {

class core_target : public sc_core::sc_module, public debug_target {
public:
  // What the rest of the platform adds. Each may be empty.
  struct surroundings {
    std::function<std::string(const std::string&)> monitor; // answers `monitor ...`; empty answers print nothing
    std::function<std::string(const stop_event&)> explain;  // what the debugger's console is to show of a stop
    std::function<void()> before_stop;                      // e.g. to write out what the guest has printed
    std::function<bool()> give_up;                          // ends every wait for a debugger, and the run
    std::function<bool()> input_may_come;                   // somebody else may wake a machine that sleeps for ever
  };
  // Takes over the cores' on_stop and on_slice; what is there when this is constructed goes on to be called: on_slice
  // always, on_stop where nobody debugs.
  core_target(const sc_core::sc_module_name& name, std::vector<cpu::cpu_core*> cores, surroundings with);

  // From now on debuggers may come by this connection. With `stop_first`, the machine waits for one before the first
  // instruction. Call before simulation starts.
  void open(std::unique_ptr<connection> by, bool stop_first);
  bool killed() const { return was_killed; }           // the debugger ended the run (by sc_stop),
  bool lost() const { return was_killed && was_lost; } // by vanishing
  void ended(int exit_code);                           // tells the debugger, at the end,
  void terminated();                                   // that the guest ends itself, or is ended
  bool attached() const { return remote && remote->attached(); }
  std::string where() const { return remote ? remote->where() : ""; }
  void say(std::string_view text) {
    if (remote) remote->say(text);
  }

private:
  unsigned harts() const override { return static_cast<unsigned>(cores.size()); }
  std::string describe(unsigned hart) const override;
  const std::vector<register_info>& registers() const override { return register_list; }
  bool read_register(unsigned hart, unsigned number, std::uint64_t& value) override;
  bool write_register(unsigned hart, unsigned number, std::uint64_t value) override;
  std::size_t read_memory(unsigned hart, std::uint64_t address, char* data, std::size_t size) override;
  std::size_t write_memory(unsigned hart, std::uint64_t address, const char* data, std::size_t size) override;
  void set_stop_points(const std::vector<stop_point>& all) override;
  void set_run_mode(unsigned hart, run_mode mode) override;
  std::string monitor(const std::string& command) override; // `physical on|off` by itself
  template <class Move>
  std::size_t by_pages(unsigned hart, std::uint64_t address, std::size_t size, Move move);

  bool core_stopped(cpu::cpu_core& core, const cpu::run_result& result);
  void slice_ended(cpu::cpu_core& core);
  void look_out();
  void stand(const stop_event& event);
  void end_run();
  void heed(unsigned hart); // what has arrived while the machine runs
  bool nothing_to_come() const;
  void idle();
  unsigned index_of(const cpu::cpu_core& core) const;

  struct hooks {
    std::function<bool(cpu::cpu_core&, const cpu::run_result&)> on_stop;
    std::function<void(cpu::cpu_core&)> on_slice;
  };

  std::vector<cpu::cpu_core*> cores;
  std::vector<hooks> others; // of each core
  surroundings outside;
  std::vector<register_info> register_list;
  std::unique_ptr<server> remote;
  bool first_stop = false, was_killed = false, was_lost = false;
  bool physical_addresses = false; // in memory packets; else those of the running program
};

} // namespace acf::platform::gdb
