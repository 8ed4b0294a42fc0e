#pragma once
// How a program starts: what reset handed over, where the image ends, and how other harts are put to work.
#include <cstddef>
#include <cstdint>
#include <span>

namespace acf {

struct boot_info {
  std::uint64_t hart;
  const void* device_tree; // flattened; see firmware/board/device_tree.hpp
};
const boot_info& boot();

// First address behind code, data, stacks and heap: from here on DRAM is free.
std::uint64_t image_end();

// Runs `work` on another hart, which sleeps again when it returns. The stack also holds that hart's trap stack and
// thread-local variables, so give it 16 KiB or more. Returns once the hart has taken the work. One call at a time.
void start_hart(std::uint64_t hart, void (*work)(std::uint64_t hart), std::span<std::byte> stack);

} // namespace acf
