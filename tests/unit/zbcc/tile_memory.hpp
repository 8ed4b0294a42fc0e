// A tile's SRAM under test: places tensors in it, builds commands over them, runs them through the datapath.
#pragma once

#include "models/zbcc/datapath.hpp"
#include "tests/unit/zbcc/reference.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace test {

using namespace acf::zbcc;
namespace hal = acf::hal;
using hal::element;
using hal::opcode;

inline std::mt19937& random_bits() {
  static std::mt19937 generator(20240607);
  return generator;
}
inline std::uint32_t below(std::uint32_t n) { return random_bits()() % n; }
inline std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + below(high - low + 1); }

// What a random tensor is made of.
struct mix {
  double zeros = 0.3;
  double special = 0.0; // infinities, NaN, denormals, -0, huge
};
inline float random_value(mix m) {
  std::uniform_real_distribution<double> share(0, 1);
  std::normal_distribution<float> normal;
  auto& g = random_bits();
  if (share(g) < m.zeros) return share(g) < 0.3 ? -0.0f : 0.0f;
  if (share(g) < m.special) {
    const std::uint32_t choices[] = {0x7F80'0000, 0xFF80'0000, 0x7FC0'0001, 0x0000'0001,
                                     0x8040'0000, 0x7F7F'FFFF, 0x0080'0000};
    return reference::float_of(choices[below(std::size(choices))]);
  }
  return normal(g);
}

class tile_memory {
public:
  std::vector<std::uint8_t> sram;
  std::array<std::uint64_t, 16> scalars{};

  explicit tile_memory(std::size_t bytes = 64 * 1024) : sram(bytes) { // as at power-on: random
    for (std::size_t i = 0; i < bytes; i += 4) put<std::uint32_t>(i, random_bits()());
  }

  std::uint32_t room(std::uint64_t bytes) {
    const std::uint32_t at = next;
    next += static_cast<std::uint32_t>((bytes + 7) / 4 * 4); // a gap, so that writing past the end shows
    EXPECT_LE(next, sram.size());
    return at;
  }

  // A dense view of its own bytes; with `gap` its rows are not adjacent.
  hal::view_record dense(element e, std::uint32_t rows, std::uint32_t cols = 1, bool gap = false) {
    hal::view_record v;
    const std::uint32_t size = hal::bytes_of(e), pitch = (cols + (gap ? between(1, 5) : 0)) * size;
    v.type = static_cast<std::uint8_t>(e);
    v.dim = {rows, cols, 1, 0};
    v.stride = {pitch, size, 0, 0};
    v.base = room(std::uint64_t{rows} * pitch + size);
    return v;
  }
  hal::view_record random(element e, std::uint32_t rows, std::uint32_t cols, mix m, bool gap = false) {
    hal::view_record v = dense(e, rows, cols, gap);
    for (std::uint32_t i = 0; i < rows; ++i)
      for (std::uint32_t j = 0; j < cols; ++j)
        if (e == element::u8)
          set_bits(v, i, j, below(3) == 0 ? 0 : below(256));
        else
          set(v, i, j, random_value(m));
    return v;
  }

  template <typename T>
  T word(std::uint64_t address) const {
    T x{};
    std::memcpy(&x, sram.data() + address, sizeof x);
    return x;
  }
  template <typename T>
  void put(std::uint64_t address, T x) {
    std::memcpy(sram.data() + address, &x, sizeof x);
  }
  template <typename T>
  std::uint32_t place(const std::vector<T>& values) {
    const std::uint32_t at = room(values.size() * sizeof(T));
    for (std::size_t i = 0; i < values.size(); ++i) put(at + i * sizeof(T), values[i]);
    return at;
  }
  hal::view_record words(const std::vector<std::uint32_t>& values, std::uint32_t cols = 1) {
    hal::view_record v = dense(element::u32, static_cast<std::uint32_t>(values.size()) / cols, cols);
    for (std::size_t i = 0; i < values.size(); ++i) put(v.base + 4 * i, values[i]);
    return v;
  }

  static std::uint64_t address(const hal::view_record& v, std::uint32_t i, std::uint32_t j = 0) {
    return v.base + std::uint64_t{i} * v.stride[0] + std::uint64_t{j} * v.stride[1];
  }
  std::uint32_t bits(const hal::view_record& v, std::uint32_t i, std::uint32_t j = 0) const {
    std::uint32_t x = 0;
    std::memcpy(&x, sram.data() + address(v, i, j), hal::bytes_of(static_cast<element>(v.type)));
    return x;
  }
  void set_bits(const hal::view_record& v, std::uint32_t i, std::uint32_t j, std::uint32_t x) {
    std::memcpy(sram.data() + address(v, i, j), &x, hal::bytes_of(static_cast<element>(v.type)));
  }
  float get(const hal::view_record& v, std::uint32_t i, std::uint32_t j = 0) const {
    return reference::decode(bits(v, i, j), static_cast<element>(v.type));
  }
  void set(const hal::view_record& v, std::uint32_t i, std::uint32_t j, float x) {
    set_bits(v, i, j, reference::encode(x, static_cast<element>(v.type)));
  }

  // A random bsr4x4 matrix [rows, cols] of that type; slots are shuffled.
  hal::view_record sparse(element e, std::uint32_t rows, std::uint32_t cols, double density, mix m) {
    hal::view_record v;
    v.type = static_cast<std::uint8_t>(e);
    v.layout = static_cast<std::uint8_t>(hal::format::bsr4x4);
    v.dim = {rows, cols, 0, 0};
    std::vector<std::uint32_t> pointers{0}, columns;
    for (std::uint32_t r = 0; r < rows / 4; ++r) {
      for (std::uint32_t c = 0; c < cols / 4; ++c)
        if (random_bits()() < density * 4294967296.0) columns.push_back(c);
      pointers.push_back(static_cast<std::uint32_t>(columns.size()));
    }
    const auto n = static_cast<std::uint32_t>(columns.size());
    v.capacity = n + below(3);
    std::vector<std::uint32_t> slots(v.capacity), entries;
    for (std::uint32_t s = 0; s < v.capacity; ++s) slots[s] = s;
    std::shuffle(slots.begin(), slots.end(), random_bits());
    for (std::uint32_t i = 0; i < n; ++i) entries.insert(entries.end(), {columns[i], slots[i]});
    v.pointers = place(pointers);
    v.indices = place(entries);
    const hal::view_record values = random(e, std::max(1u, v.capacity), 16, m);
    v.base = values.base;
    return v;
  }
  // Element (n, k) of a bsr4x4 view, read the slow way.
  float sparse_element(const hal::view_record& v, std::uint32_t n, std::uint32_t k, bool inside_transposed) const {
    const auto first = word<std::uint32_t>(v.pointers + n / 4 * 4),
               last = word<std::uint32_t>(v.pointers + n / 4 * 4 + 4);
    const std::uint32_t size = hal::bytes_of(static_cast<element>(v.type));
    for (std::uint32_t i = first; i < last; ++i) {
      if (word<std::uint32_t>(v.indices + 8 * i) != k / 4) continue;
      const auto slot = word<std::uint32_t>(v.indices + 8 * i + 4);
      const std::uint32_t inside = inside_transposed ? 4 * (k % 4) + n % 4 : 4 * (n % 4) + k % 4;
      std::uint32_t x = 0;
      std::memcpy(&x, sram.data() + v.base + (16 * slot + inside) * size, size);
      return reference::decode(x, static_cast<element>(v.type));
    }
    return 0.0f;
  }

private:
  std::uint32_t next = 64;
};

struct request {
  hal::command command;
  hal::extension extension;
  std::array<resolved_view, 8> views{};

  explicit request(opcode op) { command.op = static_cast<std::uint8_t>(op); }
  request& view(std::size_t i, const hal::view_record& v, std::uint64_t offset = 0) {
    views[i] = {v, offset, resolved_view::state::defined};
    return *this;
  }
  request& param(std::size_t i, std::uint32_t x) {
    command.param[i] = x;
    return *this;
  }
};

inline const datapath& standard() {
  static const datapath d{engine_config{}};
  return d;
}

inline outcome prepare(tile_memory& t, const request& r, const datapath& d = standard()) {
  return d.prepare(r.command, &r.extension, r.views, t.scalars, t.sram);
}

// Prepares, computes, commits; checks what holds for every command.
inline prepared run(tile_memory& t, const request& r, const datapath& d = standard()) {
  outcome o = prepare(t, r, d);
  EXPECT_TRUE(o) << "cause " << static_cast<int>(o.error.cause) << " address " << o.error.address;
  if (!o) return {};
  prepared& p = *o.work;
  const std::vector<std::uint8_t> before = t.sram;
  p.compute();
  EXPECT_EQ(before, t.sram) << "compute() wrote to SRAM";
  p.commit();
  std::vector<bool> may_change(t.sram.size());
  for (const footprint& f : p.writes)
    for (std::uint64_t row = 0; row < f.rows; ++row)
      for (std::uint64_t i = 0; i < f.bytes; ++i) may_change[f.begin + row * f.pitch + i] = true;
  for (std::size_t i = 0; i < t.sram.size(); ++i)
    if (!may_change[i] && before[i] != t.sram[i]) {
      ADD_FAILURE() << "byte " << i << " changed outside the declared ranges";
      break;
    }
  if (p.where == unit::matrix) {
    EXPECT_EQ(p.matrix.executed + p.matrix.idle_slots(), p.busy * d.core().lanes());
    EXPECT_EQ(p.matrix.busy, p.busy);
  } else {
    EXPECT_EQ(p.vector.startup + p.vector.work + p.vector.sram, p.busy);
  }
  return std::move(*o.work);
}

inline void expect_error(tile_memory& t, const request& r, hal::tile::error cause, std::uint64_t address) {
  const outcome o = prepare(t, r);
  ASSERT_FALSE(o) << "expected cause " << static_cast<int>(cause);
  EXPECT_EQ(static_cast<int>(o.error.cause), static_cast<int>(cause));
  EXPECT_EQ(o.error.address, address);
}

} // namespace test
