// Every register block of a chip with its place in the memory map: what `acf-vp regs`, gdb's `monitor` and the mmio
// trace call things. Made from the blocks of sw_stack/hal and the configuration; there is no other list.
#pragma once

#include "platform/config/config.hpp"
#include "sw_stack/hal/registers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acf::platform {

// One block, or `count` equal ones `stride` bytes apart. With `columns` they are named by place: TILE(x,y).
struct block_instances {
  const hal::register_block* block = nullptr;
  std::uint64_t base = 0;
  std::uint32_t count = 1;
  std::uint64_t stride = 0;
  std::uint32_t columns = 0;
  std::uint32_t first = 0; // number of the first of them: not 0 when one was picked out of many

  // Of the chip: array elements for harts and mesh nodes that are not there are not there.
  std::uint32_t harts = 1, nodes = 0;

  std::uint64_t base_of(std::uint32_t instance) const { return base + instance * stride; }
  std::string name_of(std::uint32_t instance) const; // "GLOBAL", "TILE(2,1)"
  std::uint32_t count_of(const hal::reg& r) const;   // elements of an array of registers on this chip
};

std::vector<block_instances> register_map(const config& c);

// Value after reset of a register of one instance. Registers that describe the chip take it from the configuration.
// Nothing for registers whose value after reset is not one number (routing tables, running counters).
std::optional<std::uint64_t> reset_of(const config& c, const block_instances& b, std::uint32_t instance,
                                      const hal::reg& r);

// The common value for all instances, if there is one.
std::optional<std::uint64_t> reset_of_all(const config& c, const block_instances& b, const hal::reg& r);

std::string_view name_of(hal::access a);
std::string_view access_of(const hal::reg& r); // of the whole register: ro, rw, wo, w1c, w1s

// Bits that a read shows as they are: neither write-only nor those that always read as zero.
std::uint64_t read_mask(const hal::reg& r);

// The register at an address.
struct register_place {
  const block_instances* block;
  std::uint32_t instance;
  const hal::reg* reg;
  std::uint32_t index; // in an array of registers
  std::uint32_t byte;  // of the address inside the register

  std::string name() const; // "TILE(2,1).SEMAPHORE[3]"
};
std::optional<register_place> find_register(const std::vector<block_instances>& map, std::uint64_t address);

} // namespace acf::platform
