// SHA-256 (FIPS 180-4): reports name their inputs by base name and digest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace acf::platform {

std::string sha256(std::span<const std::uint8_t> bytes);       // 64 hexadecimal digits
std::string sha256_of_file(const std::filesystem::path& file); // empty if it cannot be read

} // namespace acf::platform
