#include "models/same/sram.hpp"

#include "sw_stack/hal/zero_packing.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace acf::same {

namespace {

constexpr common::cycles forever = std::numeric_limits<common::cycles>::max();

// Weyl sequence with a finaliser (splitmix64): power-on noise only, nothing is computed from it.
std::uint64_t noise(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

bool piece_meets(std::uint64_t begin, std::uint64_t end, const byte_range& b) {
  if (end <= b.begin || begin >= b.end()) return false;
  if (b.rows <= 1 || b.stride <= b.bytes) return true;
  // First row of b that ends behind `begin`.
  const std::uint64_t row = begin < b.begin + b.bytes ? 0 : (begin - b.begin - b.bytes) / b.stride + 1;
  return row < b.rows && b.begin + row * b.stride < end;
}

} // namespace

bool overlaps(const byte_range& a, const byte_range& b) {
  if (a.total() == 0 || b.total() == 0 || a.end() <= b.begin || b.end() <= a.begin) return false;
  const byte_range &few = a.rows <= b.rows ? a : b, &many = a.rows <= b.rows ? b : a;
  for (std::uint64_t row = 0; row < few.rows; ++row) {
    const auto begin = few.begin + row * few.stride;
    if (piece_meets(begin, begin + few.bytes, many)) return true;
  }
  return false;
}

sram::sram(std::uint64_t size, std::uint32_t bytes_per_cycle, std::optional<std::uint64_t> seed)
    : size_(size), seed_(seed), ports_(bytes_per_cycle) {}

void sram::power_on() {
  bytes_.resize(size_);
  if (!seed_) return;
  std::uint64_t state = *seed_;
  for (std::uint64_t i = 0; i + 8 <= size_; i += 8) {
    const auto word = noise(state);
    std::memcpy(&bytes_[i], &word, 8);
  }
}

const sram::holding* sram::meets(const byte_range& range, bool write, common::cycles now) const {
  std::erase_if(held_, [now](const holding& h) { return h.until <= now; });
  for (const auto& h : held_)
    if ((write || h.write) && overlaps(range, h.range)) return &h;
  return nullptr;
}

std::optional<std::uint64_t> sram::conflict(const byte_range& range, bool write, common::cycles now) const {
  const auto* h = meets(range, write, now);
  return h ? std::optional(std::max(range.begin, h->range.begin)) : std::nullopt;
}

sram::ticket sram::hold(const std::vector<byte_range>& reads, const std::vector<byte_range>& writes,
                        const holder& who) {
  const auto t = next_++;
  for (const auto& r : reads) held_.push_back({t, r, false, forever, who});
  for (const auto& w : writes) held_.push_back({t, w, true, forever, who});
  return t;
}

void sram::hold_until(const byte_range& range, bool write, common::cycles until, const holder& who) {
  held_.push_back({0, range, write, until, who});
}

void sram::release(ticket t) {
  std::erase_if(held_, [t](const holding& h) { return h.owner == t; });
}

void sram::expect(common::cycles when, std::uint64_t offset, std::shared_ptr<common::parcel> bytes,
                  std::uint64_t loading, const packed_form& packed) {
  expected_.emplace_hint(expected_.upper_bound(when), when, expected{offset, std::move(bytes), loading, packed});
}

void sram::cancel(std::uint64_t loading) {
  std::erase_if(expected_, [loading](const auto& e) { return e.second.loading == loading; });
}

void sram::put_in_place(common::cycles now) {
  while (!expected_.empty() && expected_.begin()->first <= now) {
    const auto node = expected_.extract(expected_.begin());
    const auto& [offset, parcel, loading, packed] = node.mapped();
    if (parcel->error) continue; // its command finds out
    if (!loading) {
      const byte_range place{offset, parcel->bytes.size(), 1, 0};
      if (const auto* h = meets(place, true, node.key())) {
        const auto who = h->who;
        on_refused(std::max(place.begin, h->range.begin), who);
        continue;
      }
    }
    if (packed.element != 0) {
      if (!hal::unpack_zeros(parcel->bytes, packed.element, bytes().subspan(offset, packed.bytes)))
        parcel->not_packed = packed.said_by;
      continue;
    }
    std::copy(parcel->bytes.begin(), parcel->bytes.end(), bytes().begin() + static_cast<std::ptrdiff_t>(offset));
  }
}

void sram::reset() {
  expected_.clear();
  std::erase_if(held_, [](const holding& h) { return h.owner == 0; });
}

} // namespace acf::same
