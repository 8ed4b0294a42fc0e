// The bytes of GDB's remote serial protocol: $payload#checksum, + and - between, 0x03 for Ctrl-C. No input can do more
// than be rejected.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace acf::platform::gdb {

struct received {
  enum { packet, damaged, interrupt, acknowledged, rejected } what;
  std::string payload; // of a packet, escapes resolved
};

class packet_reader {
public:
  explicit packet_reader(std::size_t longest = 1 << 20) : limit(longest) {}
  void feed(std::string_view bytes) { waiting += bytes; }
  std::optional<received> next();

private:
  std::size_t limit;
  std::string waiting;
  std::size_t at = 0;
  enum { outside, inside, escaped, first_digit, second_digit } state = outside;
  std::string payload;
  std::uint8_t sum = 0;
  int claimed = 0;
  bool bad = false;
};

std::string frame(std::string_view payload); // with $, escapes, # and checksum

// Numbers and bytes as the protocol spells them.
int hex_digit(char c);                                         // -1: none
std::optional<std::uint64_t> take_hex(std::string_view& text); // removes the digits it reads
bool take(std::string_view& text, std::string_view prefix);    // removes the prefix if it is there
std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);
std::string number(std::uint64_t v);
std::string little_endian(std::uint64_t v, unsigned bytes = 8);         // as hex digits
std::optional<std::uint64_t> little_endian_value(std::string_view hex); // of up to 8 bytes

} // namespace acf::platform::gdb
