#include "platform/soc/open_traps.hpp"

#include <algorithm>

namespace acf::platform {

namespace {

bool calls_environment(const taken_trap& t) {
  constexpr std::uint64_t from_user = 8, from_machine = 11;
  return t.mcause >= from_user && t.mcause <= from_machine;
}

} // namespace

void open_traps::entered(const cpu::hart& hart, std::uint64_t mcause, std::uint64_t mtval) {
  auto& list = open_[&hart];
  taken_trap t{hart.pc, mcause, mtval, {}, hart.instret};
  if (!list.empty() && !t.is_interrupt() && !list.back().is_interrupt() && list.back().instret == t.instret) return;
  std::copy_n(std::begin(hart.x), t.x.size(), t.x.begin());
  if (list.size() == deepest) list.erase(list.begin());
  list.push_back(t);
}

void open_traps::left(const cpu::hart& hart) {
  if (auto& list = open_[&hart]; !list.empty()) list.pop_back();
}

const taken_trap* open_traps::of(const cpu::hart& hart) const {
  const auto found = open_.find(&hart);
  if (found == open_.end()) return nullptr;
  const auto& list = found->second;
  const auto at = std::find_if(list.rbegin(), list.rend(),
                               [](const taken_trap& t) { return !t.is_interrupt() && !calls_environment(t); });
  return at == list.rend() ? nullptr : &*at;
}

} // namespace acf::platform
