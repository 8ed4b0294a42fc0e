// The register document in its forms. Each takes the configuration (reset values describe the chip) and the blocks to
// show.
#pragma once

#include "platform/registers_document/register_map.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

namespace acf::platform {

using register_blocks = std::vector<block_instances>;

// One entry per register of every instance: {name, address, width, access, reset, fields}, and with it reset_mask,
// count and stride (arrays are one entry), block, text. Width in bytes for registers, in bits for fields.
nlohmann::ordered_json registers_json(const config& c, const register_blocks& blocks);

std::string registers_markdown(const config& c, const register_blocks& blocks);

// One C99 header that needs none of our sources: defines for places, registers and fields, and tables to walk.
std::string registers_header(const config& c, const register_blocks& blocks);

std::string registers_svd(const config& c, const register_blocks& blocks); // CMSIS-SVD 1.3

// What lies at an address, and what a value there means; an error text if no register does, or it has no such value.
struct decoded {
  std::string text;
  bool found = false;
};
decoded decode_register(const config& c, const register_blocks& blocks, std::uint64_t address,
                        std::optional<std::uint64_t> value);

// The blocks called `name`: a kind ("TILE") or one instance ("TILE(2,1)"); or an error text with the nearest name.
std::variant<register_blocks, std::string> select_blocks(const register_blocks& blocks, const std::string& name);

} // namespace acf::platform
