// Names of registers by their addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sw_stack/driver/message.hpp"
#include "sw_stack/hal/registers.hpp"

namespace acf::driver {

// A register of the fabric: copy `index` of `what` in instance `window` of its block (tile or router).
struct register_name {
  const hal::register_block* block = nullptr;
  const hal::reg* what = nullptr;
  std::uint32_t window = 0;
  std::uint32_t index = 0;
};

// The register that covers a bus address, if there is one.
std::optional<register_name> find_register(std::uint64_t address);

// "GLOBAL.WINDOW_BASE[3]", "TILE(2,1).STATUS"; tiles and routers by their place in a mesh that wide.
void print(message& out, const register_name& name, std::uint32_t mesh_width);

} // namespace acf::driver
