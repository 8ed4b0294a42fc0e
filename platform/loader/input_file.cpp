#include "platform/loader/input_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nettle/sha2.h>
#include <optional>

namespace acf::platform {

std::vector<std::uint8_t> read_file(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) throw input_error(file, "is a directory, expected a file");
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw input_error(file, std::string("cannot be read: ") + std::strerror(errno ? errno : EIO));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string sha256(std::span<const std::uint8_t> bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), bytes.data());
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest;
  sha256_digest(&context, digest.size(), digest.data());
  std::string text;
  for (const auto byte : digest) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    text += digits;
  }
  return text;
}

std::string hex(std::uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

void require_inside(const std::filesystem::path& file, const std::string& what, std::uint64_t address,
                    std::uint64_t bytes, std::span<const memory_area> memory) {
  for (const auto& area : memory)
    if (area.holds(address, bytes)) return;
  std::string places;
  for (const auto& area : memory)
    places += (places.empty() ? "" : ", ") + area.name + " " + hex(area.base) + " .. " + hex(area.base + area.size - 1);
  throw input_error(file, what + " at " + hex(address) + " (" + std::to_string(bytes) +
                              " bytes) lies outside memory; expected in " + places);
}

namespace {

std::optional<std::uint64_t> parse_address(std::string text) {
  std::erase(text, '_');
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const char* first = text.data() + (hexadecimal ? 2 : 0);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

} // namespace

raw_image read_raw_image(const std::string& argument, std::span<const memory_area> memory) {
  const auto at = argument.rfind('@');
  const auto address = at == std::string::npos ? std::nullopt : parse_address(argument.substr(at + 1));
  if (!address || at == 0)
    throw input_error("--load " + argument, "expected FILE@ADDRESS, for example data.bin@0x90000000");
  raw_image image{argument.substr(0, at), *address, {}};
  image.bytes = read_file(image.file);
  require_inside(image.file, "image", image.address, image.bytes.size(), memory);
  return image;
}

} // namespace acf::platform
