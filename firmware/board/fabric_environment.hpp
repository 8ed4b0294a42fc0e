#pragma once
// The driver's environment on the bare machine. Link the driver to use it:
//   board::fabric_environment world;
//   driver::fabric fabric(world);
//   world.listen_to(fabric);        for waiting by interrupt
// While it waits by interrupt, the hart's timer alarm belongs to it.
#include <atomic>
#include <cstdio>

#include "firmware/board/clint.hpp"
#include "firmware/board/device_tree.hpp"
#include "firmware/board/hart.hpp"
#include "firmware/board/mmio.hpp"
#include "firmware/board/plic.hpp"
#include "firmware/start/start.hpp"
#include "sw_stack/driver/environment.hpp"
#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/hal/memory_map.hpp"

namespace acf::board {

class fabric_environment final : public driver::environment {
public:
  fabric_environment() : ticks_per_second(device_tree(boot().device_tree).timebase_frequency()) {
    if (ticks_per_second == 0) ticks_per_second = 10'000'000; // a machine without device tree
  }

  void listen_to(driver::fabric& fabric) {
    listener = &fabric;
    plic::start();
    plic::enable(hal::irq::fabric, [](unsigned) {
      listener->on_interrupt();
      interrupted = true;
    });
    hart::enable_interrupts();
    fabric.enable_interrupts();
  }

  std::uint32_t read32(std::uint64_t address) override { return mmio::read32(address); }
  std::uint64_t read64(std::uint64_t address) override { return mmio::read64(address); }
  void write32(std::uint64_t address, std::uint32_t value) override { mmio::write32(address, value); }
  void write64(std::uint64_t address, std::uint64_t value) override { mmio::write64(address, value); }
  void barrier() override { hart::full_fence(); }

  std::uint64_t now() override {
    const auto ticks = clint::now();
    return ticks / ticks_per_second * 1'000'000 + ticks % ticks_per_second * 1'000'000 / ticks_per_second;
  }

  void wait_for_interrupt(std::uint64_t deadline) override {
    const auto ticks = deadline / 1'000'000 * ticks_per_second + deadline % 1'000'000 * ticks_per_second / 1'000'000;
    clint::set_alarm(hart::id(), ticks + 1);
    while (!interrupted.exchange(false) && now() < deadline) {
      const hart::interrupts_off quiet; // the handler runs when it ends; the timer only wakes the hart
      if (interrupted) continue;
      hart::enable(trap::interrupt::timer);
      hart::wait_for_interrupt();
      hart::disable(trap::interrupt::timer);
    }
  }

  void log(std::string_view line) override { std::printf("%.*s\n", static_cast<int>(line.size()), line.data()); }

private:
  inline static driver::fabric* listener = nullptr;
  inline static std::atomic<bool> interrupted = false;
  std::uint64_t ticks_per_second;
};

} // namespace acf::board
