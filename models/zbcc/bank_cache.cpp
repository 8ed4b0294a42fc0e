#include "models/zbcc/bank_cache.hpp"

#include <algorithm>

namespace acf::zbcc {

bank_cache::bank_cache(std::uint64_t bytes) : sets(bytes / (line_bytes * ways)) {}

std::uint16_t bank_cache::ask(std::uint32_t line, std::uint16_t bytes) {
  // Neighbouring words are in neighbouring banks: the set's number holds the bank in its low bits.
  set& s = sets[line % sets.size()];
  const auto holds = [line](const entry& e) { return e.line == line && e.there != 0; };
  if (!holds(s[0])) {
    const auto known = std::find_if(s.begin() + 1, s.end(), holds);
    const entry e = known == s.end() ? entry{line, 0} : *known;
    const auto last = known == s.end() ? s.end() - 1 : known;
    std::move_backward(s.begin(), last, last + 1);
    s[0] = e;
  }
  const auto found = static_cast<std::uint16_t>(s[0].there & bytes);
  s[0].there = static_cast<std::uint16_t>(s[0].there | bytes);
  return found;
}

} // namespace acf::zbcc
