#include "models/peripherals/uart.hpp"

#include "tests/unit/peripherals/bench.hpp"

using namespace acf;
using namespace acf::test;
namespace map = hal::uart;

namespace {

constexpr std::uint64_t fifo_on = 0x01, trigger_8 = 0x80;
constexpr std::uint64_t on_received = 1, on_empty = 2, on_line = 4, on_modem = 8;
constexpr std::uint64_t ready = 0x01, lost = 0x02, holding_empty = 0x20, all_empty = 0x40;
constexpr std::uint64_t rts = 0x02, out1 = 0x04, loop = 0x10, dlab = 0x80;

struct guest { // and its console
  std::string console;
  master host{"host"};
  peripherals::uart uart;

  explicit guest(sc_core::sc_time transmit = sc_core::SC_ZERO_TIME, bool flow_control = true)
      : uart("uart", [this](char c) { console += c; }, {transmit, us(10), flow_control}) {
    host.out.bind(uart.bus);
  }
  void put(std::string_view text) {
    for (const char c : text) host.write(map::thr, static_cast<std::uint8_t>(c));
  }
  std::string take() {
    std::string text;
    while ((host.read(map::lsr) & ready) != 0) text += static_cast<char>(host.read(map::rbr));
    return text;
  }
  map::cause cause() { return static_cast<map::cause>(host.read(map::iir) & 0x0F); }
};

} // namespace

TEST(uart, reset_values) {
  guest g;
  expect_reset_values(g.host, map::block);
  g.host.write(map::lcr, dlab);
  expect_reset_values(g.host, map::divisor_block);
}

TEST(uart, what_another_way_takes_the_guest_does_not_see) {
  guest g;
  g.host.write(map::fcr, fifo_on);
  EXPECT_FALSE(g.uart.take());
  g.uart.receive("abcd");
  run(us(25)); // two have arrived
  EXPECT_EQ(g.uart.take(), 'a');
  EXPECT_EQ(g.take(), "b");
  EXPECT_EQ(g.uart.take(), 'c'); // still on the line
  run(us(100));
  EXPECT_EQ(g.take(), "d");
  g.uart.receive("e");
  EXPECT_EQ(g.uart.take(), 'e');
  run(us(100));
  EXPECT_EQ(g.host.read(map::lsr) & ready, 0U);
  EXPECT_FALSE(g.uart.take());
}

TEST(uart, prints_at_once_unless_paced) {
  guest g;
  g.put("hello");
  EXPECT_EQ(g.console, "hello");
  EXPECT_EQ(g.host.read(map::lsr), holding_empty | all_empty);
}

TEST(uart, paced_transmitter_fills_its_fifo_and_drains_it) {
  guest g(us(10));
  g.host.write(map::fcr, fifo_on);
  g.put("0123456789abcdefghij"); // one in the shifter, 16 in the FIFO, 3 lost
  EXPECT_EQ(g.host.read(map::lsr), 0U);
  run(us(10));
  EXPECT_EQ(g.console, "0");
  run(us(150));
  EXPECT_EQ(g.host.read(map::lsr), holding_empty);
  run(us(10));
  EXPECT_EQ(g.console, "0123456789abcdefg");
  EXPECT_EQ(g.host.read(map::lsr), holding_empty | all_empty);
}

TEST(uart, transmitter_interrupt_comes_when_empty_and_goes_when_looked_at) {
  guest g(us(10));
  g.host.write(map::ier, on_empty);
  EXPECT_TRUE(g.uart.irq.read());
  EXPECT_EQ(g.cause(), map::cause::empty);
  EXPECT_FALSE(g.uart.irq.read());
  EXPECT_EQ(g.cause(), map::cause::none);
  g.put("ab");
  EXPECT_FALSE(g.uart.irq.read());
  run(us(10));
  EXPECT_TRUE(g.uart.irq.read());
  g.put("c");
  EXPECT_FALSE(g.uart.irq.read());
}

TEST(uart, input_arrives_at_the_pace_of_the_line) {
  guest g;
  g.host.write(map::fcr, fifo_on);
  g.uart.receive("abc");
  run(us(10) - sc_core::sc_time(1, sc_core::SC_PS));
  EXPECT_EQ(g.take(), "");
  run(sc_core::sc_time(1, sc_core::SC_PS));
  EXPECT_EQ(g.take(), "a");
  run(us(10));
  EXPECT_EQ(g.uart.unread(), 2U);
  g.uart.receive("d");
  run(us(100));
  EXPECT_EQ(g.take(), "bcd");
  EXPECT_EQ(g.uart.unread(), 0U);
}

TEST(uart, the_line_waits_for_a_slow_reader) {
  guest g;
  g.host.write(map::fcr, fifo_on);
  g.uart.receive("0123456789abcdefXYZ");
  run(us(1000));
  EXPECT_EQ(g.uart.unread(), 19U);
  EXPECT_EQ(g.take(), "0123456789abcdef");
  run(us(9));
  EXPECT_EQ(g.take(), "");
  run(us(30));
  EXPECT_EQ(g.take(), "XYZ");
}

TEST(uart, without_flow_control_characters_are_lost_and_the_guest_is_told) {
  guest g(sc_core::SC_ZERO_TIME, false);
  g.host.write(map::ier, on_line);
  g.uart.receive("ab");
  run(us(20));
  EXPECT_EQ(g.cause(), map::cause::line);
  EXPECT_EQ(g.host.read(map::lsr) & lost, lost);
  EXPECT_FALSE(g.uart.irq.read());
  EXPECT_EQ(g.take(), "a");
}

TEST(uart, receiver_interrupt_follows_the_trigger_level) {
  guest g;
  g.host.write(map::fcr, fifo_on | trigger_8);
  g.host.write(map::ier, on_received);
  EXPECT_EQ(g.host.read(map::iir), 0xC1U);
  g.uart.receive("12345678");
  run(us(79));
  EXPECT_FALSE(g.uart.irq.read());
  run(us(1));
  EXPECT_TRUE(g.uart.irq.read());
  EXPECT_EQ(g.cause(), map::cause::received);
  g.host.read(map::rbr);
  EXPECT_FALSE(g.uart.irq.read());
}

TEST(uart, characters_below_the_trigger_level_time_out) {
  guest g;
  g.host.write(map::fcr, fifo_on | trigger_8);
  g.host.write(map::ier, on_received);
  g.uart.receive("12");
  run(us(20 + 39));
  EXPECT_FALSE(g.uart.irq.read());
  run(us(1));
  EXPECT_EQ(g.cause(), map::cause::timeout);
  g.host.read(map::rbr);
  EXPECT_FALSE(g.uart.irq.read());
  run(us(40));
  EXPECT_EQ(g.cause(), map::cause::timeout);
  EXPECT_EQ(g.take(), "2");
  EXPECT_FALSE(g.uart.irq.read());
}

TEST(uart, loop_mode_returns_characters_and_modem_lines) {
  guest g(us(10));
  g.host.write(map::fcr, fifo_on);
  g.host.write(map::mcr, loop | rts | out1);
  g.uart.receive("x"); // from outside: waits
  g.put("loop");
  run(us(40));
  EXPECT_EQ(g.take(), "loop");
  EXPECT_EQ(g.console, "");
  EXPECT_EQ(g.host.read(map::msr) & 0xF0, 0x50U); // CTS and RI
  g.host.write(map::mcr, 0);
  run(us(10));
  EXPECT_EQ(g.take(), "x");
}

TEST(uart, modem_changes_interrupt_until_read) {
  guest g;
  g.host.write(map::ier, on_modem);
  g.host.write(map::mcr, loop | rts); // DSR and DCD fall
  EXPECT_EQ(g.cause(), map::cause::modem);
  EXPECT_EQ(g.host.read(map::msr), 0x1AU);
  EXPECT_FALSE(g.uart.irq.read());
  EXPECT_EQ(g.host.read(map::msr), 0x10U);
}

TEST(uart, divisor_latch_hides_data_and_interrupt_enable) {
  guest g;
  g.host.write(map::ier, on_received);
  g.host.write(map::lcr, dlab | 3);
  g.host.write(map::dll, 1);
  g.host.write(map::dlm, 2);
  EXPECT_EQ(g.host.read(map::dlm), 2U);
  g.host.write(map::lcr, 3);
  EXPECT_EQ(g.host.read(map::ier), on_received);
  EXPECT_EQ(g.console, "");
  EXPECT_EQ(g.uart.divisor_registers().get(map::dll), 1U);
}

TEST(uart, clearing_the_fifo_drops_what_is_in_it_only) {
  guest g;
  g.host.write(map::fcr, fifo_on);
  g.uart.receive("abc");
  run(us(20));
  g.host.write(map::fcr, fifo_on | 2);
  EXPECT_EQ(g.take(), "");
  run(us(10));
  EXPECT_EQ(g.take(), "c");
}

TEST(uart, takes_bytes_only) {
  guest g;
  g.host.read<std::uint32_t>(0);
  EXPECT_EQ(g.host.status, tlm::TLM_BURST_ERROR_RESPONSE);
  EXPECT_EQ(g.host.write(map::lsr, 0), tlm::TLM_COMMAND_ERROR_RESPONSE);
  g.host.read<std::uint8_t>(8);
  EXPECT_EQ(g.host.status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST(uart, debugger_reads_without_taking) {
  guest g;
  g.uart.receive("a");
  run(us(10));
  std::uint8_t bytes[2] = {};
  EXPECT_EQ(g.host.debug_read(0, bytes, 2), 2U);
  EXPECT_EQ(bytes[0], 'a');
  EXPECT_EQ(g.take(), "a");
}
