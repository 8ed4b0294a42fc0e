#include "tests/unit/compiler/happens_before.hpp"

#include <algorithm>

namespace acf::test {

std::uint32_t happens_before::start(std::uint32_t chain, bool runs_on, std::string name, std::uint32_t listed_behind,
                                    const std::vector<std::uint32_t>& waited_for) {
  event e;
  e.chain = chain;
  e.runs_on = runs_on;
  e.name = std::move(name);
  e.clock.assign(last.size(), 0);
  const auto join = [&](std::uint32_t other) {
    const auto& c = events[other].clock;
    for (std::size_t i = 0; i < c.size(); ++i) e.clock[i] = std::max(e.clock[i], c[i]);
  };
  if (last[chain] != none) join(last[chain]);
  if (listed_behind != none) join(listed_behind);
  if (!waited_for.empty()) e.clock_without_waits = e.clock;
  for (const auto other : waited_for) join(other);
  e.place = last[chain] == none ? 1 : events[last[chain]].place + 1;
  e.clock[chain] = e.place;
  last[chain] = static_cast<std::uint32_t>(events.size());
  events.push_back(std::move(e));
  return last[chain];
}

bool happens_before::started_before(std::uint32_t a, std::uint32_t b) const {
  return events[b].clock[events[a].chain] >= events[a].place;
}

bool happens_before::listed_before(std::uint32_t a, std::uint32_t b) const {
  return events[b].clock_without_waits[events[a].chain] >= events[a].place;
}

bool happens_before::ended_before(std::uint32_t a, std::uint32_t b, std::uint32_t tile) const {
  if (a == b) return false;
  if (!events[a].runs_on) return started_before(a, b);
  return std::any_of(events[a].ended_by.begin(), events[a].ended_by.end(), [&](const event::arrival& w) {
    return (tile == anywhere || w.tile == tile) && started_before(w.wait, b);
  });
}

std::uint32_t semaphore_history::available() const {
  std::uint32_t n = 0;
  for (std::size_t i = first_left; i < signals.size(); ++i) n += signals[i].left;
  return n;
}

std::vector<std::uint32_t> semaphore_history::take(std::uint32_t count) {
  std::vector<std::uint32_t> from;
  while (count) {
    auto& s = signals[first_left];
    const std::uint32_t n = std::min(count, s.left);
    s.left -= n;
    count -= n;
    from.push_back(s.event);
    if (s.left == 0) ++first_left;
  }
  return from;
}

void semaphore_history::waited(std::uint32_t event, std::uint32_t count, const std::vector<std::uint32_t>& from) {
  waits.push_back({event, count, from});
}

// Suppose timing differs, and take the first moment at which a wait passes without a signal that it took here. Until
// then the order found here has held. Signals that come after the wait have not been raised; waits that the lists put
// before it have taken theirs, others perhaps not. What is left without the missing signal, and those that come after
// it, must not be enough.
std::string semaphore_history::verify(const happens_before& order) const {
  const auto raised_before = [&](const raised& a, const raised& b) {
    return a.event == b.event || order.ended_before(a.event, b.event, tile);
  };
  for (const auto& w : waits) {
    std::uint64_t taken = 0, possible = 0;
    std::vector<const raised*> early;
    for (const auto& other : waits)
      if (other.event != w.event && order.listed_before(other.event, w.event)) taken += other.count;
    for (const auto& s : signals)
      if (!order.started_before(w.event, s.event)) early.push_back(&s), possible += s.count;
    if (possible == taken + w.count) continue;
    for (const auto source : w.from) {
      const auto& missing = **std::find_if(early.begin(), early.end(), [&](auto* s) { return s->event == source; });
      std::uint64_t without = 0;
      for (const auto* s : early)
        if (!raised_before(missing, *s)) without += s->count;
      if (without >= taken + w.count)
        return order.events[w.event].name + " may pass before " + order.events[source].name;
    }
  }
  return {};
}

std::map<std::uint64_t, access_history::piece>::iterator access_history::cut(std::uint64_t at) {
  auto after = pieces.lower_bound(at);
  if (after != pieces.end() && after->first == at) return after;
  if (after == pieces.begin()) return after;
  auto before = std::prev(after);
  if (before->second.end <= at) return after;
  piece second = before->second;
  before->second.end = at;
  return pieces.emplace_hint(after, at, std::move(second));
}

void access_history::cover(std::uint64_t begin, std::uint64_t end) {
  cut(begin);
  cut(end);
  for (std::uint64_t at = begin; at < end;) {
    auto next = pieces.lower_bound(at);
    if (next != pieces.end() && next->first == at) {
      at = next->second.end;
      continue;
    }
    const std::uint64_t stop = next == pieces.end() ? end : std::min(end, next->first);
    pieces.emplace_hint(next, at, piece{stop, happens_before::none, {}});
    at = stop;
  }
}

std::string access_history::read(const happens_before& order, std::uint64_t begin, std::uint64_t end,
                                 std::uint32_t event) {
  cover(begin, end);
  for (auto p = pieces.find(begin); p != pieces.end() && p->first < end; ++p) {
    const auto place = " at " + std::to_string(p->first);
    if (p->second.writer == happens_before::none) {
      if (!initialised) return order.events[event].name + " reads what nobody has written," + place;
    } else if (!order.ended_before(p->second.writer, event, tile))
      return order.events[event].name + " may read before " + order.events[p->second.writer].name + " has written," +
             place;
    auto& readers = p->second.readers;
    if (!order.events[event].runs_on) // later commands of a unit cover the earlier ones
      std::erase_if(readers, [&](std::uint32_t r) {
        return !order.events[r].runs_on && order.events[r].chain == order.events[event].chain;
      });
    readers.push_back(event);
  }
  return {};
}

std::string access_history::write(const happens_before& order, std::uint64_t begin, std::uint64_t end,
                                  std::uint32_t event) {
  cover(begin, end);
  for (auto p = pieces.find(begin); p != pieces.end() && p->first < end; ++p) {
    const auto place = " at " + std::to_string(p->first);
    const auto writer = p->second.writer;
    if (writer != happens_before::none && writer != event && !order.ended_before(writer, event, tile))
      return order.events[event].name + " may write before " + order.events[writer].name + " has written," + place;
    for (const auto reader : p->second.readers)
      if (reader != event && !order.ended_before(reader, event))
        return order.events[event].name + " may write before " + order.events[reader].name + " has read," + place;
    p->second.writer = event;
    p->second.readers.clear();
  }
  return {};
}

} // namespace acf::test
