#include "firmware/board/finisher.hpp"

#include "firmware/board/hart.hpp"
#include "firmware/board/mmio.hpp"
#include "sw_stack/hal/memory_map.hpp"

namespace acf::board {
namespace {
[[noreturn]] void request(std::uint32_t command) {
  hart::disable_interrupts();
  mmio::write32(hal::map::test_finisher, command);
  for (;;) hart::wait_for_interrupt();
}
} // namespace

void finish(int code) {
  constexpr std::uint32_t pass = 0x5555, fail = 0x3333;
  if (code == 0) request(pass);
  const auto low = static_cast<std::uint32_t>(code) & 0xffff;
  request((low != 0 ? low : 1) << 16 | fail);
}

void restart() { request(0x7777); }

} // namespace acf::board
