// The guest program of a run: its image, and its symbols for messages.
#pragma once

#include "platform/loader/debug_info.hpp"
#include "platform/loader/elf_image.hpp"
#include "platform/loader/symboliser.hpp"

namespace acf::platform {

struct program {
  elf_image image;
  symboliser symbols;
  debug_info debug;

  explicit program(const std::filesystem::path& file) : image(file), symbols(image), debug(image) {}
  bool is_code(std::uint64_t address) const { return symbols.locate(address).known(); }
};

} // namespace acf::platform
