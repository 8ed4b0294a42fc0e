#include "platform/gdb/core_target.hpp"
#include "models/common/thread_stack.hpp"
#include "models/cpu/csr.hpp"
#include <algorithm>

namespace acf::platform::gdb {
namespace {

using sc_core::sc_time;

std::vector<register_info> list_registers() {
  std::vector<register_info> list;
  static constexpr const char* x[] = {"zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "fp", "s1", "a0",
                                      "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                                      "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
  static constexpr const char* f[] = {"ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1", "fa0",
                                      "fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4", "fs5",
                                      "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};
  using r = register_info;
  for (unsigned n = 0; n < 32; ++n)
    list.push_back({x[n], n, 64, n == 1 ? r::code_pointer : n >= 2 && n <= 4 ? r::data_pointer : r::integer, r::cpu});
  list.push_back({"pc", pc_number, 64, r::code_pointer, r::cpu});
  for (unsigned n = 0; n < 32; ++n) list.push_back({f[n], first_float + n, 64, r::floating, r::fpu});
  for (const cpu::csr_line& c : cpu::csr_lines()) {
    const bool of_fpu = c.number >= 1 && c.number <= 3;
    list.push_back(
        {std::string(c.name), first_csr + c.number, of_fpu ? 32u : 64u, r::integer, of_fpu ? r::fpu : r::csr});
  }
  list.push_back({"priv", privilege_number, 8, r::integer, r::other});
  return list;
}

} // namespace

core_target::core_target(const sc_core::sc_module_name& name, std::vector<cpu::cpu_core*> of, surroundings with)
    : sc_module(name), cores(std::move(of)), outside(std::move(with)), register_list(list_registers()) {
  for (cpu::cpu_core* c : cores) {
    others.push_back({std::move(c->on_stop), std::move(c->on_slice)});
    c->on_stop = [this](cpu::cpu_core& core, const cpu::run_result& r) { return core_stopped(core, r); };
    c->on_slice = [this](cpu::cpu_core& core) { slice_ended(core); };
  }
  SC_HAS_PROCESS(core_target);
  SC_THREAD(look_out);
  set_stack_size(common::thread_stack_bytes);
}

void core_target::open(std::unique_ptr<connection> by, bool stop_first) {
  remote = std::make_unique<server>(*this, std::move(by), outside.give_up);
  first_stop = stop_first;
  if (stop_first)
    for (cpu::cpu_core* c : cores) c->core().request_stop(); // before its first instruction
}

unsigned core_target::index_of(const cpu::cpu_core& core) const {
  unsigned n = 0;
  while (n + 1 < cores.size() && cores[n] != &core) ++n;
  return n;
}

void core_target::stand(const stop_event& event) {
  for (cpu::cpu_core* c : cores) {
    c->core().cancel_step();
    c->core().heed_stops(true);
    c->core().ebreak_stops = true;
  }
  if (outside.before_stop) outside.before_stop();
  if (outside.explain) remote->say(outside.explain(event));
  if (!remote->stopped(event)) end_run();
  if (attached()) return;
  for (cpu::cpu_core* c : cores) c->core().ebreak_stops = false;
}

void core_target::end_run() {
  was_killed = true;
  was_lost = remote->lost();
  for (cpu::cpu_core* c : cores) c->core().request_stop();
  sc_core::sc_stop();
}

void core_target::heed(unsigned hart) {
  if (!remote->attention()) return;
  switch (remote->wanted()) {
  case server::wish::none: break;
  case server::wish::stop: stand({hart, stop_kind::interrupted, 0, false}); break;
  case server::wish::end: end_run(); break;
  }
}

void core_target::set_run_mode(unsigned hart, run_mode mode) {
  cpu::hart& h = cores[hart]->core();
  h.heed_stops(mode != run_mode::unwatched);
  if (mode == run_mode::step) h.request_step();
}

bool core_target::core_stopped(cpu::cpu_core& core, const cpu::run_result& result) {
  if (!attached()) {
    if (const auto& decide = others[index_of(core)].on_stop) return decide(core, result);
    return result.why != cpu::stop::trap_loop;
  }
  if (!core.core().heeds_stops()) return true; // a trap loop; it will still be one when the debugger can be told
  stop_event event{index_of(core), stop_kind::breakpoint, 0, false};
  switch (result.why) {
  case cpu::stop::watchpoint:
    event.why = stop_kind::watchpoint;
    event.address = core.core().watch_hit.address;
    event.write = core.core().watch_hit.write;
    break;
  case cpu::stop::stepped: event.why = stop_kind::stepped; break;
  case cpu::stop::ebreak: event.why = stop_kind::ebreak; break;
  case cpu::stop::trap_loop: event.why = stop_kind::trap_loop; break;
  default: break;
  }
  stand(event);
  return !was_killed;
}

void core_target::slice_ended(cpu::cpu_core& core) {
  if (remote && first_stop) {
    first_stop = false;
    if (remote->wait_for_debugger())
      stand({index_of(core), stop_kind::interrupted, 0, false});
    else
      end_run();
  } else if (remote) {
    heed(index_of(core));
  }
  if (const auto& look = others[index_of(core)].on_slice) look(core);
}

bool core_target::nothing_to_come() const {
  return !sc_core::sc_pending_activity_at_current_time() && !sc_core::sc_pending_activity_at_future_time() &&
         !(outside.input_may_come && outside.input_may_come());
}

// All harts sleep, and nothing will ever wake them: who debugs is told, and may do something about it; otherwise the
// next debugger is waited for.
void core_target::idle() {
  if (attached())
    stand({0, stop_kind::idle, 0, false});
  else if (!remote->wait_for_debugger())
    end_run();
  else
    stand({0, stop_kind::interrupted, 0, false});
}

// Notices a debugger while all harts sleep. Where nothing else will ever happen, time does not run on without it; when
// none will come any more, it is the kernel that has nothing left to do.
void core_target::look_out() {
  while (remote && !was_killed && !remote->deserted()) {
    bool all_rest = true;
    for (const cpu::cpu_core* c : cores) all_rest = all_rest && (c->asleep() || c->halted());
    if (all_rest) heed(0);
    if (all_rest && !was_killed && !remote->deserted() && nothing_to_come()) {
      idle();
      wait(sc_core::SC_ZERO_TIME); // what a debugger has done takes effect
      continue;
    }
    const std::uint64_t now = sc_core::sc_time_stamp().value();
    const std::uint64_t period = cores.front()->config().quantum_ps; // the grid of the slices: it adds no boundary
    wait(sc_time::from_value(period - now % period));
  }
}

std::string core_target::describe(unsigned hart) const {
  const cpu::cpu_core& c = *cores[hart];
  return "hart " + std::to_string(c.core().config().id) + (c.halted() ? ", halted" : c.asleep() ? ", in wfi" : "");
}

bool core_target::read_register(unsigned hart, unsigned number, std::uint64_t& value) {
  const cpu::hart& h = cores[hart]->core();
  if (number < 32)
    value = h.x[number];
  else if (number == pc_number)
    value = h.pc;
  else if (number < first_csr)
    value = h.f[number - first_float];
  else if (number == privilege_number)
    value = static_cast<std::uint64_t>(h.mode);
  else
    return h.peek_csr(number - first_csr, value);
  return true;
}

bool core_target::write_register(unsigned hart, unsigned number, std::uint64_t value) {
  cpu::hart& h = cores[hart]->core();
  if (number == 0) return true; // wired to zero
  if (number < 32)
    h.x[number] = value;
  else if (number == pc_number)
    h.pc = value & ~std::uint64_t{1};
  else if (number < first_csr)
    h.f[number - first_float] = value;
  else if (number == privilege_number) {
    if (value != 0 && value != 1 && value != 3) return false;
    h.poke_mode(static_cast<cpu::privilege>(value));
  } else {
    const unsigned csr = number - first_csr;
    std::uint64_t now = 0;
    const bool read_only = csr >> 10 == 3;
    return read_only ? h.peek_csr(csr, now) && now == value : h.poke_csr(csr, value);
  }
  return true;
}

// By pages, each of which may lie anywhere in physical memory or nowhere.
template <class Move>
std::size_t core_target::by_pages(unsigned hart, std::uint64_t address, std::size_t size, Move move) {
  constexpr std::uint64_t page = 4096;
  std::size_t done = 0;
  while (done < size) {
    const std::uint64_t at = address + done;
    const auto piece = static_cast<unsigned>(std::min<std::uint64_t>(size - done, page - at % page));
    std::uint64_t physical = at;
    if (!physical_addresses && !cores[hart]->core().debug_translate(at, physical)) break;
    const std::size_t moved = move(physical, done, piece);
    done += moved;
    if (moved != piece) break;
  }
  return done;
}

std::size_t core_target::read_memory(unsigned hart, std::uint64_t address, char* data, std::size_t size) {
  return by_pages(hart, address, size, [&](std::uint64_t at, std::size_t offset, unsigned n) {
    return cores[hart]->peek(at, data + offset, n);
  });
}

std::size_t core_target::write_memory(unsigned hart, std::uint64_t address, const char* data, std::size_t size) {
  const std::size_t written = by_pages(hart, address, size, [&](std::uint64_t at, std::size_t offset, unsigned n) {
    return cores[hart]->poke(at, data + offset, n);
  });
  for (cpu::cpu_core* c : cores) c->core().code_changed();
  return written;
}

std::string core_target::monitor(const std::string& command) {
  if (command == "physical on" || command == "physical off") {
    physical_addresses = command == "physical on";
    return std::string("addresses are now ") + (physical_addresses ? "physical" : "those of the running program") +
           "\n";
  }
  return outside.monitor ? outside.monitor(command) : "";
}

void core_target::set_stop_points(const std::vector<stop_point>& all) {
  std::set<std::uint64_t> breakpoints;
  std::set<cpu::watchpoint> watchpoints;
  for (const stop_point& p : all) {
    if (p.what == stop_point::software || p.what == stop_point::hardware)
      breakpoints.insert(p.address);
    else
      watchpoints.insert(
          {p.address, p.address + (p.length - 1), p.what != stop_point::write, p.what != stop_point::read});
  }
  for (cpu::cpu_core* c : cores) {
    c->core().set_breakpoints(breakpoints);
    c->core().set_watchpoints(watchpoints);
  }
}

void core_target::ended(int exit_code) {
  if (remote) remote->ended(exit_code);
}
void core_target::terminated() {
  if (remote) remote->terminated();
}

} // namespace acf::platform::gdb
