// Three kinds of interrupts: the timer ticks, the hart interrupts itself, and the UART announces what somebody types.
// Type a line: it is echoed. Without input for a second the program ends as well.
#include <array>
#include <atomic>
#include <cstdio>

#include "firmware/board/clint.hpp"
#include "firmware/board/console.hpp"
#include "firmware/board/device_tree.hpp"
#include "firmware/board/hart.hpp"
#include "firmware/board/plic.hpp"
#include "firmware/start/start.hpp"
#include "sw_stack/hal/memory_map.hpp"

namespace {

using namespace acf;
using acf::trap::interrupt;

std::atomic<unsigned> ticks = 0, messages = 0, characters = 0, uart_interrupts = 0;
std::atomic<bool> line_complete = false, too_late = false;
std::array<char, 80> line;
std::uint64_t period;

void on_tick(trap::frame&) {
  ++ticks;
  board::clint::set_alarm(hart::id(), board::clint::now() + period);
}

void on_timeout(trap::frame&) {
  too_late = true;
  board::clint::set_alarm(hart::id(), board::clint::never);
}

void on_message(trap::frame&) {
  ++messages;
  board::clint::clear_software_interrupt(hart::id());
}

void on_receive(unsigned) {
  ++uart_interrupts;
  while (const auto c = board::console::get()) {
    if (*c == '\n' || *c == '\r')
      line_complete = true;
    else if (characters < line.size())
      line[characters++] = *c;
  }
}

} // namespace

int main() {
  const board::device_tree tree(boot().device_tree);
  const auto second = tree.timebase_frequency();
  if (second == 0) return 1;

  period = second / 1000;
  trap::on(interrupt::timer, on_tick);
  board::clint::set_alarm(hart::id(), board::clint::now() + period);
  hart::enable(interrupt::timer);
  hart::enable_interrupts();
  hart::sleep_until([] { return ticks >= 5; });
  hart::disable(interrupt::timer);
  std::printf("timer: 5 ticks\n");

  trap::on(interrupt::software, on_message);
  hart::enable(interrupt::software);
  for (unsigned n = 1; n <= 3; ++n) {
    board::clint::raise_software_interrupt(hart::id());
    hart::sleep_until([n] { return messages == n; });
  }
  std::printf("software: %u messages\n", messages.load());

  board::plic::start();
  board::plic::enable(hal::irq::uart, on_receive);
  board::console::enable_receive_interrupt(true);
  trap::on(interrupt::timer, on_timeout);
  board::clint::set_alarm(hart::id(), board::clint::now() + second);
  hart::enable(interrupt::timer);
  hart::sleep_until([] { return line_complete || too_late; });
  board::console::enable_receive_interrupt(false);
  std::printf("uart: %u characters: \"%.*s\"\n", characters.load(), static_cast<int>(characters), line.data());

  const bool announced = characters == 0 || uart_interrupts > 0;
  return messages == 3 && announced ? 0 : 1;
}
