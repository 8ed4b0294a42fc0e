// mcycle, minstret and the counters of Zihpm; see performance.hpp for what they count.
#include "models/cpu/hart.hpp"

namespace acf::cpu {
namespace {

using u64 = std::uint64_t;
constexpr unsigned cycle_counter = 0, instret_counter = 2;

u64 retired(const performance& p, std::initializer_list<cost> classes) {
  u64 sum = 0;
  for (const cost c : classes) sum += p.retired[static_cast<std::size_t>(c)];
  return sum;
}

u64 occurred(const hart& h, event what) {
  const performance& p = h.performed;
  switch (what) {
  case event::none: return 0;
  case event::loads: return retired(p, {cost::load});
  case event::stores: return retired(p, {cost::store});
  case event::branches: return retired(p, {cost::branch});
  case event::jumps: return retired(p, {cost::jump});
  case event::multiplications: return retired(p, {cost::mul});
  case event::divisions: return retired(p, {cost::div});
  case event::atomics: return retired(p, {cost::atomic});
  case event::floating_point: return h.float_instret;
  case event::csr_accesses: return retired(p, {cost::csr});
  default: return p.happened[static_cast<std::size_t>(what)];
  }
}

u64 counted(const hart& h, unsigned number) {
  if (h.mcountinhibit >> number & 1) return 0;
  return number == cycle_counter     ? h.cycle
         : number == instret_counter ? h.instret
                                     : occurred(h, h.counters[number].what);
}

} // namespace

u64 hart::read_counter(unsigned number) const { return counters[number].offset + counted(*this, number); }

void hart::write_counter(unsigned number, u64 value) {
  counters[number].offset = value - counted(*this, number);
  if (number == instret_counter && !(mcountinhibit >> number & 1)) --counters[number].offset; // not the one that writes
}

void hart::write_counter_event(unsigned number, u64 value) {
  const u64 shown = read_counter(number);
  const bool known = (value >= 1 && value <= static_cast<u64>(event::csr_accesses)) ||
                     (value >= first_happening && value <= last_event);
  counters[number].what = known ? static_cast<event>(value) : event::none;
  bool wanted = false;
  for (const counter& c : counters) wanted = wanted || (counts_instructions(c.what) && c.what != event::floating_point);
  if (wanted != classes_counted) {
    classes_counted = wanted;
    new_epoch();
  }
  counters[number].offset = shown - counted(*this, number);
}

void hart::write_counter_inhibit(u64 value) {
  std::array<u64, 32> shown;
  for (unsigned n = 0; n < shown.size(); ++n) shown[n] = read_counter(n);
  mcountinhibit = value;
  for (unsigned n = 0; n < shown.size(); ++n) counters[n].offset = shown[n] - counted(*this, n);
}

} // namespace acf::cpu
