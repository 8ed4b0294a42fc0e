// Names of functions and files as messages show them.
#pragma once

#include <string>

namespace acf::platform {

// The C++ name without parameters, which only make messages longer; anything else stays as it is.
std::string demangle(const char* name);

// The path without what depends on the machine that compiled: relative to the directory of compilation (may be null),
// or the last two names of it.
std::string portable_path(const char* source, const char* directory);

} // namespace acf::platform
