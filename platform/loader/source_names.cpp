#include "platform/loader/source_names.hpp"

#include <cstdlib>
#include <cxxabi.h>
#include <filesystem>
#include <memory>

namespace acf::platform {

std::string demangle(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                         std::free);
  if (status != 0 || !text) return name;
  std::string full = text.get();
  // Parameters only make messages longer. They are the last parentheses, unless those are "(anonymous namespace)::".
  const auto close = full.rfind(')');
  if (close == std::string::npos || full.compare(close + 1, 2, "::") == 0) return full;
  std::size_t open = close + 1;
  for (int depth = 0; open-- > 0;) {
    depth += full[open] == ')' ? 1 : full[open] == '(' ? -1 : 0;
    if (depth == 0) break;
  }
  return open == 0 || open == std::string::npos ? full : full.substr(0, open);
}

std::string portable_path(const char* source, const char* directory) {
  namespace fs = std::filesystem;
  const auto path = fs::path(source).lexically_normal();
  if (path.is_relative()) return path.string();
  if (directory && *directory == '/') {
    const auto relative = path.lexically_relative(fs::path(directory).lexically_normal());
    if (!relative.empty() && *relative.begin() != "..") return relative.string();
  }
  return (path.parent_path().filename() / path.filename()).string();
}

} // namespace acf::platform
