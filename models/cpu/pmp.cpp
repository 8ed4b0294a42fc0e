#include "models/cpu/pmp.hpp"
#include <bit>

namespace acf::cpu {

std::uint64_t pmp::config(unsigned pair) const {
  std::uint64_t v = 0;
  for (unsigned n = 8; n-- > 0;) v = v << 8 | configs[8 * pair + n];
  return v;
}

void pmp::set_config(unsigned pair, std::uint64_t value) {
  for (unsigned n = 0; n < 8; ++n, value >>= 8) {
    const unsigned entry = 8 * pair + n;
    if (is_locked(entry)) continue;
    auto c = static_cast<std::uint8_t>(value & (r | w | x | mode | locked));
    if ((c & (r | w)) == w) c &= static_cast<std::uint8_t>(~w); // writable but not readable is reserved
    configs[entry] = c;
  }
  rebuild();
}

void pmp::set_address(unsigned entry, std::uint64_t value) {
  const bool top_of_locked = entry + 1 < entries && is_locked(entry + 1) && (configs[entry + 1] & mode) == tor;
  if (is_locked(entry) || top_of_locked) return;
  addresses[entry] = value & ((std::uint64_t{1} << 54) - 1);
  rebuild();
}

void pmp::rebuild() {
  active.clear();
  for (unsigned n = 0; n < entries; ++n) {
    const std::uint64_t a = addresses[n], below = n == 0 ? 0 : addresses[n - 1];
    switch (configs[n] & mode) {
    case 0: break;
    case tor:
      if (below < a) active.push_back({below << 2, (a << 2) - 1, configs[n]});
      break;
    case na4: active.push_back({a << 2, (a << 2) + 3, configs[n]}); break;
    default: { // NAPOT: n trailing ones span 8 << n bytes
      const std::uint64_t inside = (std::uint64_t{8} << std::countr_one(a)) - 1;
      active.push_back({(a << 2) & ~inside, (a << 2) | inside, configs[n]});
    }
    }
  }
}

bool pmp::allows(std::uint64_t first, std::uint64_t last, intent what, privilege by) const {
  const std::uint8_t wanted = what == intent::read ? r : what == intent::write ? w : x;
  for (const range& e : active) {
    if (last < e.first || e.last < first) continue;
    if (first < e.first || e.last < last) return false; // partly inside: the whole access fails
    return (by == privilege::machine && !(e.config & locked)) || (e.config & wanted) != 0;
  }
  return by == privilege::machine;
}

bool pmp::uniform(std::uint64_t first, std::uint64_t last) const {
  for (const range& e : active) {
    if (last < e.first || e.last < first) continue;
    return e.first <= first && last <= e.last;
  }
  return true;
}

} // namespace acf::cpu
