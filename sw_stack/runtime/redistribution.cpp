#include "sw_stack/runtime/redistribution.hpp"

#include <algorithm>
#include <span>

namespace acf::runtime {
namespace {

using hal::job::budget_change;
using hal::job::budget_layer;

constexpr std::uint32_t not_finite = 255;

std::uint32_t exponent_of(std::uint32_t bits) { return std::max(1u, bits >> 23 & 0xFF); } // 1: denormals, too

// A number without a sign as an integer, in units of 2^(largest - 8 - 150).
std::uint64_t fixed_point(std::uint32_t bits, std::uint32_t largest) {
  const std::uint64_t mantissa = (bits & 0x7F'FFFF) | ((bits >> 23 & 0xFF) != 0 ? 0x80'0000 : 0);
  const std::uint32_t below = largest - exponent_of(bits);
  return below < 40 ? mantissa << 8 >> below : 0;
}

std::uint32_t free_entries(const budget_layer& l) { return l.entries - l.live; }

class division {
public:
  division(std::byte* image, const hal::job::budget_record& budget)
      : image_(image),
        layers_(at<budget_layer>(budget.by_layer), budget.layers),
        changes_(at<budget_change>(budget.changes), budget.layers) {}

  void drop(std::uint32_t share) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const auto wanted = static_cast<std::uint32_t>(std::uint64_t{share} * layers_[i].live >> 32);
      changes_[i].dropped = std::min(wanted, free_entries(layers_[i]));
      dying_ += changes_[i].dropped;
    }
  }

  void grow() {
    const std::uint32_t largest = largest_exponent();
    std::uint64_t all_worth = 0, left = dying_;
    if (largest != not_finite)
      for (const budget_layer& l : layers_) all_worth += worth(l, largest);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const std::uint64_t part = all_worth != 0 ? dying_ * worth(layers_[i], largest) / all_worth : changes_[i].dropped;
      changes_[i].grown = static_cast<std::uint32_t>(std::min<std::uint64_t>(part, free_entries(layers_[i])));
      left -= changes_[i].grown;
    }
    for (std::size_t i = 0; i < layers_.size(); ++i) { // what rounding has left, and full layers
      const auto more = std::min<std::uint64_t>(left, free_entries(layers_[i]) - changes_[i].grown);
      changes_[i].grown += static_cast<std::uint32_t>(more);
      left -= more;
      layers_[i].live += changes_[i].grown - changes_[i].dropped;
    }
  }

private:
  template <class T>
  T* at(std::uint64_t offset) const {
    return reinterpret_cast<T*>(image_ + offset);
  }
  std::span<const std::uint32_t> sums(const budget_layer& l) const { return {at<std::uint32_t>(l.sums), l.rows}; }

  std::uint32_t largest_exponent() const {
    std::uint32_t largest = 1;
    for (const budget_layer& l : layers_)
      for (const std::uint32_t bits : sums(l)) largest = std::max(largest, exponent_of(bits));
    return largest;
  }

  std::uint64_t worth(const budget_layer& l, std::uint32_t largest) const { // mean of the live ones
    std::uint64_t sum = 0;
    for (const std::uint32_t bits : sums(l)) sum += fixed_point(bits, largest);
    return sum / l.live;
  }

  std::byte* image_;
  std::span<budget_layer> layers_;
  std::span<budget_change> changes_;
  std::uint64_t dying_ = 0;
};

} // namespace

void redistribute(std::byte* image, const hal::job::budget_record& budget, std::uint32_t share) {
  division d(image, budget);
  d.drop(share);
  d.grow();
}

} // namespace acf::runtime
