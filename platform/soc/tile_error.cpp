#include "platform/soc/tile_error.hpp"

#include "sw_stack/hal/command_names.hpp"
#include "sw_stack/hal/tile_registers.hpp"
#include "sw_stack/hal/value_names.hpp"

#include <fmt/format.h>

namespace acf::platform {

std::string tile_error(const tile::tile& t) {
  const auto& c = t.control();
  const auto cause = hal::value_name(hal::tile::error_cause.text, static_cast<std::uint64_t>(c.error_cause()));
  auto text = fmt::format("TILE({},{}).ERROR_CAUSE = {}: ring {} command {}", t.x(), t.y(), cause,
                          c.error_index() >> 24, c.error_index() & 0xFF'FFFF);
  if (const auto name = hal::name_of(c.error_op()); name != hal::name_of(hal::opcode{}))
    text += fmt::format(" ({})", name);
  return text + fmt::format(", ERROR_ADDRESS {:#x}", c.error_address());
}

} // namespace acf::platform
