// What is wrong with something that was given, and where it was given.
#pragma once

#include <cstdint>
#include <string>

namespace acf::platform {

// A line of a file, or the n-th --set option (then file is "--set" and line is n).
struct origin {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct complaint {
  origin at;
  std::string text; // "key 'mesh.widht': expected ..., did you mean 'mesh.width'?"

  std::string line() const; // "FILE:LINE: text"
};

} // namespace acf::platform
