#include "models/peripherals/uart.hpp"

namespace acf::peripherals {

using common::access_result;
namespace map = hal::uart;

uart::uart(sc_core::sc_module_name name, character_sink where_to, uart_timing pace)
    : sc_module(name), sink(std::move(where_to)), timing(pace) {
  regs.computed(map::rbr, [this] { return receiver.empty() ? 0 : receiver.front(); });
  regs.on_read(map::rbr, [this] { on_receiver_read(); });
  regs.on_write(map::thr, [this](std::uint64_t c) { on_transmit(static_cast<std::uint8_t>(c)); });

  regs.on_write(map::ier, [this](std::uint64_t enabled) {
    became_empty |= test(enabled, map::ier["EMPTY"]) && transmitter.empty();
    update_irq();
  });
  regs.computed(map::iir, [this] { return static_cast<std::uint64_t>(cause()) | (fifos ? 0xC0 : 0); });
  regs.on_read(map::iir, [this] {
    if (cause() == map::cause::empty) became_empty = false;
    update_irq();
  });
  regs.on_write(map::fcr, [this](std::uint64_t value) { on_fifo_control(value); });

  regs.on_write(map::mcr, [this](std::uint64_t) { update_modem(); });
  regs.computed(map::lsr, [this] { return line_status(); });
  regs.on_read(map::lsr, [this] {
    overrun = false;
    update_irq();
  });
  regs.computed(map::msr, [this] { return modem_lines() | modem_changes; });
  regs.on_read(map::msr, [this] {
    modem_changes = 0;
    update_irq();
  });
  modem_before = modem_lines();
}

void uart::reset() {
  regs.reset();
  divisor.reset();
  clear_receiver();
  clear_transmitter();
  sent.cancel();
  trigger = 1;
  fifos = overrun = became_empty = false;
  modem_before = modem_lines();
  modem_changes = 0;
  update_irq();
}

// ---- registers

common::register_bank& uart::bank(std::uint64_t offset) {
  return offset < map::divisor_block.size && regs.get(map::lcr, map::lcr["DLAB"]) != 0 ? divisor : regs;
}
access_result uart::read(std::uint64_t offset, unsigned size, std::uint64_t& value) {
  return bank(offset).read(offset, size, value);
}
access_result uart::write(std::uint64_t offset, unsigned size, std::uint64_t value) {
  return bank(offset).write(offset, size, value);
}
std::size_t uart::peek(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  return bank(offset).peek(offset, bytes);
}
std::size_t uart::poke(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  return bank(offset).poke(offset, bytes);
}

void uart::on_fifo_control(std::uint64_t value) {
  const bool enable = test(value, map::fcr["ENABLE"]);
  if (enable != fifos || test(value, map::fcr["CLEAR_RECEIVER"])) clear_receiver();
  if (enable != fifos || test(value, map::fcr["CLEAR_TRANSMITTER"])) clear_transmitter();
  fifos = enable;
  constexpr std::size_t levels[] = {1, 4, 8, 14};
  trigger = fifos ? levels[get(value, map::fcr["TRIGGER"])] : 1;
  update_irq();
}

std::uint64_t uart::line_status() const {
  std::uint64_t value = 0;
  value = put(value, map::lsr["READY"], receiver.empty() ? 0 : 1);
  value = put(value, map::lsr["OVERRUN"], overrun ? 1 : 0);
  value = put(value, map::lsr["HOLDING_EMPTY"], transmitter.empty() ? 1 : 0);
  return put(value, map::lsr["EMPTY"], transmitter.empty() && !sent.armed() ? 1 : 0);
}

// ---- transmitter

void uart::on_transmit(std::uint8_t character) {
  became_empty = false;
  if (transmitter.size() < depth()) transmitter.push_back(character); // else lost: software did not look at LSR
  if (!sent.armed()) load_shifter();
  update_irq();
}

void uart::load_shifter() {
  shifter = transmitter.front();
  transmitter.pop_front();
  became_empty = transmitter.empty();
  if (timing.transmit == sc_core::SC_ZERO_TIME)
    on_sent();
  else
    sent.set_at(bus.now() + timing.transmit);
}

void uart::on_sent() {
  if (looped())
    arrived(shifter);
  else if (sink)
    sink(static_cast<char>(shifter));
  if (!transmitter.empty()) load_shifter();
  update_irq();
}

void uart::clear_transmitter() {
  became_empty = became_empty || !transmitter.empty();
  transmitter.clear();
}

// ---- receiver

void uart::receive(std::string_view text) {
  line.insert(line.end(), text.begin(), text.end());
  if (!line.empty() && !next_on_line.armed()) next_on_line.set_after(timing.receive);
}

std::optional<char> uart::take() {
  if (unread() == 0) return {};
  const bool arrived_already = !receiver.empty();
  const auto next = static_cast<char>(arrived_already ? receiver.front() : line.front());
  if (arrived_already)
    on_receiver_read();
  else
    line.pop_front();
  return next;
}

void uart::on_line() {
  if (line.empty()) return;
  const bool wait = looped() || (timing.flow_control && receiver.size() >= depth());
  if (wait) return; // until there is room, or LOOP ends
  arrived(line.front());
  line.pop_front();
  if (!line.empty()) next_on_line.set_after(timing.receive);
}

void uart::arrived(std::uint8_t character) {
  if (receiver.size() >= depth())
    overrun = true;
  else
    receiver.push_back(character);
  timed_out = false;
  if (fifos) idle.set_after(timing.receive * 4);
  update_irq();
}

void uart::on_receiver_read() {
  if (!receiver.empty()) receiver.pop_front();
  timed_out = false;
  if (fifos && !receiver.empty())
    idle.set_at(bus.now() + timing.receive * 4);
  else
    idle.cancel();
  receive({}); // whoever waits for room may go on
  update_irq();
}

void uart::clear_receiver() {
  receiver.clear();
  timed_out = false;
  idle.cancel();
  receive({});
}

// ---- modem lines and interrupt

std::uint64_t uart::modem_lines() const {
  constexpr auto cts = map::msr["CTS"], dsr = map::msr["DSR"], ri = map::msr["RI"], dcd = map::msr["DCD"];
  if (!looped()) return cts.mask() | dsr.mask() | dcd.mask();
  const auto out = regs.get(map::mcr);
  std::uint64_t lines = 0;
  lines = put(lines, cts, get(out, map::mcr["RTS"]));
  lines = put(lines, dsr, get(out, map::mcr["DTR"]));
  lines = put(lines, ri, get(out, map::mcr["OUT1"]));
  return put(lines, dcd, get(out, map::mcr["OUT2"]));
}

void uart::update_modem() {
  const auto now = modem_lines();
  const auto changed = now ^ modem_before;
  const auto mark = [&](bool change, const hal::field& f) {
    if (change) modem_changes |= f.mask();
  };
  mark(test(changed, map::msr["CTS"]), map::msr["CTS_CHANGED"]);
  mark(test(changed, map::msr["DSR"]), map::msr["DSR_CHANGED"]);
  mark(test(changed, map::msr["DCD"]), map::msr["DCD_CHANGED"]);
  mark(test(changed & modem_before, map::msr["RI"]), map::msr["RI_ENDED"]);
  modem_before = now;
  receive({}); // LOOP may have ended
  update_irq();
}

map::cause uart::cause() const {
  const auto enabled = regs.get(map::ier);
  const bool received = test(enabled, map::ier["RECEIVED"]);
  if (test(enabled, map::ier["LINE"]) && overrun) return map::cause::line;
  if (received && receiver.size() >= trigger) return map::cause::received;
  if (received && timed_out) return map::cause::timeout;
  if (test(enabled, map::ier["EMPTY"]) && became_empty) return map::cause::empty;
  if (test(enabled, map::ier["MODEM"]) && modem_changes != 0) return map::cause::modem;
  return map::cause::none;
}

void uart::update_irq() { irq = cause() != map::cause::none; }

} // namespace acf::peripherals
