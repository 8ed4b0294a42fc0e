#include "firmware/board/device_tree.hpp"

#include <cstring>

namespace acf::board {
namespace {

enum token : std::uint32_t { begin_node = 1, end_node = 2, prop = 3, nop = 4, end = 9 };

std::uint32_t big_endian(const std::byte* at) {
  std::uint32_t value = 0;
  for (unsigned n = 0; n < 4; ++n) value = value << 8 | std::to_integer<std::uint32_t>(at[n]);
  return value;
}

const char* text(const std::byte* at) { return reinterpret_cast<const char*>(at); }
std::size_t padded(std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; }

// The token behind the one at `at`.
const std::byte* next(const std::byte* at) {
  switch (big_endian(at)) {
  case begin_node: return at + 4 + padded(std::strlen(text(at + 4)) + 1);
  case prop: return at + 12 + padded(big_endian(at + 4));
  default: return at + 4;
  }
}

} // namespace

device_tree::device_tree(const void* blob) {
  const auto* header = static_cast<const std::byte*>(blob);
  if (!header || big_endian(header) != 0xd00dfeed) return;
  structure = header + big_endian(header + 8);
  structure_end = structure + big_endian(header + 36);
  strings = header + big_endian(header + 12);
}

template <class predicate>
std::optional<device_tree::node> device_tree::find(predicate matches) const {
  for (auto at = structure; at && at < structure_end && big_endian(at) != end; at = next(at))
    if (big_endian(at) == begin_node)
      if (const node candidate(*this, at); matches(candidate)) return candidate;
  return std::nullopt;
}

std::optional<device_tree::node> device_tree::find_compatible(std::string_view with) const {
  return find([&](const node& n) { return n.is_compatible(with); });
}

std::optional<device_tree::node> device_tree::find_named(std::string_view name) const {
  return find([&](const node& n) { return n.name() == name || n.name().substr(0, n.name().find('@')) == name; });
}

std::uint32_t device_tree::timebase_frequency() const {
  const auto cpus = find_named("cpus");
  return cpus ? cpus->cell("timebase-frequency").value_or(0) : 0;
}

std::optional<device_tree::region> device_tree::memory() const {
  const auto bank = find_named("memory");
  return bank ? bank->reg() : std::nullopt;
}

std::string_view device_tree::node::name() const { return text(begin + 4); }

// A node's properties come before its children.
std::optional<std::span<const std::byte>> device_tree::node::property(std::string_view name) const {
  for (auto at = next(begin); big_endian(at) == prop || big_endian(at) == nop; at = next(at))
    if (big_endian(at) == prop && text(tree->strings + big_endian(at + 8)) == name)
      return std::span(at + 12, big_endian(at + 4));
  return std::nullopt;
}

std::optional<std::uint32_t> device_tree::node::cell(std::string_view name, unsigned index) const {
  const auto value = property(name);
  if (!value || value->size() < 4 * (index + 1)) return std::nullopt;
  return big_endian(value->data() + 4 * index);
}

bool device_tree::node::is_compatible(std::string_view with) const {
  const auto list = property("compatible");
  if (!list) return false;
  for (std::size_t at = 0; at < list->size(); at += std::strlen(text(list->data() + at)) + 1)
    if (with == text(list->data() + at)) return true;
  return false;
}

std::optional<device_tree::region> device_tree::node::reg(unsigned index) const {
  const auto value = property("reg");
  if (!value || value->size() < 16 * (index + 1)) return std::nullopt;
  const auto doubleword = [at = value->data() + 16 * index](unsigned n) {
    return std::uint64_t{big_endian(at + 8 * n)} << 32 | big_endian(at + 8 * n + 4);
  };
  return region{doubleword(0), doubleword(1)};
}

} // namespace acf::board
