#pragma once
// Device access. The fence keeps device accesses in program order with each other and with memory accesses around them.
#include <cstdint>

namespace acf::board::mmio {

template <class word>
word read(std::uint64_t address) {
  const word value = *reinterpret_cast<const volatile word*>(address);
  asm volatile("fence i, rw" ::: "memory");
  return value;
}

template <class word>
void write(std::uint64_t address, word value) {
  asm volatile("fence rw, o" ::: "memory");
  *reinterpret_cast<volatile word*>(address) = value;
}

inline std::uint8_t read8(std::uint64_t address) { return read<std::uint8_t>(address); }
inline std::uint32_t read32(std::uint64_t address) { return read<std::uint32_t>(address); }
inline std::uint64_t read64(std::uint64_t address) { return read<std::uint64_t>(address); }
inline void write8(std::uint64_t address, std::uint8_t value) { write(address, value); }
inline void write32(std::uint64_t address, std::uint32_t value) { write(address, value); }
inline void write64(std::uint64_t address, std::uint64_t value) { write(address, value); }

} // namespace acf::board::mmio
