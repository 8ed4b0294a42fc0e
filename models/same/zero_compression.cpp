#include "models/same/zero_compression.hpp"

#include <algorithm>
#include <cstring>

namespace acf::same {

std::optional<std::vector<std::uint8_t>> pack_zeros(std::span<const std::uint8_t> raw, std::uint32_t element_bytes) {
  const std::size_t count = raw.size() / element_bytes, mask_bytes = (count + 7) / 8;
  std::vector<std::uint8_t> packed(mask_bytes);
  packed.reserve(raw.size() + mask_bytes);
  for (std::size_t i = 0; i < count; ++i) {
    const auto element = raw.subspan(i * element_bytes, element_bytes);
    if (std::all_of(element.begin(), element.end(), [](std::uint8_t b) { return b == 0; })) continue;
    packed[i / 8] = static_cast<std::uint8_t>(packed[i / 8] | 1u << i % 8);
    packed.insert(packed.end(), element.begin(), element.end());
  }
  if (packed.size() >= raw.size()) return std::nullopt;
  return packed;
}

bool unpack_zeros(std::span<const std::uint8_t> packed, std::uint32_t element_bytes, std::span<std::uint8_t> raw) {
  const std::size_t count = raw.size() / element_bytes, mask_bytes = (count + 7) / 8;
  if (packed.size() < mask_bytes) return false;
  std::size_t at = mask_bytes;
  for (std::size_t i = 0; i < count; ++i) {
    auto* to = &raw[i * element_bytes];
    if (!(packed[i / 8] >> i % 8 & 1)) {
      std::memset(to, 0, element_bytes);
      continue;
    }
    if (at + element_bytes > packed.size()) return false;
    std::memcpy(to, &packed[at], element_bytes);
    at += element_bytes;
  }
  return at == packed.size();
}

} // namespace acf::same
