// Doing many iterations of a repetition at once; see repetition.hpp.
#include "models/cpu/hart.hpp"
#include <algorithm>
#include <limits>

namespace acf::cpu {
namespace {

using u64 = std::uint64_t;
using s64 = std::int64_t;
__extension__ using s128 = __int128;

constexpr u64 worthwhile = 4; // iterations

// How many of the next `most` iterations end in a taken branch.
u64 taken(const repetition& r, const state& h, u64 most) {
  using c = repetition::condition;
  if (r.goes_on == c::always) return most;
  const bool is_unsigned = r.goes_on == c::ltu || r.goes_on == c::geu;
  const auto wide = [&](u64 v) { return is_unsigned ? s128{v} : s128{static_cast<s64>(v)}; };
  const auto value_of = [&](const repetition::side& s) { // before the first iteration, and so that none wraps around
    const s128 v = wide(h.x[s.reg] + static_cast<u64>(s.offset - s.step));
    const s128 low = is_unsigned ? s128{0} : s128{std::numeric_limits<s64>::min()};
    const s128 high = is_unsigned ? s128{~u64{0}} : s128{std::numeric_limits<s64>::max()};
    if (s.step > 0) most = std::min(most, static_cast<u64>(std::min<s128>((high - v) / s.step, s128{1} << 40)));
    if (s.step < 0) most = std::min(most, static_cast<u64>(std::min<s128>((v - low) / -s128{s.step}, s128{1} << 40)));
    return v;
  };
  s128 difference = value_of(r.left) - value_of(r.right);
  s128 step = s128{r.left.step} - r.right.step;
  const auto while_negative = [&](s128 d, s128 by) -> u64 { // d + n * by < 0 for n = 1, 2, ...
    if (d + by >= 0) return 0;
    return by <= 0 ? most : static_cast<u64>(std::min<s128>((-d - 1) / by, most));
  };
  switch (r.goes_on) {
  case c::ne:
    if (step == 0) return difference != 0 ? most : 0;
    if (difference % step == 0 && -difference / step > 0)
      return static_cast<u64>(std::min<s128>(-difference / step - 1, most));
    return most;
  case c::lt:
  case c::ltu: return while_negative(difference, step);
  default: return while_negative(-difference - 1, -step);
  }
}

template <class Work>
void for_width(u64 width, Work work) {
  switch (width) {
  case 1: return work(std::uint8_t{});
  case 2: return work(std::uint16_t{});
  case 4: return work(std::uint32_t{});
  default: return work(u64{});
  }
}

} // namespace

// Registers hold what they held before the iteration that follows; so that one, at least, is done by the interpreter.
flow run_repeat(hart& h, insn* i, s64 left) {
  const repetition& r = *reinterpret_cast<const repetition*>(i->imm);
  u64 times = static_cast<u64>(left) / r.cycles;
  if (times >= worthwhile) times = r.poll ? h.repeat_poll(times) : h.repeat_copy(r, times);
  if (times >= worthwhile) {
    h.instret += times * h.current->count;
    left -= static_cast<s64>(times * r.cycles);
  }
  return h.proceed(i + 1, left);
}

// The iteration before was complete, and nobody else has run since it began.
u64 hart::repeat_poll(u64 times) {
  const bool second = polled == current && polled_instret + current->count == instret;
  polled = current;
  polled_instret = instret;
  if (!second) return 0;
  polled_instret += times * current->count;
  return times;
}

u64 hart::repeat_copy(const repetition& r, u64 times) {
  times = taken(r, *this, std::min<u64>(times, std::uint64_t{1} << 32));
  for (const repetition::counter& c : r.counters) {
    if (!c.word) continue;
    const auto now = static_cast<s64>(x[c.reg]);
    if (now != static_cast<std::int32_t>(now)) return 0;
    if (c.step > 0) times = std::min(times, static_cast<u64>((s64{0x7fffffff} - now) / c.step));
    if (c.step < 0) times = std::min(times, static_cast<u64>((now + s64{0x80000000}) / -c.step));
  }
  // All accesses of a stream stay in a page that is at hand.
  struct place {
    std::byte* at;
    s64 stride;
    u64 width;
    std::byte* low(u64 n) const { return stride < 0 ? at + stride * static_cast<s64>(n - 1) : at; }
    std::byte* high(u64 n) const { return (stride < 0 ? at : at + stride * static_cast<s64>(n - 1)) + width; }
  };
  place from[16], to[16];
  const auto locate = [&](const tlb& in, const repetition::stream& s) -> place {
    const u64 address = x[s.base] + static_cast<u64>(s.offset);
    std::byte* p = direct(in, address, s.width);
    const u64 inside = address & ~page_mask;
    if (!p || (s.stride & (s.width - 1)))
      times = 0;
    else if (s.stride > 0)
      times = std::min(times, 1 + (~page_mask - (s.width - 1) - inside) / static_cast<u64>(s.stride));
    else if (s.stride < 0)
      times = std::min(times, 1 + inside / static_cast<u64>(-s.stride));
    return {p, s.stride, s.width};
  };
  for (std::size_t n = 0; n < r.loads.size() && times >= worthwhile; ++n) from[n] = locate(*read_tlb, r.loads[n]);
  for (std::size_t n = 0; n < r.stores.size() && times >= worthwhile; ++n) to[n] = locate(*write_tlb, r.stores[n].to);
  if (times < worthwhile) return 0;
  for (std::size_t s = 0; s < r.stores.size(); ++s)
    for (std::size_t l = 0; l < r.loads.size(); ++l)
      if (to[s].low(times) < from[l].high(times) && from[l].low(times) < to[s].high(times)) return 0;

  if (r.contiguous) {
    const repetition::transfer& first = r.stores[0];
    const u64 bytes = times * r.stores.size() * first.to.width;
    if (first.load)
      std::memcpy(to[0].low(times), from[*first.load].low(times), bytes);
    else
      for_width(first.to.width, [&](auto element) {
        std::memcpy(&element, &x[first.constant], sizeof element);
        for (u64 n = 0; n < bytes; n += sizeof element) std::memcpy(to[0].low(times) + n, &element, sizeof element);
      });
  } else
    for (u64 n = 0; n < times; ++n)
      for (std::size_t s = 0; s < r.stores.size(); ++s) {
        const repetition::transfer& t = r.stores[s];
        const auto done = static_cast<s64>(n);
        const void* source = t.load ? static_cast<const void*>(from[*t.load].at + done * from[*t.load].stride)
                                    : static_cast<const void*>(&x[t.constant]);
        for_width(t.to.width, [&](auto element) {
          std::memcpy(&element, source, sizeof element);
          std::memcpy(to[s].at + done * to[s].stride, &element, sizeof element);
        });
      }
  for (const repetition::counter& c : r.counters) x[c.reg] += times * static_cast<u64>(c.step);
  return times;
}

} // namespace acf::cpu
