#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/apps/console_test/checks.hpp"
#include "firmware/board/fixed_point.hpp"

namespace acf::console_test {
namespace {

using namespace std::literals;

struct counter {
  counter() : value(41) { ++value; }
  int value;
};
counter constructed;
int initialised = 7;
int zeroed[64];
thread_local int thread_initialised = 5;
thread_local int thread_zeroed;
// As buffers for DMA are.
alignas(4096) volatile int aligned_zeroed[3];
alignas(4096) volatile int aligned_initialised[3] = {1, 2, 3};
alignas(4096) const volatile int aligned_constant[3] = {4, 5, 6};

struct shape {
  virtual ~shape() = default;
  virtual unsigned corners() const = 0;
};
struct triangle : shape {
  unsigned corners() const override { return 3; }
};
struct square : shape {
  unsigned corners() const override { return 4; }
};

unsigned sum(std::span<const unsigned> values) { return std::accumulate(values.begin(), values.end(), 0u); }

std::optional<long> parse(std::string_view text) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class word>
bool atomics_work() {
  std::atomic<word> a = 40;
  a.fetch_add(3);
  a.fetch_sub(1);
  word expected = 42;
  return a.compare_exchange_strong(expected, 7) && a.exchange(9) == 7 && a.load() == 9;
}

void data_and_constructors() {
  check("global constructor", constructed.value == 42);
  check("initialised data", initialised == 7);
  check("zeroed data", std::ranges::all_of(zeroed, [](int n) { return n == 0; }));
  check("thread-local data", thread_initialised == 5 && thread_zeroed == 0);
  const auto page_offset = [](const volatile int* p) { return reinterpret_cast<std::uintptr_t>(p) % 4096; };
  check("data aligned to pages", page_offset(aligned_zeroed) == 0 && page_offset(aligned_initialised) == 0 &&
                                     page_offset(aligned_constant) == 0 && aligned_zeroed[2] == 0 &&
                                     aligned_initialised[2] == 3 && aligned_constant[2] == 6);
  static counter local;
  check("static local", local.value == 42);
}

void headers() {
  std::array<unsigned, 6> values{5, 3, 6, 1, 4, 2};
  std::ranges::sort(values);
  check("array, algorithm", std::ranges::is_sorted(values) && values.front() == 1);
  check("span", sum(std::span(values).subspan(2, 3)) == 12);
  check("optional, charconv", parse("1f").value_or(0) == 31 && !parse("1g"));
  std::array<char, 16> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), -1234567).ptr;
  check("string_view", std::string_view(text.data(), end) == "-1234567"sv && "abc"sv.substr(1) == "bc");
  check("ranges", sum(std::array<unsigned, 0>{}) == 0 && std::ranges::distance(std::views::iota(0, 10)) == 10);
  check("atomic", atomics_work<std::uint8_t>() && atomics_work<std::uint16_t>() && atomics_work<std::uint32_t>() &&
                      atomics_work<std::uint64_t>());
  check("bit", std::popcount(0xf0f0u) == 8 && std::countr_zero(0x100u) == 8 && std::bit_width(255u) == 8);
  check("chrono", std::chrono::duration_cast<std::chrono::milliseconds>(3s).count() == 3000);
}

void heap() {
  std::vector<std::string> words;
  for (int n = 0; n < 100; ++n) words.push_back("a word too long for the string itself " + std::to_string(n));
  check("vector, string", words.size() == 100 && words[99].ends_with(" 99"));
  std::vector<std::unique_ptr<shape>> shapes;
  shapes.push_back(std::make_unique<triangle>());
  shapes.push_back(std::make_unique<square>());
  check("virtual functions", shapes[0]->corners() == 3 && shapes[1]->corners() == 4);
}

void printing() {
  std::printf("%5d|%-5d|%05d|%x|%lx|%lld|%c|%s|%.2s\n", -42, 42, 42, 0xbeefu, 0x123456789abcdefUL, -9876543210LL, 'c',
              "string", "truncated");
  std::printf("%s %s %s %s\n", board::percent(8765, 10000).text(), board::percent(1, 3, 4).text(),
              board::ratio(-7, 2, 1).text(), board::decimal(-5, 3).text());
}

} // namespace

void language() {
  data_and_constructors();
  headers();
  heap();
  printing();
}

} // namespace acf::console_test
