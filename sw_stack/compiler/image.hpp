// The job image while it is built: sections are placed one behind the other and filled by offset.
#pragma once

#include "sw_stack/hal/memory_map.hpp"

#include <cstdint>
#include <cstring>
#include <vector>

namespace acf::compiler {

class image {
public:
  // Offset of `size` zero bytes at the end.
  std::uint64_t reserve(std::uint64_t size, std::uint64_t alignment = 64) {
    const std::uint64_t at = (bytes.size() + alignment - 1) / alignment * alignment;
    bytes.resize(at + size);
    return at;
  }
  template <class T>
  std::uint64_t append(const std::vector<T>& items) {
    const std::uint64_t at = reserve(items.size() * sizeof(T));
    write(at, items.data(), items.size());
    return at;
  }
  template <class T>
  void write(std::uint64_t at, const T* items, std::size_t count) {
    if (count) std::memcpy(bytes.data() + at, items, count * sizeof(T));
  }
  static constexpr std::uint64_t address(std::uint64_t offset) { return hal::map::job_image + offset; }

  std::vector<std::uint8_t> bytes;
};

} // namespace acf::compiler
