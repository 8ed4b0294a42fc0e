#include "models/cpu/reservations.hpp"
#include "models/cpu/hart.hpp"
#include <algorithm>

namespace acf::cpu {

void reservations::leave(const hart& h) {
  drop(h);
  std::erase(harts, &h);
}

void reservations::hold(const hart& of, std::uint64_t physical) {
  drop(of);
  held.push_back({&of, physical & ~(granule - 1)});
  for (hart* h : harts)
    if (h != &of) h->guard_stores();
}

void reservations::drop(const hart& of) {
  std::erase_if(held, [&](const holder& h) { return h.who == &of; });
}

bool reservations::guarded(const hart& by, std::uint64_t frame) const {
  return std::any_of(held.begin(), held.end(),
                     [&](const holder& h) { return h.who != &by && (h.physical ^ frame) < 4096; });
}

void reservations::stored(const hart& by, std::uint64_t physical, unsigned size) {
  for (const holder& h : held)
    if (h.who != &by && physical < h.physical + granule && h.physical < physical + size)
      for (hart* other : harts)
        if (other == h.who) other->break_reservation();
}

} // namespace acf::cpu
