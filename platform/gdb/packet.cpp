#include "platform/gdb/packet.hpp"
#include <cstdio>

namespace acf::platform::gdb {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<received> packet_reader::next() {
  while (at < waiting.size()) {
    const char c = waiting[at++];
    if (state != outside && state != first_digit && state != second_digit &&
        c == '$') { // the sender gave up and began again
      state = inside;
      payload.clear();
      sum = 0;
      bad = false;
      continue;
    }
    switch (state) {
    case outside:
      if (c == '$') {
        state = inside;
        payload.clear();
        sum = 0;
        bad = false;
      } else if (c == '\x03')
        return received{received::interrupt, {}};
      else if (c == '+')
        return received{received::acknowledged, {}};
      else if (c == '-')
        return received{received::rejected, {}};
      break; // noise between packets
    case inside:
      if (c == '#') {
        state = first_digit;
        break;
      }
      sum = static_cast<std::uint8_t>(sum + static_cast<unsigned char>(c));
      if (c == '}')
        state = escaped;
      else
        payload += c;
      break;
    case escaped:
      sum = static_cast<std::uint8_t>(sum + static_cast<unsigned char>(c));
      payload += static_cast<char>(c ^ 0x20);
      state = inside;
      break;
    case first_digit:
      bad = bad || hex_digit(c) < 0;
      claimed = hex_digit(c) * 16;
      state = second_digit;
      break;
    case second_digit:
      bad = bad || hex_digit(c) < 0 || claimed + hex_digit(c) != sum;
      state = outside;
      return received{bad ? received::damaged : received::packet, std::move(payload)};
    }
    if (payload.size() > limit) { // its end will make it a damaged packet
      bad = true;
      payload.clear();
    }
  }
  waiting.clear();
  at = 0;
  return std::nullopt;
}

std::string frame(std::string_view text) {
  std::string out = "$";
  std::uint8_t sum = 0;
  const auto put = [&](char c) {
    out += c;
    sum = static_cast<std::uint8_t>(sum + static_cast<unsigned char>(c));
  };
  for (const char c : text) {
    if (c == '$' || c == '#' || c == '}' || c == '*') {
      put('}');
      put(static_cast<char>(c ^ 0x20));
    } else
      put(c);
  }
  char end[4];
  std::snprintf(end, sizeof end, "#%02x", unsigned{sum});
  return out + end;
}

std::optional<std::uint64_t> take_hex(std::string_view& text) {
  std::uint64_t v = 0;
  std::size_t n = 0;
  while (n < text.size() && hex_digit(text[n]) >= 0) {
    if (v >> 60) return std::nullopt;
    v = v << 4 | static_cast<std::uint64_t>(hex_digit(text[n++]));
  }
  if (n == 0) return std::nullopt;
  text.remove_prefix(n);
  return v;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string to_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t n = 0; n < text.size(); n += 2) {
    const int high = hex_digit(text[n]), low = hex_digit(text[n + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string number(std::uint64_t v) {
  char text[20];
  std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(v));
  return text;
}

std::string little_endian(std::uint64_t v, unsigned bytes) {
  std::string raw;
  for (unsigned n = 0; n < bytes; ++n) raw += static_cast<char>(v >> (8 * n));
  return to_hex(raw);
}

std::optional<std::uint64_t> little_endian_value(std::string_view hex) {
  const auto raw = from_hex(hex);
  if (!raw || raw->empty() || raw->size() > 8) return std::nullopt;
  std::uint64_t v = 0;
  for (std::size_t n = 0; n < raw->size(); ++n) v |= std::uint64_t{static_cast<unsigned char>((*raw)[n])} << (8 * n);
  return v;
}

} // namespace acf::platform::gdb
