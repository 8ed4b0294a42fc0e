// What DWARF says about running code: which function calls were compiled into the place of the call, and how to get
// from a function's registers to those of its caller (call frame information, .debug_frame or .eh_frame).
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "platform/loader/elf_image.hpp"

namespace acf::platform {

struct inlined_call {
  std::string function; // that was compiled into its caller
  std::string file;     // of the call, as code_location has it; empty if unknown
  unsigned line = 0;    // of the call; 0 if unknown
};

struct call_frame {
  std::uint64_t pc;
  std::array<std::uint64_t, 33> x; // registers as the function at `pc` has left them; those it has lost are as found
};

// Reads what it needs at the first question.
class debug_info {
public:
  explicit debug_info(const elf_image& program);
  debug_info(debug_info&&) noexcept;
  ~debug_info();

  // Innermost first; empty where nothing was inlined, or nothing is known.
  std::vector<inlined_call> inlined_at(std::uint64_t pc) const;

  using read_memory = std::function<std::optional<std::uint64_t>(std::uint64_t address)>; // eight bytes
  // The caller of a frame, whose pc is then the address that it returns to; none where the program does not say, or
  // there is no caller. `interrupted`: the frame is not itself a caller, so its pc is that of the next instruction.
  std::optional<call_frame> caller(const call_frame& of, bool interrupted, const read_memory& read) const;
  // Whether there is call frame information for an address.
  bool describes_frames_of(std::uint64_t pc) const;

private:
  struct tables;
  const tables& need() const;
  elf_image image;
  mutable std::unique_ptr<tables> known;
};

} // namespace acf::platform
