#include "firmware/board/console.hpp"

#include <cstdio>

#include "firmware/board/mmio.hpp"
#include "sw_stack/hal/memory_map.hpp"

namespace acf::board::console {
namespace {
constexpr std::uint64_t data = hal::map::uart, interrupt_enable = hal::map::uart + 1, line_status = hal::map::uart + 5;
constexpr std::uint8_t received_data_interrupt = 1, data_ready = 1, transmitter_empty = 0x20;
} // namespace

void put(char c) {
  while ((mmio::read8(line_status) & transmitter_empty) == 0) {
  }
  mmio::write8(data, static_cast<std::uint8_t>(c));
}

void write(std::string_view text) {
  for (const char c : text) put(c);
}

std::optional<char> get() {
  if ((mmio::read8(line_status) & data_ready) == 0) return std::nullopt;
  return static_cast<char>(mmio::read8(data));
}

void enable_receive_interrupt(bool on) { mmio::write8(interrupt_enable, on ? received_data_interrupt : 0); }

} // namespace acf::board::console

namespace {

int put_to_stream(char c, FILE*) {
  acf::board::console::put(c);
  return static_cast<unsigned char>(c);
}

int get_from_stream(FILE*) {
  for (;;)
    if (const auto c = acf::board::console::get()) return static_cast<unsigned char>(*c);
}

FILE console_stream = FDEV_SETUP_STREAM(put_to_stream, get_from_stream, nullptr, _FDEV_SETUP_RW);

} // namespace

FILE* const stdin = &console_stream;
FILE* const stdout = &console_stream;
FILE* const stderr = &console_stream;
