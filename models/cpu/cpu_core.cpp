#include "models/cpu/cpu_core.hpp"

#include "models/common/thread_stack.hpp"
#include <algorithm>

namespace acf::cpu {

using sc_core::sc_time;
using sc_core::sc_time_stamp;
__extension__ using u128 = unsigned __int128;

namespace {
constexpr std::uint64_t ps_per_second = 1'000'000'000'000;

class in_progress {
public:
  explicit in_progress(bool& what) : flag(what) { flag = true; }
  ~in_progress() { flag = false; }
  in_progress(const in_progress&) = delete;
  in_progress& operator=(const in_progress&) = delete;

private:
  bool& flag;
};

} // namespace

cpu_core::cpu_core(const sc_core::sc_module_name& name, const cpu_core_config& config, common::turns& order)
    : sc_module(name),
      configuration(config),
      turn{order, common::rank::first_hart + config.hart.id},
      processor(*this, config.hart) {
  bus.register_invalidate_direct_mem_ptr(this, &cpu_core::invalidate);
  SC_HAS_PROCESS(cpu_core);
  SC_THREAD(run);
  set_stack_size(common::thread_stack_bytes);
}

sc_time cpu_core::time_of(std::uint64_t edge) const {
  return sc_time::from_value(static_cast<std::uint64_t>(u128{edge} * ps_per_second / configuration.frequency_hz));
}
std::uint64_t cpu_core::edge_at_or_after(const sc_time& t) const {
  // The first edge whose (rounded down) time is not before t.
  const u128 product = u128{t.value()} * configuration.frequency_hz;
  auto edge = static_cast<std::uint64_t>((product + ps_per_second - 1) / ps_per_second);
  while (edge > 0 && time_of(edge - 1) >= t) --edge;
  return edge;
}

cycles cpu_core::slice() const {
  const bool alone = !others_run || !others_run();
  const std::uint64_t step = alone ? configuration.quantum_ps : configuration.exchange_ps;
  sc_time end = sc_time::from_value((sc_time_stamp().value() / step + 1) * step);
  if (timer_at > sc_time_stamp()) end = std::min(end, timer_at);
  sc_time event;
  if (alone && sc_core::sc_get_curr_simcontext()->next_time(event)) end = std::min(end, event);
  const std::uint64_t last = edge_at_or_after(end), next = first_edge + processor.cycle;
  return last > next ? last - next : 0;
}

void cpu_core::sample_interrupts() {
  processor.set_interrupt(interrupt::machine_software, msip.read());
  processor.set_interrupt(interrupt::machine_timer, mtip.read());
  processor.set_interrupt(interrupt::machine_external, meip.read());
  processor.set_interrupt(interrupt::supervisor_external, seip.read());
  processor.sample_timer();
}

// Simulated time catches up with the hart. Whatever else happens at that instant happens first: the hart then sees all
// of it, and knows of all events to come.
void cpu_core::wait_until(std::uint64_t edge) {
  const sc_time target = time_of(edge);
  if (target > sc_time_stamp()) wait(target - sc_time_stamp());
  turn.take();
  sample_interrupts();
}

void cpu_core::run() {
  for (;;) {
    wait_until(first_edge + processor.cycle);
    was_reset = false;
    if (wants_reset) {
      wants_reset = false;
      first_edge += processor.cycle; // the counters start again, the clock does not
      processor.reset();
      counted = {processor.cycle, processor.performed[event::device_cycles]};
    }
    const std::uint64_t slice_end = processor.cycle + slice();
    for (bool same_slice = true; same_slice;) {
      const run_result r = processor.run(slice_end > processor.cycle ? slice_end - processor.cycle : 0);
      same_slice = false;
      switch (r.why) {
      case stop::breakpoint:
      case stop::watchpoint:
      case stop::ebreak:
      case stop::stepped:
      case stop::trap_loop:
        // Goes on as if it had not stopped: the end of the slice does not move.
        same_slice = on_stop && on_stop(*this, r); // a debugger may step on
        count();
        if (!same_slice) halt();
        break;
      case stop::wfi:
        count();
        sleep();
        break;
      default: count(); break;
      }
    }
    if (on_slice) on_slice(*this);
  }
}

void cpu_core::sleep() {
  wait_until(first_edge + processor.cycle);
  sleeping = true;
  while (!processor.interrupt_waits() && !wants_reset && !was_reset) {
    wait(msip.value_changed_event() | mtip.value_changed_event() | meip.value_changed_event() |
         seip.value_changed_event() | timer_due | reset_requested);
    sample_interrupts();
  }
  sleeping = false;
  const std::uint64_t edge = edge_at_or_after(sc_time_stamp()), before = first_edge + processor.cycle;
  if (edge > before) {
    spent.asleep += edge - before;
    processor.idle(edge - before);
    counted.cycle = processor.cycle;
  }
}

void cpu_core::halt() {
  stopped = true;
  while (!wants_reset && !was_reset) wait(reset_requested);
  stopped = false;
  const auto edge = edge_at_or_after(sc_time_stamp()), before = first_edge + processor.cycle;
  spent.halted += edge - before;
  first_edge = edge - processor.cycle;
}

core_account cpu_core::unaccounted() const {
  core_account a;
  a.bus = processor.performed.happened[static_cast<std::size_t>(event::device_cycles)] - counted.device_cycles;
  a.executed = processor.cycle - counted.cycle - a.bus;
  return a;
}

void cpu_core::count() {
  const auto a = unaccounted();
  spent.executed += a.executed;
  spent.bus += a.bus;
  counted = {processor.cycle, processor.performed[event::device_cycles]};
}

cycles cpu_core::edges() const { return std::max(edge_at_or_after(sc_time_stamp()), first_edge + processor.cycle); }

core_account cpu_core::account() const {
  auto a = spent;
  const auto recent = unaccounted(); // a hart that waits for a device is in the middle of a slice
  a.executed += recent.executed;
  a.bus += recent.bus;
  const auto since = edges() - (first_edge + processor.cycle);
  if (sleeping) a.asleep += since;
  if (stopped) a.halted += since;
  return a;
}

void cpu_core::reset() {
  wants_reset = true;
  processor.request_stop();
  reset_requested.notify(sc_core::SC_ZERO_TIME);
}

void cpu_core::reset_at_once() {
  if (on_bus) return reset();
  count();
  const auto before = first_edge + processor.cycle, now = std::max(edge_at_or_after(sc_time_stamp()), before);
  if (sleeping) spent.asleep += now - before;
  if (stopped) spent.halted += now - before;
  first_edge = sleeping || stopped ? now : before;
  processor.reset();
  counted = {processor.cycle, processor.performed[event::device_cycles]};
  was_reset = true;
  processor.request_stop(); // its slice was that of the time before
  reset_requested.notify(sc_core::SC_ZERO_TIME);
}

void cpu_core::timer_set(std::uint64_t due) {
  timer_value = due;
  timer_at = due == ~std::uint64_t{0} || !time_of_mtime ? sc_core::sc_max_time() : time_of_mtime(due);
  timer_due.cancel();
  if (timer_at == sc_core::sc_max_time() || timer_at <= sc_time_stamp()) return;
  timer_due.notify(timer_at - sc_time_stamp());
  processor.reconsider_slice();
}

bus_result cpu_core::transport(tlm::tlm_command command, std::uint64_t address, void* data, unsigned size,
                               cycles& latency) {
  const in_progress access(on_bus);
  wait_until(first_edge + processor.cycle);
  return transport_now(command, address, data, size, latency);
}

bus_result cpu_core::exchange(std::uint64_t address, unsigned size, std::uint64_t& old,
                              const std::function<std::optional<std::uint64_t>(std::uint64_t)>& change,
                              cycles& latency) {
  const in_progress access(on_bus);
  wait_until(first_edge + processor.cycle);
  if (transport_now(tlm::TLM_READ_COMMAND, address, &old, size, latency) != bus_result::ok) return bus_result::fault;
  auto now = change(old);
  if (!now) return bus_result::ok;
  cycles more = 0;
  const bus_result r = transport_now(tlm::TLM_WRITE_COMMAND, address, &*now, size, more);
  latency += more;
  return r;
}

bus_result cpu_core::transport_now(tlm::tlm_command command, std::uint64_t address, void* data, unsigned size,
                                   cycles& latency) {
  const std::uint64_t start = first_edge + processor.cycle;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(static_cast<unsigned char*>(data));
  payload.set_data_length(size);
  payload.set_streaming_width(size);
  payload.set_byte_enable_ptr(nullptr);
  payload.set_byte_enable_length(0);
  payload.set_dmi_allowed(false);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_time delay = sc_core::SC_ZERO_TIME;
  bus->b_transport(payload, delay);
  const std::uint64_t end = edge_at_or_after(sc_time_stamp() + delay);
  latency = end > start ? end - start : 0;
  if (payload.is_dmi_allowed()) processor.retry_direct();
  sample_interrupts();
  processor.reconsider_slice(); // the device may have scheduled something nearer than the end of the slice
  return payload.is_response_ok() ? bus_result::ok : bus_result::fault;
}

bus_result cpu_core::read(std::uint64_t address, void* data, unsigned size, cycles& latency) {
  return transport(tlm::TLM_READ_COMMAND, address, data, size, latency);
}
bus_result cpu_core::write(std::uint64_t address, const void* data, unsigned size, cycles& latency) {
  unsigned char copy[8]; // a payload wants mutable data
  std::memcpy(copy, data, size);
  return transport(tlm::TLM_WRITE_COMMAND, address, copy, size, latency);
}

std::optional<direct_region> cpu_core::direct(std::uint64_t address, bool for_write) {
  tlm::tlm_dmi dmi;
  payload.set_command(for_write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(address);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  if (!bus->get_direct_mem_ptr(payload, dmi) || !dmi.get_dmi_ptr() || !dmi.is_read_allowed()) return {};
  return direct_region{dmi.get_start_address(), dmi.get_end_address(), reinterpret_cast<std::byte*>(dmi.get_dmi_ptr()),
                       dmi.is_write_allowed()};
}

unsigned cpu_core::peek(std::uint64_t address, void* data, unsigned size) {
  tlm::tlm_generic_payload request;
  request.set_read();
  request.set_address(address);
  request.set_data_ptr(static_cast<unsigned char*>(data));
  request.set_data_length(size);
  request.set_streaming_width(size);
  return bus->transport_dbg(request);
}
unsigned cpu_core::poke(std::uint64_t address, const void* data, unsigned size) {
  std::vector<unsigned char> copy(static_cast<const unsigned char*>(data),
                                  static_cast<const unsigned char*>(data) + size);
  tlm::tlm_generic_payload request;
  request.set_write();
  request.set_address(address);
  request.set_data_ptr(copy.data());
  request.set_data_length(size);
  request.set_streaming_width(size);
  const unsigned done = bus->transport_dbg(request);
  processor.code_changed();
  return done;
}

} // namespace acf::cpu
