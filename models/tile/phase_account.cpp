#include "models/tile/phase_account.hpp"

#include <algorithm>
#include <initializer_list>

namespace acf::tile {

using common::activity_kind;
using common::cycles;

phase_account::phase_account(const common::clock_domain& clock, const sequencer::sequencer& control, const units& of)
    : clock_(clock), control_(control), units_(of), moved_{{{&of.dma0}, {&of.dma1}}} {
  for (sequencer::unit* u :
       std::initializer_list<sequencer::unit*>{&units_.matrix, &units_.vector, &units_.dma0, &units_.dma1})
    u->on_change([this] { look(); });
  for (compute_unit* u : {&units_.matrix, &units_.vector})
    u->on_done = [this](std::uint16_t tag, const lane_account& work) { phases_[tag].lanes += work; };
  units_.matrix.spent().on_span = [this](activity_kind kind, cycles begin, cycles end) {
    add(phases_, kind, begin, end);
    while (owned_.size() > 1 && owned_[1].since <= end) owned_.pop_front();
  };
}

phases phase_account::totals() const {
  auto all = phases_;
  for (const moved& m : moved_) all[m.tag].moved_bytes += m.channel->bytes_moved() - m.before;
  const auto& a = units_.matrix.spent();
  add(all, a.current(), a.since(), clock_.now());
  return all;
}

void phase_account::look() {
  for (moved& m : moved_) {
    if (const auto bytes = m.channel->bytes_moved() - m.before) phases_[m.tag].moved_bytes += bytes, m.before += bytes;
    if (m.channel->current()) m.tag = m.channel->current()->cmd.tag;
  }
  const auto now = clock_.now();
  const auto tag = owner();
  if (tag == owned_.back().tag) return;
  if (owned_.back().since == now)
    owned_.back().tag = tag;
  else
    owned_.push_back({now, tag});
}

std::uint16_t phase_account::owner() const {
  for (const compute_unit* u : {&units_.matrix, &units_.vector})
    if (u->executing() && u->current()) return u->current()->cmd.tag;
  const auto oldest = [](const sequencer::unit& a, const sequencer::unit& b) -> const sequencer::dispatched* {
    if (!a.current() || !b.current()) return a.current() ? &*a.current() : b.current() ? &*b.current() : nullptr;
    return a.current()->serial < b.current()->serial ? &*a.current() : &*b.current();
  };
  if (const auto* d = oldest(units_.matrix, units_.vector)) return d->cmd.tag;
  if (const auto* d = oldest(units_.dma0, units_.dma1)) return d->cmd.tag;
  return control_.idle() ? std::uint16_t{0} : owned_.back().tag;
}

void phase_account::add(phases& to, activity_kind kind, cycles begin, cycles end) const {
  for (std::size_t i = 0; i < owned_.size() && begin < end; ++i) {
    const auto until = i + 1 < owned_.size() ? std::min(end, owned_[i + 1].since) : end;
    if (until <= begin) continue;
    to[owned_[i].tag].matrix[static_cast<std::size_t>(kind)] += until - begin;
    begin = until;
  }
}

} // namespace acf::tile
