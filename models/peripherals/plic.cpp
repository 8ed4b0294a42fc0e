#include "models/peripherals/plic.hpp"

#include <stdexcept>

namespace acf::peripherals {

namespace map = hal::plic;

namespace {

template <std::size_t n>
std::uint64_t word_of(const std::bitset<n>& set, unsigned word) {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < 32 && 32 * word + i < n; ++i) bits |= std::uint64_t{set[32 * word + i]} << i;
  return bits;
}

// Bits of sources that do not exist stay zero, that of source 0 among them.
template <std::size_t n>
void set_word(std::bitset<n>& set, unsigned word, std::uint64_t bits) {
  for (unsigned i = word == 0 ? 1 : 0; i < 32 && 32 * word + i < n; ++i) set[32 * word + i] = (bits >> i & 1) != 0;
}

} // namespace

plic::plic(sc_core::sc_module_name name, unsigned harts) : sc_module(name) {
  if (harts < 1 || 2 * harts > map::max_contexts) throw std::invalid_argument("plic: 1 to 8 harts");
  const auto contexts = 2 * harts;
  for (unsigned context = 0; context < contexts; ++context)
    external.emplace_back((context % 2 == 0 ? "machine" : "supervisor") + std::to_string(context / 2));

  regs.on_write(map::priority, [this](std::uint32_t source, std::uint64_t) {
    if (source == 0) regs.set(map::priority, 0);
    update();
  });
  regs.computed(map::pending, [this](std::uint32_t word) { return word_of(waiting, word); });
  const hal::reg* const enables[] = {&map::enable0, &map::enable1, &map::enable2, &map::enable3};
  for (unsigned word = 0; word < std::size(enables); ++word) {
    regs.limit(*enables[word], contexts);
    regs.external(
        *enables[word], [this, word](std::uint32_t context) { return word_of(enabled[context], word); },
        [this, word](std::uint32_t context, std::uint64_t bits) {
          set_word(enabled[context], word, bits);
          update();
        });
  }
  regs.limit(map::threshold, contexts);
  regs.on_write(map::threshold, [this](std::uint64_t) { update(); });
  regs.limit(map::claim, contexts);
  regs.computed(map::claim, [this](std::uint32_t context) { return best(context); });
  regs.on_read(map::claim, [this](std::uint32_t context) {
    const auto source = best(context);
    if (source == 0) return;
    waiting[source] = false;
    claimed[source] = true;
    update();
  });
  regs.on_write(map::claim, [this](std::uint32_t context, std::uint64_t source) { on_complete(context, source); });
}

void plic::reset() {
  regs.reset();
  for (auto& set : enabled) set.reset();
  claimed.reset();
  waiting = levels;
  update();
}

void plic::connect(unsigned source, common::wire_out& device) {
  if (source < 1 || source > map::sources) throw std::invalid_argument("plic: sources are 1 to 96");
  device.connect([this, source](bool level) { on_level(source, level); });
}

void plic::on_level(unsigned source, bool level) {
  levels[source] = level;
  sample(source);
  update();
}

// The gateway: lets a request through if none of this source is pending or in service.
void plic::sample(unsigned source) {
  if (levels[source] && !claimed[source]) waiting[source] = true;
}

void plic::on_complete(unsigned context, std::uint64_t source) {
  if (source >= source_count || !enabled[context][source]) return; // ignored, says the specification
  claimed[source] = false;
  sample(static_cast<unsigned>(source));
  update();
}

std::uint32_t plic::best(unsigned context) const {
  const auto candidates = waiting & enabled[context];
  std::uint32_t source = 0;
  std::uint64_t highest = 0;
  if (candidates.none()) return 0;
  for (std::uint32_t s = 1; s < source_count; ++s)
    if (candidates[s])
      if (const auto priority = regs.get(map::priority, s); priority > highest) source = s, highest = priority;
  return source;
}

void plic::update() {
  for (unsigned context = 0; context < external.size(); ++context) {
    const auto source = best(context);
    external[context] = source != 0 && regs.get(map::priority, source) > regs.get(map::threshold, context);
  }
}

} // namespace acf::peripherals
