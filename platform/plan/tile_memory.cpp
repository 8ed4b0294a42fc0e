#include "platform/plan/tile_memory.hpp"

#include "sw_stack/hal/numeric.hpp"

#include <algorithm>
#include <cstring>

namespace acf::platform {
namespace {

using hal::element;

struct shape { // of a dense view, with no dimension 0
  std::array<std::uint64_t, 4> dim, stride;
  std::uint64_t base, size;

  explicit shape(const zbcc::resolved_view& v)
      : base(v.record.base + v.offset), size(hal::bytes_of(static_cast<element>(v.record.type))) {
    for (std::size_t d = 0; d < dim.size(); ++d)
      dim[d] = std::max<std::uint32_t>(1, v.record.dim[d]), stride[d] = v.record.stride[d];
  }
  std::uint64_t count() const { return dim[0] * dim[1] * dim[2] * dim[3]; }
  template <class F>
  void each(F f) const { // address of every element, in order
    for (std::uint64_t i = 0; i < dim[0]; ++i)
      for (std::uint64_t j = 0; j < dim[1]; ++j)
        for (std::uint64_t k = 0; k < dim[2]; ++k)
          for (std::uint64_t l = 0; l < dim[3]; ++l)
            f(base + i * stride[0] + j * stride[1] + k * stride[2] + l * stride[3]);
  }
};

constexpr std::uint64_t use = 0x500; // stream of random numbers

} // namespace

std::uint64_t bytes_of(const zbcc::resolved_view& v) {
  const shape s(v);
  return s.count() * s.size;
}

void tile_memory::load(const zbcc::resolved_view& to, std::uint32_t pitch, const source& from) {
  const shape s(to);
  const std::uint64_t row = s.count() / s.dim[0] * s.size;
  std::uint64_t number = 0;
  std::span<const std::uint8_t> data;
  s.each([&](std::uint64_t address) {
    const std::uint64_t in_row = number * s.size % row;
    if (in_row == 0) data = from(number * s.size / row * (pitch ? pitch : row), row);
    std::memcpy(bytes_.data() + address, data.data() + in_row, s.size);
    ++number;
  });
}

void tile_memory::take(const zbcc::resolved_view& to, const tile_memory& other, const zbcc::resolved_view& from) {
  const shape target(to), origin(from);
  std::vector<std::uint64_t> addresses;
  addresses.reserve(origin.count());
  origin.each([&](std::uint64_t address) { addresses.push_back(address); });
  auto next = addresses.begin();
  target.each(
      [&](std::uint64_t address) { std::memcpy(bytes_.data() + address, other.bytes_.data() + *next++, target.size); });
}

void tile_memory::fill(const zbcc::resolved_view& v, double density, std::uint64_t seed) {
  const shape s(v);
  const hal::numeric::random_stream random{seed, use};
  // The upper byte of an element tells a float that is not zero; every byte does for pixels.
  s.each([&](std::uint64_t address) {
    const bool live = static_cast<double>(random.uniform(draws_++)) < density;
    std::memset(bytes_.data() + address, 0, s.size);
    if (live) bytes_[address + s.size - 1] = 0x3F;
  });
}

} // namespace acf::platform
