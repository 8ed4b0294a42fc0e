// One call of those that lead to where a hart is.
#pragma once

#include <cstdint>

namespace acf::platform {

struct caller {
  std::uint64_t address; // that it returns to, less the call itself
  bool guessed;          // found on the stack, where it may be left over from a call long done
};

} // namespace acf::platform
