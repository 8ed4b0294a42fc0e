// Bad input: a file, an option or a configuration that cannot be used. The text is complete for the person who gave it;
// the command line prints it and exits with 2.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace acf::platform {

struct input_error : std::runtime_error {
  using std::runtime_error::runtime_error;
  // "FILE: complaint"; the complaint says what was expected.
  input_error(const std::filesystem::path& file, const std::string& complaint)
      : std::runtime_error(file.string() + ": " + complaint) {}
};

} // namespace acf::platform
