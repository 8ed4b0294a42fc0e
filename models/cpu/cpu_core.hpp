// A hart on a TLM-2.0 bus.
//
//              msip mtip meip seip
//                |    |    |    |
//             +--v----v----v----v--+
//   mtime --> |      cpu_core      |--> bus (generic payload, b_transport, DMI, transport_dbg)
//             +--------------------+
//
// One thread. It runs the hart ahead to the next pending SystemC event or the next multiple of the quantum, whichever
// is nearer, then waits until simulated time has caught up and everybody else is done at that instant. So it meets
// every event with the first instruction that ends at or after it; one more event changes nothing. Among harts that run
// at the same time that would not hold, because they touch the same memory: they take turns at the multiples of a
// shorter `exchange` instead, whatever the events. Accesses to devices wait first, so that every device sees the exact
// time; memory that grants DMI is used directly. Clock edge n lies at n / frequency, rounded down to a picosecond; a
// hart that sleeps in wfi lets its cycle counter run.
#pragma once
#include "models/common/turns.hpp"
#include "models/cpu/hart.hpp"
#include <algorithm>
#include <functional>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>

namespace acf::cpu {

// Where the clock edges since time zero went; counted where they are spent, so their sum can be held against the clock.
struct core_account {
  cycles executed = 0; // instructions, traps
  cycles bus = 0;      // waiting for a device, or for memory that grants no direct access
  cycles asleep = 0;   // in wfi
  cycles halted = 0;   // by a debugger's doing, or for ever
};

struct cpu_core_config {
  hart_config hart;
  std::uint64_t frequency_hz = 1'000'000'000;
  std::uint64_t quantum_ps = 10'000'000; // upper limit of how far the hart runs ahead
  std::uint64_t exchange_ps = 200'000;   // the same while other harts run, too; divides the quantum
  std::uint64_t memory_first = 1,
                memory_last = 0; // main memory: takes what devices do not, also where it grants no DMI
};

class cpu_core : public sc_core::sc_module, private bus {
public:
  tlm_utils::simple_initiator_socket<cpu_core> bus{"bus"};
  sc_core::sc_in<bool> msip{"msip"}, mtip{"mtip"}, meip{"meip"}, seip{"seip"};

  // Harts of one chip share `order`.
  cpu_core(const sc_core::sc_module_name& name, const cpu_core_config& config, common::turns& order);

  // mtime at a simulated time, for rdtime: the CLINT's business. Without it, time stands at 0.
  std::function<std::uint64_t(const sc_core::sc_time&)> mtime;
  // Whether other harts run now. Without it: none does.
  std::function<bool()> others_run;
  // When mtime will reach a value, for stimecmp; sc_max_time(): never.
  std::function<sc_core::sc_time(std::uint64_t)> time_of_mtime;
  void mtime_changed() { timer_set(timer_value); } // not by time passing
  // The hart stopped by itself: breakpoint, watchpoint, ebreak or trap_loop. Runs in the core's thread while simulated
  // time stands still; returns whether to go on. Without it, or if it says no, the hart halts until it is reset.
  std::function<bool(cpu_core&, const run_result&)> on_stop;
  // After every slice, before the wait: limits, progress, a debugger that wants to interrupt. May block.
  std::function<void(cpu_core&)> on_slice;

  const cpu_core_config& config() const { return configuration; }
  hart& core() { return processor; }
  const hart& core() const { return processor; }
  void reset();         // at the end of the current instruction
  void reset_at_once(); // for a debugger: registers show it; like reset() for a hart that waits for a device's answer
  bool asleep() const { return sleeping; }
  bool halted() const { return stopped; }
  cycles cycles_asleep() const { return spent.asleep; }
  core_account account() const; // up to now, or to where the hart has run ahead
  cycles edges() const;         // of the clock, up to the same time
  sc_core::sc_time local_time() const { return time_of(first_edge + processor.cycle); } // of the hart, ahead of time

  // Debugger's memory access, by transport_dbg: no time, no side effects. Returns how many bytes were transferred.
  unsigned peek(std::uint64_t address, void* data, unsigned size);
  unsigned poke(std::uint64_t address, const void* data, unsigned size);

private:
  bus_result read(std::uint64_t address, void* data, unsigned size, cycles& latency) override;
  bus_result write(std::uint64_t address, const void* data, unsigned size, cycles& latency) override;
  std::optional<direct_region> direct(std::uint64_t address, bool for_write) override;
  std::uint64_t time() override { return mtime ? mtime(std::max(local_time(), sc_core::sc_time_stamp())) : 0; }
  void timer_set(std::uint64_t due) override;
  bool is_memory(std::uint64_t address) override {
    return configuration.memory_first <= address && address <= configuration.memory_last;
  }
  bus_result exchange(std::uint64_t address, unsigned size, std::uint64_t& old,
                      const std::function<std::optional<std::uint64_t>(std::uint64_t)>& change,
                      cycles& latency) override;

  void run();
  void sleep();
  void halt();
  core_account unaccounted() const; // what the hart has executed since `counted`
  void count();
  void wait_until(std::uint64_t edge);
  void sample_interrupts();
  cycles slice() const;
  bus_result transport(tlm::tlm_command command, std::uint64_t address, void* data, unsigned size, cycles& latency);
  bus_result transport_now(tlm::tlm_command command, std::uint64_t address, void* data, unsigned size, cycles& latency);
  void invalidate(sc_dt::uint64 first, sc_dt::uint64 last) { processor.forget_direct(first, last); }
  sc_core::sc_time time_of(std::uint64_t edge) const;
  std::uint64_t edge_at_or_after(const sc_core::sc_time& t) const;

  cpu_core_config configuration;
  const common::turn turn;
  hart processor;
  tlm::tlm_generic_payload payload;
  sc_core::sc_event reset_requested;
  sc_core::sc_event timer_due; // stimecmp
  sc_core::sc_time timer_at = sc_core::sc_max_time();
  std::uint64_t timer_value = ~std::uint64_t{0};
  bool wants_reset = false, was_reset = false; // at once: out of sleep and halt
  bool sleeping = false, stopped = false;
  bool on_bus = false; // in the middle of an instruction, time passes
  core_account spent;
  struct {
    std::uint64_t cycle = 0, device_cycles = 0;
  } counted;                    // of the hart, when `spent` was up to date
  std::uint64_t first_edge = 0; // clock edge of the hart's cycle 0
};

} // namespace acf::cpu
