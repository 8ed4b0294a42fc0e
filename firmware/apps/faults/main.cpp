// Accesses to the fabric's registers that must fault: each is caught and printed with its cause and address.
// The last lines are about ring memory: a doorbell that overtakes the stores to its ring.
#include <cstdint>
#include <cstdio>

#include "firmware/board/mmio.hpp"
#include "firmware/start/trap.hpp"
#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/tile_registers.hpp"

namespace {

using namespace acf;
namespace map = hal::map;

std::uint64_t cause, value;
bool caught;

void note(trap::frame& f) {
  cause = f.cause;
  value = f.value;
  caught = true;
  f.skip_instruction();
}

void said(const char* what) {
  if (caught)
    std::printf("%s: mcause %u mtval 0x%lx\n", what, static_cast<unsigned>(cause), value);
  else
    std::printf("%s: no fault\n", what);
  caught = false;
}

// One instruction each, whatever the compiler thinks of the alignment.
template <class word>
void load(const char* what, std::uint64_t address) {
  std::uint64_t bits = 0;
  if constexpr (sizeof(word) == 8)
    asm volatile("ld %0, 0(%1)" : "+r"(bits) : "r"(address) : "memory");
  else
    asm volatile("lw %0, 0(%1)" : "+r"(bits) : "r"(address) : "memory");
  said(what);
}
template <class word>
void store(const char* what, std::uint64_t address, word bits) {
  if constexpr (sizeof(word) == 1)
    asm volatile("sb %0, 0(%1)" ::"r"(bits), "r"(address) : "memory");
  else
    asm volatile("sw %0, 0(%1)" ::"r"(bits), "r"(address) : "memory");
  said(what);
}

alignas(64) std::uint64_t ring[8 * 4];

void doorbell_overtakes_ring() {
  board::mmio::write64(map::global_block + hal::global::window_base.offset, map::dram);
  board::mmio::write64(map::global_block + hal::global::window_limit.offset, map::dram + 0x100'0000);
  board::mmio::write32(map::global_block + hal::global::window_rights.offset, 1);
  board::mmio::write64(map::tile_base(0) + hal::tile::ring_base.offset, reinterpret_cast<std::uint64_t>(ring));
  board::mmio::write32(map::tile_base(0) + hal::tile::ring_length.offset, 4);
  *static_cast<volatile std::uint64_t*>(ring) = 99; // an opcode that does not exist
  *reinterpret_cast<volatile std::uint32_t*>(map::tile_base(0) + hal::tile::doorbell.offset) = 1;
  const auto causes = board::mmio::read32(map::global_block + hal::global::irq_status.offset);
  std::printf("IRQ_STATUS.ORDER is %u\n", hal::test(causes, hal::global::irq_status["ORDER"]) ? 1u : 0u);
}

} // namespace

int main() {
  using trap::exception;
  for (const auto e :
       {exception::load_access, exception::store_access, exception::load_misaligned, exception::store_misaligned})
    trap::on(e, note);
  constexpr auto global = map::global_block, tile = map::tile_base(0);
  load<std::uint32_t>("unmapped read", global + 0xF000);
  store<std::uint32_t>("unmapped write", global + 0xF000, 1);
  load<std::uint32_t>("write-only read", tile + hal::tile::doorbell.offset);
  store<std::uint32_t>("read-only write", global + hal::global::id.offset, 1);
  store<std::uint32_t>("reserved bits", global + hal::global::irq_enable.offset, 0x8000'0000);
  load<std::uint32_t>("misaligned read", global + hal::global::irq_enable.offset + 2);
  store<std::uint32_t>("misaligned write", global + hal::global::irq_enable.offset + 2, 0);
  load<std::uint64_t>("wide read", global + hal::global::id.offset);
  store<std::uint8_t>("narrow write", global + hal::global::irq_enable.offset, 0);
  load<std::uint32_t>("tile that does not exist", map::tile_base(1000));
  load<std::uint32_t>("behind DRAM", 0xFFFF'FFFF'0000'0000);
  load<std::uint32_t>("good read", global + hal::global::id.offset);
  doorbell_overtakes_ring();
}
