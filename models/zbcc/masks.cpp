#include "models/zbcc/masks.hpp"

#include <array>
#include <cstring>

namespace acf::zbcc {
namespace {

// 64 elements to one word; written so that compilers turn the inner loop into compare and pack.
template <typename T, T ignore>
void row_bits(const std::uint8_t* from, std::size_t n, std::size_t stride, std::uint64_t* to) {
  const auto at = [&](std::size_t i) {
    T x;
    std::memcpy(&x, from + i * stride, sizeof x);
    return static_cast<T>(x & static_cast<T>(~ignore)) != 0;
  };
  std::size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    std::array<std::uint8_t, 64> flags;
    if (stride == sizeof(T)) {
      std::array<T, 64> x;
      std::memcpy(x.data(), from + i * sizeof(T), sizeof x);
      for (std::size_t j = 0; j < 64; ++j) flags[j] = static_cast<T>(x[j] & static_cast<T>(~ignore)) != 0;
    } else {
      for (std::size_t j = 0; j < 64; ++j) flags[j] = at(i + j);
    }
    std::uint64_t word = 0;
    for (std::size_t j = 0; j < 8; ++j) {
      std::uint64_t eight;
      std::memcpy(&eight, flags.data() + 8 * j, sizeof eight);
      word |= (eight * 0x0102'0408'1020'4080 >> 56) << 8 * j; // gathers the low bits of eight bytes
    }
    to[i / 64] = word;
  }
  for (; i < n; ++i) to[i / 64] |= std::uint64_t{at(i)} << i % 64;
}

void scaled_u8_bits(const stored_matrix& m, std::size_t row, const std::array<bool, 256>& live, std::uint64_t* to) {
  const std::uint8_t* from = m.data + row * m.row_stride;
  for (std::size_t i = 0; i < m.cols; ++i) to[i / 64] |= std::uint64_t{live[from[i * m.col_stride]]} << i % 64;
}

std::array<bool, 256> live_u8(const stored_matrix& m) {
  std::array<std::uint8_t, 256> all;
  for (std::size_t i = 0; i < 256; ++i) all[i] = static_cast<std::uint8_t>(i);
  std::array<float, 256> value;
  stored_matrix table = m;
  table.data = all.data(), table.cols = 256, table.col_stride = 1, table.row_stride = 0;
  table.load(0, value.data());
  std::array<bool, 256> live;
  for (std::size_t i = 0; i < 256; ++i) live[i] = value[i] != 0.0f;
  return live;
}

} // namespace

bit_matrix non_zeros(const stored_matrix& m) {
  bit_matrix out(m.rows, m.cols);
  std::array<bool, 256> live{};
  bool plain = true; // only 0 is zero
  if (m.type == element::u8) {
    live = live_u8(m);
    for (std::size_t i = 0; i < 256; ++i) plain = plain && live[i] == (i != 0);
  }
  for (std::size_t r = 0; r < m.rows; ++r) {
    const std::uint8_t* from = m.data + r * m.row_stride;
    if (m.type == element::f32)
      row_bits<std::uint32_t, 0x8000'0000>(from, m.cols, m.col_stride, out.row(r));
    else if (m.type == element::u8 && plain)
      row_bits<std::uint8_t, 0>(from, m.cols, m.col_stride, out.row(r));
    else if (m.type == element::u8)
      scaled_u8_bits(m, r, live, out.row(r));
    else
      row_bits<std::uint16_t, 0x8000>(from, m.cols, m.col_stride, out.row(r));
  }
  return out;
}

std::uint64_t count_non_zeros(const std::uint8_t* from, element type, std::size_t n) {
  std::uint64_t count = 0;
  const std::size_t size = hal::bytes_of(type);
  for (std::size_t i = 0; i < n; ++i) {
    std::uint32_t x = 0;
    std::memcpy(&x, from + i * size, size);
    count += (x & (size == 4 ? 0x7FFF'FFFFu : 0x7FFFu)) != 0;
  }
  return count;
}

} // namespace acf::zbcc
