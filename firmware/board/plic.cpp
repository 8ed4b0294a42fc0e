#include "firmware/board/plic.hpp"

#include <array>

#include "firmware/board/hart.hpp"
#include "firmware/board/mmio.hpp"
#include "firmware/start/trap.hpp"
#include "sw_stack/hal/memory_map.hpp"

namespace acf::board::plic {
namespace {

constinit std::array<handler, sources> handlers{};

// Context 2h is machine mode of hart h, 2h+1 its supervisor mode.
std::uint64_t context() { return 2 * hart::id(); }
std::uint64_t priority_register(unsigned source) { return hal::map::plic + 4 * source; }
std::uint64_t enable_register(unsigned source) {
  return hal::map::plic + 0x2000 + 0x80 * context() + 4 * (source / 32);
}
std::uint64_t threshold_register() { return hal::map::plic + 0x20'0000 + 0x1000 * context(); }
std::uint64_t claim_register() { return threshold_register() + 4; }

void on_external(trap::frame&) {
  while (const auto source = claim()) {
    if (source < sources && handlers[source])
      handlers[source](source);
    else
      disable(source);
    complete(source);
  }
}

} // namespace

void start() {
  for (unsigned source = 0; source < sources; source += 32) mmio::write32(enable_register(source), 0);
  set_threshold(0);
  trap::on(trap::interrupt::external, on_external);
  hart::enable(trap::interrupt::external);
}

void enable(unsigned source, handler what, unsigned priority) {
  handlers[source % sources] = what;
  mmio::write32(priority_register(source), priority);
  mmio::write32(enable_register(source), mmio::read32(enable_register(source)) | 1u << source % 32);
}

void disable(unsigned source) {
  mmio::write32(enable_register(source), mmio::read32(enable_register(source)) & ~(1u << source % 32));
}

void set_threshold(unsigned priority) { mmio::write32(threshold_register(), priority); }
unsigned claim() { return mmio::read32(claim_register()); }
void complete(unsigned source) { mmio::write32(claim_register(), source); }

} // namespace acf::board::plic
