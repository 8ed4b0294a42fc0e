#include <cstdio>
#include <cstring>
#include <libfdt.h>
#include <stdexcept>
#include <string_view>

#include "platform/device_tree.hpp"

namespace acf::platform {
namespace {

// The format has no types: text is what consists of printable, non-empty strings.
bool is_text(std::string_view value) {
  if (value.empty() || value.back() != '\0' || value.front() == '\0') return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool printable = value[i] >= 0x20 && value[i] < 0x7F;
    if (!printable && (value[i] != '\0' || value[i - 1] == '\0')) return false;
  }
  return true;
}

std::string quoted(std::string_view value) {
  std::string text;
  for (std::size_t at = 0; at < value.size(); at += std::strlen(value.data() + at) + 1) {
    text += text.empty() ? "\"" : ", \"";
    for (const char* c = value.data() + at; *c; ++c) {
      if (*c == '"' || *c == '\\') text += '\\';
      text += *c;
    }
    text += '"';
  }
  return text;
}

std::string numbers(std::string_view value) {
  const bool cells = value.size() % 4 == 0;
  std::string text;
  for (std::size_t at = 0; at < value.size(); at += cells ? 4 : 1) {
    char number[16];
    if (cells)
      std::snprintf(number, sizeof number, "0x%x", fdt32_ld(reinterpret_cast<const fdt32_t*>(value.data() + at)));
    else
      std::snprintf(number, sizeof number, "%02x", static_cast<unsigned char>(value[at]));
    text += (text.empty() ? "" : " ") + std::string(number);
  }
  return cells ? "<" + text + ">" : "[" + text + "]";
}

} // namespace

std::string device_tree_source(std::span<const std::uint8_t> tree) {
  if (tree.size() < sizeof(fdt_header) || fdt_check_header(tree.data()) != 0 ||
      fdt_totalsize(tree.data()) > tree.size())
    throw std::invalid_argument("device_tree_source: no flattened device tree");
  const void* blob = tree.data();
  std::string text = "/dts-v1/;\n\n";
  std::string indent;
  bool before_child = false; // an empty line separates a node from what precedes it
  int next = 0;
  for (int at = 0;; at = next) {
    switch (fdt_next_tag(blob, at, &next)) {
    case FDT_BEGIN_NODE: {
      const std::string_view name = fdt_get_name(blob, at, nullptr);
      text += (before_child ? "\n" : "") + indent + (name.empty() ? "/" : std::string(name)) + " {\n";
      indent += '\t';
      before_child = false;
      break;
    }
    case FDT_END_NODE:
      indent.pop_back();
      text += indent + "};\n";
      before_child = true;
      break;
    case FDT_PROP: {
      int length = 0;
      const char* name = nullptr;
      const auto* value = static_cast<const char*>(fdt_getprop_by_offset(blob, at, &name, &length));
      if (!value) throw std::invalid_argument("device_tree_source: damaged device tree");
      const std::string_view bytes(value, static_cast<std::size_t>(length));
      text += indent + name;
      if (!bytes.empty()) text += " = " + (is_text(bytes) ? quoted(bytes) : numbers(bytes));
      text += ";\n";
      before_child = true;
      break;
    }
    case FDT_NOP: break;
    default: return next < 0 ? throw std::invalid_argument("device_tree_source: damaged device tree") : text;
    }
  }
}

} // namespace acf::platform
