// Walks every register of the fabric, as described by the header that `acf-vp regs --format header` prints, and by
// nothing else: a register, a field or an access mode that the model and the document disagree about fails here.
// Returns the number of blocks with a wrong register.
#include <algorithm>
#include <cstdio>
#include <string_view>

#include "firmware/apps/register_walk/probe.hpp"
#include "firmware/apps/register_walk/walk.hpp"

namespace {

using namespace acf::register_walk;

// The blocks whose registers mean the same at any time; others belong to the machine this program runs on.
constexpr std::string_view fabric_blocks[] = {"GLOBAL", "TILE", "ROUTER"};

// Big arrays are sampled, except in the first instance of a block.
constexpr std::uint32_t sampled_from = 64, sample_step = 61;

template <class function>
void for_each_place(const acf_block& b, function what) {
  for (std::uint32_t instance = 0; instance < b.instances; ++instance)
    for (auto r = b.registers; r != b.registers + b.register_count; ++r) {
      const auto step = instance > 0 && r->count > sampled_from ? sample_step : 1;
      for (std::uint32_t element = 0; element < r->count; element += step) what(place{&b, instance, r, element});
    }
}

// Rings survive a reset of their tile.
bool survives_reset(const place& p) { return std::string_view(p.reg->name).starts_with("RING_"); }

void reset_fabric() { write(ACF_GLOBAL_BASE + ACF_GLOBAL_CONTROL, 4, ACF_GLOBAL_CONTROL_RESET_MASK); }

tally walk(const acf_block& b) {
  tally t;
  for_each_place(b, [&](const place& p) { check_reset(p, t); });
  for_each_place(b, [&](const place& p) { check_access(p, p.element == 0, t); });
  check_holes(b, t);
  // Whatever software has left behind, a reset clears it.
  for_each_place(b, [](const place& p) {
    if (!survives_reset(p)) fill(p);
  });
  reset_fabric();
  for_each_place(b, [&](const place& p) { check_reset(p, t); });
  return t;
}

} // namespace

int main() {
  start_probing();
  if (!read(ACF_GLOBAL_BASE, 4) || (*read(ACF_GLOBAL_BASE, 4) & 0xff'ffff) == 0xff'ffff) {
    std::printf("no fabric at 0x%lx\n", static_cast<std::uint64_t>(ACF_GLOBAL_BASE));
    return 1;
  }
  int wrong_blocks = 0;
  for (const auto& b : acf_blocks) {
    if (std::ranges::find(fabric_blocks, b.name) == std::end(fabric_blocks)) continue;
    const auto t = walk(b);
    std::printf("%s: %u registers in %u places, %lu checks, %lu wrong\n", b.name,
                static_cast<unsigned>(b.register_count), static_cast<unsigned>(b.instances), t.checks, t.wrong);
    wrong_blocks += t.wrong != 0 ? 1 : 0;
  }
  if (wrong_trap_values() != 0) std::printf("%u traps without the address in mtval\n", wrong_trap_values());
  return wrong_blocks + (wrong_trap_values() != 0 ? 1 : 0);
}
