#include "platform/inject/injection.hpp"

#include "platform/config/input_error.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/peripherals.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <string_view>
#include <utility>

namespace acf::platform {

namespace {

constexpr std::string_view form = "WHEN:TARGET:WHAT, e.g. t=50us:dram@0x90001000:flip=3";
constexpr std::uint64_t word_bits = 64;         // flip=BIT reaches this far from an address
constexpr std::uint64_t packet_bits = 8 * 1024; // the longest payload

constexpr std::array<std::pair<std::string_view, noc::packet_kind>, 3> kinds{
    {{"read_data", noc::packet_kind::read_data},
     {"write_data", noc::packet_kind::write_data},
     {"send_data", noc::packet_kind::send_data}}};

constexpr std::array<std::pair<std::string_view, double>, 4> units{
    {{"ns", 1e3}, {"us", 1e6}, {"ms", 1e9}, {"s", 1e12}}};

// Takes a text apart from the left; every complaint names the whole specification.
class scanner {
public:
  scanner(const std::string& whole, std::string_view part) : whole_(whole), rest_(part) {}

  [[noreturn]] void expected(std::string_view what) const {
    throw input_error{fmt::format("--inject '{}': expected {}, not '{}'", whole_, what, rest_)};
  }
  [[noreturn]] void complain(std::string_view what) const {
    throw input_error{fmt::format("--inject '{}': {}", whole_, what)};
  }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  // One of the words, which must be all that is left.
  template <class T, std::size_t n>
  T one_of(const std::array<std::pair<std::string_view, T>, n>& words) const {
    std::string list;
    for (const auto& [word, value] : words) {
      if (rest_ == word) return value;
      list += (list.empty() ? "" : ", ") + std::string(word);
    }
    expected("one of " + list);
  }
  std::uint64_t number(std::string_view what) {
    const int base = take("0x") ? 16 : 10;
    std::uint64_t value = 0;
    const auto r = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, base);
    if (r.ec != std::errc{}) expected(what);
    rest_.remove_prefix(static_cast<std::size_t>(r.ptr - rest_.data()));
    return value;
  }
  double decimal(std::string_view what) {
    double value = 0;
    const auto r = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, std::chars_format::fixed);
    if (r.ec != std::errc{} || !std::isfinite(value) || value < 0) expected(what);
    rest_.remove_prefix(static_cast<std::size_t>(r.ptr - rest_.data()));
    return value;
  }
  // "(x,y)"
  void position(std::uint32_t& x, std::uint32_t& y, const config& chip) {
    constexpr std::string_view what = "a position such as (2,1)";
    if (!take("(")) expected(what);
    const auto px = number(what);
    if (!take(",")) expected(what);
    const auto py = number(what);
    if (!take(")")) expected(what);
    if (px >= chip.mesh.width || py >= chip.mesh.height)
      complain(fmt::format("({},{}) is not in the {} x {} mesh", px, py, chip.mesh.width, chip.mesh.height));
    x = static_cast<std::uint32_t>(px);
    y = static_cast<std::uint32_t>(py);
  }
  bool done() const { return rest_.empty(); }
  void end(std::string_view what) const {
    if (!done()) expected(what);
  }
  std::string_view rest() const { return rest_; }

private:
  const std::string& whole_;
  std::string_view rest_;
};

void parse_when(scanner s, injection& i) {
  constexpr std::string_view what = "t=NUMBER with ns, us, ms or s, packet=N, packet=N/KIND, marker=N or fence=N";
  if (s.take("t=")) {
    i.when = injection::event::time;
    const auto value = s.decimal(what) * s.one_of(units);
    if (value > 1e18) s.complain("the time is beyond any run");
    i.number = static_cast<std::uint64_t>(std::llround(value));
  } else if (s.take("packet=")) {
    i.when = injection::event::packet;
    i.number = s.number(what);
    if (s.take("/")) {
      i.kind = s.one_of(kinds);
      return;
    }
    s.end("/KIND or nothing behind the number");
  } else if (s.take("marker=")) {
    i.when = injection::event::marker;
    i.number = s.number(what);
    s.end("nothing behind the number");
    return; // 0 is a phase, too
  } else if (s.take("fence=")) {
    i.when = injection::event::fence;
    i.number = s.number(what);
    s.end("nothing behind the number");
  } else {
    s.expected(what);
  }
  if (i.when != injection::event::time && i.number == 0) s.complain("packets and fences count from 1");
}

void parse_target(scanner s, injection& i, const config& chip) {
  constexpr std::string_view what = "dram@ADDR, packet, link(X,Y)->(X,Y), irq=SOURCE or sram(X,Y)@OFFSET";
  if (s.take("dram@")) {
    i.where = injection::place::dram;
    i.address = s.number("an address such as 0x90000000");
    s.end("nothing behind the address");
    const auto size = std::uint64_t{chip.dram.size_mib} << 20;
    if (i.address < hal::map::dram || i.address - hal::map::dram >= size)
      s.complain(
          fmt::format("{:#x} is not in DRAM at {:#x}..{:#x}", i.address, hal::map::dram, hal::map::dram + size - 1));
  } else if (s.take("packet")) {
    i.where = injection::place::packet;
    s.end(what);
    if (i.when != injection::event::packet) s.complain("target packet goes with WHEN packet=N");
  } else if (s.take("link")) {
    i.where = injection::place::link;
    s.position(i.x, i.y, chip);
    if (!s.take("->")) s.expected("-> and the router that the link goes to");
    s.position(i.x1, i.y1, chip);
    s.end("nothing behind the link");
    const auto distance = (i.x > i.x1 ? i.x - i.x1 : i.x1 - i.x) + (i.y > i.y1 ? i.y - i.y1 : i.y1 - i.y);
    if (distance != 1) s.complain("links join neighbours");
  } else if (s.take("irq=")) {
    i.where = injection::place::irq;
    i.source = s.one_of(hal::interrupts);
  } else if (s.take("sram")) {
    i.where = injection::place::sram;
    s.position(i.x, i.y, chip);
    if (!s.take("@")) s.expected("@OFFSET");
    i.address = s.number("an offset in bytes");
    s.end("nothing behind the offset");
    if (i.address >= std::uint64_t{chip.same.sram_kib} * 1024)
      s.complain(fmt::format("the SRAM of a tile has {} KiB", chip.same.sram_kib));
  } else {
    s.expected(what);
  }
}

std::uint64_t parse_bit(scanner& s, std::uint64_t bits) {
  const auto what = fmt::format("a bit from 0 to {}", bits - 1);
  const auto rest = s;
  const auto bit = s.number(what);
  if (bit >= bits || !s.done()) rest.expected(what);
  return bit;
}

std::vector<std::uint8_t> parse_bytes(const scanner& s) {
  const auto digits = s.rest();
  const auto is_hex = digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  if (digits.empty() || digits.size() % 2 != 0 || !is_hex) s.expected("bytes as pairs of hexadecimal digits");
  std::vector<std::uint8_t> bytes(digits.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    std::from_chars(digits.data() + 2 * i, digits.data() + 2 * i + 2, bytes[i], 16);
  return bytes;
}

void parse_what(scanner s, injection& i, const config& chip) {
  switch (i.where) {
  case injection::place::packet:
  case injection::place::sram:
    if (!s.take("flip=")) s.expected("flip=BIT");
    i.what = injection::fault::flip;
    i.amount = parse_bit(s, i.where == injection::place::packet ? packet_bits : word_bits);
    break;
  case injection::place::link:
    if (!s.take("stall=")) s.expected("stall=CYCLES");
    i.what = injection::fault::stall;
    i.amount = s.number("a number of fabric cycles");
    s.end("nothing behind the number");
    break;
  case injection::place::irq:
    if (!s.take("drop") || !s.done()) s.expected("drop");
    i.what = injection::fault::drop;
    break;
  case injection::place::dram:
    if (s.take("flip=")) {
      i.what = injection::fault::flip;
      i.amount = parse_bit(s, word_bits);
    } else if (s.take("write=")) {
      i.what = injection::fault::write;
      i.bytes = parse_bytes(s);
    } else if (s.rest() == "error") {
      i.what = injection::fault::error;
    } else {
      s.expected("flip=BIT, write=HEXBYTES or error");
    }
    break;
  }
  const auto memory = i.where == injection::place::sram ? std::uint64_t{chip.same.sram_kib} * 1024
                                                        : std::uint64_t{chip.dram.size_mib} << 20;
  const auto first = i.where == injection::place::sram ? i.address : i.address - hal::map::dram;
  const auto touched = i.what == injection::fault::write ? i.bytes.size() : i.amount / 8 + 1;
  if ((i.where == injection::place::dram || i.where == injection::place::sram) && touched > memory - first)
    s.complain("it goes beyond the end of the memory");
}

} // namespace

injection parse_injection(const std::string& text, const config& chip) {
  const auto first = text.find(':'), second = first == std::string::npos ? first : text.find(':', first + 1);
  if (second == std::string::npos) throw input_error{fmt::format("--inject '{}': expected {}", text, form)};
  injection i;
  i.text = text;
  const std::string_view all = text;
  parse_when({text, all.substr(0, first)}, i);
  parse_target({text, all.substr(first + 1, second - first - 1)}, i, chip);
  parse_what({text, all.substr(second + 1)}, i, chip);
  return i;
}

std::vector<injection> parse_injections(const std::vector<std::string>& texts, const config& chip) {
  std::vector<injection> all;
  for (const auto& text : texts) all.push_back(parse_injection(text, chip));
  return all;
}

} // namespace acf::platform
