// The peripherals on the host's bus, a line each. Register documents, header, memory map and interrupts of `describe`,
// interrupt lines, register traces, waves and fault injection follow from this table. Freestanding C++20.
#pragma once

#include "sw_stack/hal/clint_registers.hpp"
#include "sw_stack/hal/finisher_registers.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/plic_registers.hpp"
#include "sw_stack/hal/uart_registers.hpp"
#include "sw_stack/hal/watchdog_registers.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace acf::hal {

struct peripheral {
  std::string_view name;
  const register_block& registers;
  std::uint64_t base, size;
  std::uint32_t interrupt = 0; // at the PLIC; 0: none
};

namespace peripherals {
inline constexpr peripheral finisher{"test_finisher", finisher::block, map::test_finisher, map::test_finisher_size};
inline constexpr peripheral watchdog{"watchdog", watchdog::block, map::watchdog, map::watchdog_size, irq::watchdog};
inline constexpr peripheral clint{"clint", clint::block, map::clint, map::clint_size};
inline constexpr peripheral plic{"plic", plic::block, map::plic, map::plic_size};
inline constexpr peripheral uart{"uart", uart::block, map::uart, map::uart_size, irq::uart};
inline constexpr const peripheral* all[] = {&finisher, &watchdog, &clint, &plic, &uart}; // by address
} // namespace peripherals

// Names and numbers of all interrupt sources, the fabric's among them, by number.
inline constexpr auto interrupts = [] {
  constexpr auto interrupts_at_all = [](const peripheral* p) { return p->interrupt != 0; };
  constexpr auto with = std::count_if(std::begin(peripherals::all), std::end(peripherals::all), interrupts_at_all);
  std::array<std::pair<std::string_view, std::uint32_t>, 1 + with> list{{{"fabric", irq::fabric}}};
  std::size_t used = 1;
  for (const auto* p : peripherals::all)
    if (p->interrupt) list[used++] = {p->name, p->interrupt};
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return list;
}();

} // namespace acf::hal
