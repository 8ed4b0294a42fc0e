// A packet of pieces: bytes for several places of one SRAM, as an index-driven send makes them. Before every piece
// stands a word of four bytes, least significant first: bits 21..0 the offset of its place from the packet's address,
// bits 31..22 its length in bytes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace acf::same {

inline constexpr std::uint32_t piece_header = 4; // bytes
inline constexpr std::uint32_t most_piece_offset = (1u << 22) - 1;
inline constexpr std::uint32_t most_piece_bytes = (1u << 10) - 1;

// `offset` and the number of bytes are not above their limits.
inline void append_piece(std::vector<std::uint8_t>& packet, std::uint32_t offset, std::span<const std::uint8_t> bytes) {
  const std::uint32_t head = offset | static_cast<std::uint32_t>(bytes.size()) << 22;
  for (unsigned shift = 0; shift < 32; shift += 8) packet.push_back(static_cast<std::uint8_t>(head >> shift));
  packet.insert(packet.end(), bytes.begin(), bytes.end());
}

// Calls f(offset, bytes) for every piece; false if the packet does not end where a piece does, or a piece is empty:
// then it was damaged on the way.
template <class function>
bool each_piece(std::span<const std::uint8_t> packet, function f) {
  while (!packet.empty()) {
    if (packet.size() < piece_header) return false;
    const std::uint32_t head =
        packet[0] | packet[1] << 8 | packet[2] << 16 | static_cast<std::uint32_t>(packet[3]) << 24;
    const std::size_t bytes = head >> 22;
    packet = packet.subspan(piece_header);
    if (bytes == 0 || bytes > packet.size()) return false;
    f(head & most_piece_offset, packet.first(bytes));
    packet = packet.subspan(bytes);
  }
  return true;
}

} // namespace acf::same
