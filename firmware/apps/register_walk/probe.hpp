#pragma once
// Device accesses that may fail: an access fault becomes an answer instead of the end of the program.
#include <cstdint>
#include <optional>

namespace acf::register_walk {

void start_probing();

// Nothing if the access trapped. `bytes` is 1, 2, 4 or 8.
std::optional<std::uint64_t> read(std::uint64_t address, unsigned bytes);
bool write(std::uint64_t address, unsigned bytes, std::uint64_t value);

// Traps whose mtval was not the address of the access.
unsigned wrong_trap_values();

} // namespace acf::register_walk
