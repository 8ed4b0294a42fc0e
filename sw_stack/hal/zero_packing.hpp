// Zero-value compression: one bit per element (1: not zero, least significant bit first, padded to whole bytes), then
// the elements that are not zero, in order. After Rhu et al., "Compressing DMA Engine", HPCA 2018, with a bitmap per
// piece of up to 1 KiB instead of per 32 elements, so that every packet can be unpacked by itself. It is how packets
// between tiles travel and how DMA keeps data in DRAM, where the flag compress asks for it; what it costs:
// models/same/zero_codec.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace acf::hal {

inline constexpr std::uint32_t packed_piece = 1024; // bytes before packing, at most

namespace zero_packing {

template <typename T>
T element(const std::uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

// Mask and elements as they travel; `to` has room for the mask and all elements. Returns the end of what it wrote.
template <typename T>
std::uint8_t* pack(const std::uint8_t* raw, std::size_t count, std::uint8_t* to) {
  auto* mask = to;
  to += (count + 7) / 8;
  for (std::size_t i = 0; i < count; i += 8) {
    unsigned bits = 0;
    const auto n = std::min<std::size_t>(8, count - i);
    for (std::size_t k = 0; k < n; ++k) {
      const auto value = element<T>(raw + (i + k) * sizeof(T));
      std::memcpy(to, &value, sizeof value); // overwritten by the next one if it is zero
      bits |= unsigned{value != 0} << k;
      to += value != 0 ? sizeof(T) : 0;
    }
    *mask++ = static_cast<std::uint8_t>(bits);
  }
  return to;
}

template <typename T>
bool unpack(std::span<const std::uint8_t> packed, std::size_t count, std::uint8_t* to) {
  const std::size_t mask_bytes = (count + 7) / 8;
  if (packed.size() < mask_bytes) return false;
  std::size_t elements = 0, i = 0;
  for (; i + 8 <= mask_bytes; i += 8)
    elements += static_cast<std::size_t>(std::popcount(element<std::uint64_t>(&packed[i])));
  for (; i < mask_bytes; ++i) elements += static_cast<std::size_t>(std::popcount(packed[i]));
  if (count % 8 != 0 && packed[mask_bytes - 1] >> count % 8 != 0) return false;
  if (packed.size() != mask_bytes + elements * sizeof(T)) return false;
  std::memset(to, 0, count * sizeof(T));
  const auto* from = packed.data() + mask_bytes;
  for (i = 0; i < mask_bytes; ++i)
    for (unsigned bits = packed[i]; bits != 0; bits &= bits - 1, from += sizeof(T))
      std::memcpy(to + (i * 8 + static_cast<unsigned>(std::countr_zero(bits))) * sizeof(T), from, sizeof(T));
  return true;
}

} // namespace zero_packing

// Nothing when the packed form is not shorter. `raw` holds whole elements of 1, 2 or 4 bytes.
inline std::optional<std::vector<std::uint8_t>> pack_zeros(std::span<const std::uint8_t> raw,
                                                           std::uint32_t element_bytes) {
  const std::size_t count = raw.size() / element_bytes;
  std::vector<std::uint8_t> packed((count + 7) / 8 + (count + 1) * element_bytes);
  const auto with = [&]<typename T>(T) { return zero_packing::pack<T>(raw.data(), count, packed.data()); };
  const auto* end = element_bytes == 1   ? with(std::uint8_t{})
                    : element_bytes == 2 ? with(std::uint16_t{})
                                         : with(std::uint32_t{});
  packed.resize(static_cast<std::size_t>(end - packed.data()));
  if (packed.size() >= raw.size()) return std::nullopt;
  return packed;
}

// Fills `raw`; false when `packed` is not a packed form of that many elements.
inline bool unpack_zeros(std::span<const std::uint8_t> packed, std::uint32_t element_bytes,
                         std::span<std::uint8_t> raw) {
  const std::size_t count = raw.size() / element_bytes;
  const auto with = [&]<typename T>(T) { return zero_packing::unpack<T>(packed, count, raw.data()); };
  return element_bytes == 1 ? with(std::uint8_t{}) : element_bytes == 2 ? with(std::uint16_t{}) : with(std::uint32_t{});
}

} // namespace acf::hal
