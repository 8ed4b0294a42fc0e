// Which function, file and line an address of a program belongs to, from its symbol table and DWARF line table.
#pragma once

#include <memory>
#include <vector>

#include "platform/loader/elf_image.hpp"

namespace acf::platform {

struct code_location {
  std::uint64_t pc = 0;
  std::string function;   // demangled; empty if unknown
  std::uint64_t into = 0; // bytes from the function's start
  std::string file;       // never absolute; empty if the program has no DWARF
  unsigned line = 0;      // 0 if unknown
  bool known() const { return !function.empty() || line != 0; }
};

// "pc 0x80001a34  acf::driver::queue::submit+0x12  firmware/train/epoch.cpp:88", as far as known.
std::string to_string(const code_location& where);

// Reads the tables at the first question: a run without an error does not pay for them.
class symboliser {
public:
  explicit symboliser(const elf_image& program);
  symboliser(symboliser&&) noexcept;
  ~symboliser();

  code_location locate(std::uint64_t pc) const;
  // Where the code of a line begins; a line may begin at several places. Only code that is in the image.
  struct line_start {
    std::uint64_t address;
    std::string file; // as in code_location
    unsigned line;
  };
  std::vector<line_start> lines() const;
  // Address of a function or object by its plain or demangled name, without parameters: breakpoints, tests.
  std::optional<symbol> find(std::string_view name) const;

private:
  struct tables;
  const tables& need() const;
  elf_image image;
  mutable std::unique_ptr<tables> known;
};

} // namespace acf::platform
