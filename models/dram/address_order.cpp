#include "models/dram/address_order.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <stdexcept>
#include <string_view>

namespace acf::dram {

address_order::address_order(const device& d)
    : offset_bits_(static_cast<std::uint32_t>(std::bit_width(d.access_bytes()) - 1)) {
  const auto width = [](std::uint32_t n) { return static_cast<std::uint32_t>(std::bit_width(n) - 1); };
  std::array<std::uint32_t, fields> left{width(d.channels),        width(d.ranks), width(d.bank_groups),
                                         width(d.banks_per_group), width(d.rows),  width(d.columns)};
  const std::string_view text = d.order;
  constexpr std::uint32_t rest = 0xFFFF;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      ++i;
      continue;
    }
    const auto* const known =
        std::ranges::find(names, text.substr(i, 2), [](const char* n) { return std::string_view(n); });
    if (known == names.end())
      throw std::invalid_argument("'" + std::string(text.substr(i, 2)) + "'; expected fields ro, ch, ra, ba, bg, co");
    i += 2;
    std::uint32_t bits = rest;
    if (i < text.size() && std::isdigit(static_cast<unsigned char>(text[i]))) {
      bits = 0;
      for (; i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) && bits < 64; ++i)
        bits = bits * 10 + static_cast<std::uint32_t>(text[i] - '0');
    }
    parts_.push_back({static_cast<field>(known - names.begin()), bits});
  }
  std::array<bool, fields> open{};
  for (const auto& p : parts_) {
    const std::string name = names[p.what];
    if (p.bits == rest) {
      if (open[p.what]) throw std::invalid_argument(name + " comes twice; its parts need numbers of bits");
      open[p.what] = true;
    } else if (p.bits > left[p.what]) {
      throw std::invalid_argument(name + " has more bits than the device: its parts overlap");
    } else {
      left[p.what] -= p.bits;
    }
  }
  for (std::size_t f = 0; f < fields; ++f)
    if (!open[f] && left[f] > 0)
      throw std::invalid_argument(std::string(names[f]) + " lacks " + std::to_string(left[f]) +
                                  " bits: the map has a gap");
  for (auto& p : parts_)
    if (p.bits == rest) p.bits = left[p.what];
  std::ranges::reverse(parts_);
}

place address_order::find(std::uint64_t address) const {
  address >>= offset_bits_;
  std::array<std::uint32_t, fields> value{}, filled{};
  for (const auto& p : parts_) {
    value[p.what] |= static_cast<std::uint32_t>(address & ((std::uint64_t{1} << p.bits) - 1)) << filled[p.what];
    filled[p.what] += p.bits;
    address >>= p.bits;
  }
  return {value[channel], value[rank], value[group], value[bank], value[row], value[column]};
}

std::uint32_t address_order::lowest_bit(const char* name) const {
  auto bit = offset_bits_;
  for (const auto& p : parts_) {
    if (std::string_view(names[p.what]) == name && p.bits > 0) return bit;
    bit += p.bits;
  }
  throw std::invalid_argument(std::string(name) + " has no bits");
}

} // namespace acf::dram
