// Console: ns16550a (PC16550D data sheet) with 16-byte FIFOs.
//
//   guest's stores --> THR, transmitter FIFO --> sink          (characters at once, or at the line's pace)
//   receive(text) --> queue --> receiver FIFO, RBR --> guest   (characters at the line's pace)     --> irq
//
// Modes of the line (bits, parity, divisor) are kept but change nothing.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <systemc>

#include "models/common/alarm.hpp"
#include "models/common/register_socket.hpp"
#include "models/common/wire.hpp"
#include "sw_stack/hal/uart_registers.hpp"

namespace acf::peripherals {

using character_sink = std::function<void(char)>;

struct uart_timing {
  sc_core::sc_time transmit = sc_core::SC_ZERO_TIME;       // per character; zero as QEMU: the console never waits
  sc_core::sc_time receive{10e6 / 115200, sc_core::SC_US}; // per character: 10 bits at 115200 baud
  bool flow_control = true; // the other side waits while the receiver FIFO is full; else characters are lost (OVERRUN)
};

class uart : public sc_core::sc_module, private common::register_target {
  common::register_bank regs{hal::uart::block}, divisor{hal::uart::divisor_block};

public:
  common::register_socket bus{"bus", *this};
  common::wire_out irq{"irq"};

  uart(sc_core::sc_module_name name, character_sink sink, uart_timing timing = {});
  void reset(); // characters not yet in the FIFO stay in the queue

  // Puts characters on the line to the guest, behind those still there.
  void receive(std::string_view text);
  // Characters that the guest has not read yet, in FIFO and queue.
  std::size_t unread() const { return receiver.size() + line.size(); }
  // The next of them, for whoever gives it to the guest by another way (semihosting); without waiting for the line.
  std::optional<char> take();

  common::register_bank& registers() { return regs; }
  common::register_bank& divisor_registers() { return divisor; }

private:
  // Offsets 0 and 1 belong to the divisor latch while LCR.DLAB is set.
  common::register_bank& bank(std::uint64_t offset);
  const common::register_bank& bank(std::uint64_t offset) const { return const_cast<uart*>(this)->bank(offset); }
  common::access_result read(std::uint64_t offset, unsigned size, std::uint64_t& value) override;
  common::access_result write(std::uint64_t offset, unsigned size, std::uint64_t value) override;
  std::size_t peek(std::uint64_t offset, std::span<std::uint8_t> bytes) const override;
  std::size_t poke(std::uint64_t offset, std::span<const std::uint8_t> bytes) override;

  // The transmitter: FIFO, then shift register.
  void on_transmit(std::uint8_t character);
  void load_shifter();
  void on_sent();
  // The receiver.
  void on_line();
  void arrived(std::uint8_t character);
  void on_receiver_read();
  // The rest.
  void on_fifo_control(std::uint64_t value);
  void clear_receiver();
  void clear_transmitter();
  std::uint64_t line_status() const;
  std::uint64_t modem_lines() const;
  void update_modem();
  hal::uart::cause cause() const;
  void update_irq();
  bool looped() const { return regs.get(hal::uart::mcr, hal::uart::mcr["LOOP"]) != 0; }
  std::size_t depth() const { return fifos ? hal::uart::fifo_depth : 1; }

  character_sink sink;
  uart_timing timing;
  std::deque<std::uint8_t> line, receiver, transmitter;
  std::uint8_t shifter = 0;
  std::size_t trigger = 1;
  bool fifos = false, overrun = false, timed_out = false, became_empty = false;
  std::uint64_t modem_before = 0, modem_changes = 0;
  common::alarm sent{"sent", [this] { on_sent(); }}, next_on_line{"next_on_line", [this] { on_line(); }},
      idle{"idle", [this] { timed_out = true, update_irq(); }};
};

} // namespace acf::peripherals
