// An output that could not be written, for a reason of the system's: the command line prints it and exits with 3.
#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace acf::platform {

struct output_error : std::runtime_error {
  // `reason`: errno of the write that failed; 0: it did not say.
  output_error(const std::string& output, int reason)
      : std::runtime_error(output + " could not be written completely: " + std::strerror(reason != 0 ? reason : EIO)) {}
};

} // namespace acf::platform
