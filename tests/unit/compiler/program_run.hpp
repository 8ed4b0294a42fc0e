// What tests of compiled programs share: chips by size, a whole short run, and what the fabric had to complain about.
#pragma once

#include "sw_stack/compiler/inputs.hpp"
#include "tests/unit/compiler/fabric.hpp"

#include <string>

namespace acf::test {

inline compiler::chip mesh(std::uint32_t width, std::uint32_t height, std::uint32_t kib = 512) {
  compiler::chip c;
  c.mesh_width = width, c.mesh_height = height, c.sram_bytes = kib * 1024;
  return c;
}

inline std::string complaints(const fabric& f) {
  std::string all;
  for (const auto& c : f.complaints) all += c + "\n";
  return all;
}

// Setup, `steps` steps with mask changes where the image says so, evaluation.
inline void run_all(fabric& f, std::uint32_t steps) {
  f.run(hal::job::setup);
  for (std::uint32_t s = 1; s <= steps; ++s) {
    f.run(hal::job::step);
    for (std::uint32_t i = 0; i < f.header().regrow_count; ++i)
      if (f.word<std::uint32_t>(f.header().regrow_steps + i * 4) == s) f.run(hal::job::regrow);
  }
  f.run(hal::job::evaluate);
  f.finish();
}

} // namespace acf::test
