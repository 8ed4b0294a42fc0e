// A program for the modelled harts: a statically linked ELF for 64-bit little-endian RISC-V.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "platform/loader/input_file.hpp"

namespace acf::platform {

struct segment {
  std::uint64_t address;                   // physical
  std::uint64_t size;                      // in memory; what the file does not fill is zero
  std::span<const std::uint8_t> from_file; // at most `size` bytes
};

struct symbol {
  std::string name;
  std::uint64_t address, size;
};

class elf_image {
public:
  // input_error if the file is missing, truncated, no ELF, or for another machine than ours.
  explicit elf_image(const std::filesystem::path& path);

  const std::filesystem::path& file() const { return path; }
  std::span<const std::uint8_t> bytes() const { return *contents; }
  std::string hash() const { return sha256(*contents); }
  std::uint64_t entry() const { return start; } // physical
  std::span<const segment> segments() const { return loaded; }

  // input_error naming segment and addresses unless all segments lie in memory and the entry in a segment.
  void check(std::span<const memory_area> memory) const;

  using write_function = std::function<void(std::uint64_t address, std::span<const std::uint8_t> bytes)>;
  void load(const write_function& write) const; // zeros included

  // A symbol of that name, e.g. `tohost`.
  std::optional<symbol> find(std::string_view name) const;

private:
  void refuse_overlap() const;

  std::filesystem::path path;
  std::shared_ptr<const std::vector<std::uint8_t>> contents; // stays put when the image is moved: spans point into it
  std::uint64_t start = 0;
  std::vector<segment> loaded;
};

} // namespace acf::platform
