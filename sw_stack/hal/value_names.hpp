// Words for the numbers in a register, from its description: "0 NONE 1 BAD_OPCODE ...". Freestanding C++20.
#pragma once

#include <cstdint>
#include <string_view>

namespace acf::hal {

// value_name("0 NONE 1 BAD_OPCODE", 1) is BAD_OPCODE: the word behind that number. "?" without one.
constexpr std::string_view value_name(std::string_view description, std::uint64_t value) {
  const auto next_word = [&description] {
    std::size_t begin = 0;
    while (begin < description.size() && description[begin] == ' ') ++begin;
    std::size_t end = begin;
    while (end < description.size() && description[end] != ' ') ++end;
    const std::string_view word(description.data() + begin, end - begin); // substr() could throw
    description.remove_prefix(end);
    return word;
  };
  for (auto word = next_word(); !word.empty(); word = next_word()) {
    std::uint64_t number = 0;
    bool is_number = true;
    for (const char c : word) {
      is_number = is_number && c >= '0' && c <= '9';
      number = 10 * number + static_cast<std::uint64_t>(c - '0');
    }
    if (is_number && number == value) return next_word();
  }
  return "?";
}

} // namespace acf::hal
