// Zero-value compression of a packet's payload: one bit per element (1: not zero, least significant bit first, padded
// to whole bytes), then the elements that are not zero, in order. After Rhu et al., "Compressing DMA Engine", HPCA
// 2018, with a bitmap per packet instead of per 32 elements, so that every packet can be unpacked by itself. What it
// costs: zero_codec.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace acf::same {

// Nothing when the packed form is not shorter. `raw` holds whole elements of 1, 2 or 4 bytes.
std::optional<std::vector<std::uint8_t>> pack_zeros(std::span<const std::uint8_t> raw, std::uint32_t element_bytes);

// Fills `raw`; false when `packed` is not a packed form of that many elements.
bool unpack_zeros(std::span<const std::uint8_t> packed, std::uint32_t element_bytes, std::span<std::uint8_t> raw);

} // namespace acf::same
