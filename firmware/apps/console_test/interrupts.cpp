#include <atomic>
#include <cstdio>

#include "firmware/apps/console_test/checks.hpp"
#include "firmware/board/clint.hpp"
#include "firmware/board/device_tree.hpp"
#include "firmware/board/hart.hpp"
#include "firmware/start/start.hpp"

namespace acf::console_test {
namespace {

using trap::interrupt;

std::atomic<unsigned> ticks = 0, messages = 0;
std::uint64_t period = 0;

void next_tick() { board::clint::set_alarm(hart::id(), board::clint::now() + period); }

// Uses floating point on purpose: the interrupted program's registers must survive it.
void on_tick(trap::frame&) {
  double noise = static_cast<double>(ticks.load());
  asm volatile("fmv.d.x fa0, zero\nfmv.d.x ft0, zero\nfmv.d.x fs0, zero" : "+f"(noise)::"fa0", "ft0", "fs0");
  ++ticks;
  next_tick();
}

void on_message(trap::frame&) {
  board::clint::clear_software_interrupt(hart::id());
  ++messages;
}

void timer() {
  trap::on(interrupt::timer, on_tick);
  {
    const hart::interrupts_off quiet;
    next_tick(); // before it is enabled: where the alarm stands at reset is anybody's guess
    hart::enable(interrupt::timer);
    const auto before = board::clint::now();
    while (board::clint::now() - before < 3 * period) {
    }
    check("interrupts off", ticks == 0);
  }
  hart::sleep_until([] { return ticks >= 3; });
  check("timer", true);
}

double sum_across_ticks() {
  double sum = 0, term = 1;
  for (const auto until = ticks + 3; ticks < until; term += 1) sum += term;
  const double expected = (term - 1) * term / 2;
  return sum - expected;
}

void software() {
  trap::on(interrupt::software, on_message);
  hart::enable(interrupt::software);
  for (unsigned n = 1; n <= 10; ++n) {
    board::clint::raise_software_interrupt(hart::id());
    hart::sleep_until([n] { return messages == n; });
  }
  check("software interrupt", messages == 10);
}

void counters() {
  const auto cycles = hart::cycles(), instructions = hart::instructions_retired();
  const auto time = board::clint::now();
  while (board::clint::now() == time) {
  }
  check("counters", hart::cycles() > cycles && hart::instructions_retired() > instructions);
}

} // namespace

void interrupts() {
  const board::device_tree tree(boot().device_tree);
  const auto memory = tree.memory();
  check("device tree", tree.valid() && memory && memory->base == 0x8000'0000 && tree.find_compatible("ns16550a"));
  period = tree.timebase_frequency() / 10'000;
  if (period == 0) return check("timebase frequency", false);
  hart::enable_interrupts();
  timer();
  check("floating point across interrupts", sum_across_ticks() == 0);
  hart::disable(interrupt::timer);
  software();
  counters();
  hart::disable_interrupts();
}

} // namespace acf::console_test
