#include "models/common/register_space.hpp"

#include <algorithm>
#include <stdexcept>

namespace acf::common {

void register_space::place(std::uint64_t base, std::uint64_t size, register_target& port) {
  const auto next = std::ranges::upper_bound(ranges, base, {}, &range::base);
  if ((next != ranges.end() && size > next->base - base) ||
      (next != ranges.begin() && base - std::prev(next)->base < std::prev(next)->size))
    throw std::logic_error("register_space: blocks overlap at offset " + std::to_string(base));
  ranges.insert(next, {base, size, &port});
}

const register_space::range* register_space::find(std::uint64_t offset) const {
  const auto next = std::ranges::upper_bound(ranges, offset, {}, &range::base);
  if (next == ranges.begin()) return nullptr;
  const auto& r = *std::prev(next);
  return offset - r.base < r.size ? &r : nullptr;
}

access_result register_space::read(std::uint64_t offset, unsigned size, std::uint64_t& value) {
  const auto* r = find(offset);
  return r ? r->port->read(offset - r->base, size, value) : access_result::unmapped;
}

access_result register_space::write(std::uint64_t offset, unsigned size, std::uint64_t value) {
  const auto* r = find(offset);
  return r ? r->port->write(offset - r->base, size, value) : access_result::unmapped;
}

std::size_t register_space::peek(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  const auto* r = find(offset);
  return r ? r->port->peek(offset - r->base, bytes) : 0;
}

std::size_t register_space::poke(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  const auto* r = find(offset);
  return r ? r->port->poke(offset - r->base, bytes) : 0;
}

} // namespace acf::common
