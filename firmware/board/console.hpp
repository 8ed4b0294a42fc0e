#pragma once
// The console: a ns16550a UART, polled on the way out. std::printf and std::puts end here as well.
// Receiving works by polling or, after enable_receive_interrupt(), by interrupt hal::irq::uart.
#include <optional>
#include <string_view>

namespace acf::board::console {
void put(char c);
void write(std::string_view text);
std::optional<char> get(); // what has arrived, if anything
void enable_receive_interrupt(bool on);
} // namespace acf::board::console
