// The device tree that the boot ROM hands to software: what is where, with which interrupts. Made from plain values,
// with the node names and compatible strings of QEMU's virt machine where the devices are the same.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/config/config.hpp"
#include "sw_stack/hal/memory_map.hpp"

namespace acf::platform {

struct device_region {
  std::uint64_t base, size;
};

struct device_tree_description {
  unsigned harts = 1;
  std::string isa = "rv64imafdc_zicbom_zicboz_zicntr_zicsr_zifencei_zihpm_zba_zbb_zbs_sstc";
  std::string mmu = "riscv,sv39";         // empty: none
  unsigned cache_block = 64;              // bytes that Zicbom and Zicboz work on
  std::uint32_t timebase_hz = 10'000'000; // of MTIME
  device_region memory{hal::map::dram, 0x0800'0000};
  device_region uart{hal::map::uart, hal::map::uart_size};
  std::uint32_t uart_clock_hz = 3'686'400; // what divisors refer to; as QEMU
  device_region clint{hal::map::clint, hal::map::clint_size};
  device_region plic{hal::map::plic, hal::map::plic_size};
  device_region finisher{hal::map::test_finisher, hal::map::test_finisher_size};
  std::optional<device_region> watchdog{{hal::map::watchdog, hal::map::watchdog_size}};
  std::uint32_t watchdog_clock_hz = 100'000'000;
  std::optional<device_region> fabric{{hal::map::fabric, hal::map::fabric_size}};
  std::optional<device_region> job_image{}; // where the loader has put one: /chosen acf,job-image = <address size>
  std::string bootargs{};
};

// What the configured SoC has.
device_tree_description device_tree_of(const config& c);

// The flattened tree (Devicetree Specification 0.4, version 17).
std::vector<std::uint8_t> make_device_tree(const device_tree_description& what);

// The same as source text that dtc accepts. std::invalid_argument if the bytes are no device tree.
std::string device_tree_source(std::span<const std::uint8_t> tree);

} // namespace acf::platform
