// Files that a user hands to the platform: reading, placing in memory, and saying what is wrong with them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "platform/config/input_error.hpp"

namespace acf::platform {

// input_error if the file is missing, a directory, or not readable.
std::vector<std::uint8_t> read_file(const std::filesystem::path& file);

// 64 hexadecimal digits.
std::string sha256(std::span<const std::uint8_t> bytes);

struct memory_area {
  std::string name;
  std::uint64_t base, size;
  bool holds(std::uint64_t address, std::uint64_t bytes) const {
    return address >= base && bytes <= size && address - base <= size - bytes;
  }
};

// input_error unless one area holds [address, address + bytes); `what` names the thing: "segment 2".
void require_inside(const std::filesystem::path& file, const std::string& what, std::uint64_t address,
                    std::uint64_t bytes, std::span<const memory_area> memory);

std::string hex(std::uint64_t value); // 0x80000000

// --load FILE@ADDR
struct raw_image {
  std::filesystem::path file;
  std::uint64_t address;
  std::vector<std::uint8_t> bytes;
};
// The file is everything before the last @; the address decimal or 0x..., underscores allowed. input_error if there is
// no address, or the file cannot be read or does not fit.
raw_image read_raw_image(const std::string& argument, std::span<const memory_area> memory);

} // namespace acf::platform
