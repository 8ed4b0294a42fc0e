// A line of text without a heap; what does not fit is cut off.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <string_view>

namespace acf::driver {

struct hex {
  std::uint64_t value;
};

class message {
public:
  message& operator<<(std::string_view text) {
    const auto n = std::min(text.size(), room.size() - used);
    std::copy_n(text.begin(), n, room.begin() + used);
    used += n;
    return *this;
  }
  message& operator<<(std::integral auto number) { return print(number, 10); }
  message& operator<<(hex number) { return (*this << "0x").print(number.value, 16); }
  std::string_view text() const { return {room.data(), used}; }

private:
  message& print(std::integral auto number, int base) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
    return *this << std::string_view(digits.data(), end);
  }
  std::array<char, 200> room{};
  std::size_t used = 0;
};

} // namespace acf::driver
