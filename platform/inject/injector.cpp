#include "platform/inject/injector.hpp"

#include "platform/trace/trace_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace acf::platform {

injector::injector(const sc_core::sc_module_name& name, std::vector<injection> faults, soc& chip)
    : sc_module(name), chip_(chip) {
  bool packets = false;
  for (auto& fault : faults) {
    auto s = std::make_unique<state>();
    s->fault = std::move(fault);
    s->alarm = std::make_unique<common::alarm>(sc_core::sc_gen_unique_name("due"), [this, at = s.get()] {
      chip_.order.call(common::rank::fault, [this, at] { carry_out(*at); });
    });
    if (s->fault.when == injection::event::time) s->alarm->set_at(sc_core::sc_time::from_value(s->fault.number));
    packets |= s->fault.when == injection::event::packet;
    faults_.push_back(std::move(s));
  }
  chip.bridge.observe(*this);
  if (packets) chip.mesh.filter = [this](const noc::packet_info& info) { return packet(info); };
}

// --- events ------------------------------------------------------------------------------------------------------

void injector::marker(std::uint32_t phase) {
  for (auto& s : faults_)
    if (s->fault.when == injection::event::marker && !s->reached && s->fault.number == phase) carry_out(*s);
}

void injector::fence() {
  for (auto& s : faults_)
    if (s->fault.when == injection::event::fence && !s->reached && s->fault.number <= chip_.bridge.fences())
      carry_out(*s);
}

common::payload_change injector::packet(const noc::packet_info& info) {
  common::payload_change change;
  for (auto& s : faults_) {
    const auto& f = s->fault;
    if (f.when != injection::event::packet || s->reached || (f.kind && *f.kind != info.kind)) continue;
    if (++s->packets < f.number) continue;
    if (f.where == injection::place::packet)
      change = [first = std::move(change), second = flip_in_packet(*s, info)](std::span<std::uint8_t> payload) {
        if (first) first(payload);
        if (second) second(payload);
      };
    else
      carry_out(*s);
  }
  return change;
}

std::string injector::inject_now(injection fault) {
  auto s = std::make_unique<state>();
  s->fault = std::move(fault);
  carry_out(*s);
  std::string outcome = s->outcome.empty() ? "waits for the next rise of the interrupt" : s->outcome;
  faults_.push_back(std::move(s));
  return outcome;
}

// --- faults ------------------------------------------------------------------------------------------------------

void injector::happened(state& s, const std::string& how) {
  s.outcome = fmt::format("injected at {} ns: {}{}", nanoseconds(sc_core::sc_time_stamp()), s.fault.text,
                          how.empty() ? "" : " (" + how + ")");
  spdlog::warn("{}", s.outcome);
}

void injector::carry_out(state& s) {
  s.reached = true;
  switch (s.fault.where) {
  case injection::place::packet: break; // has been done where the packet is
  case injection::place::dram: change_dram(s); break;
  case injection::place::sram: flip_in_sram(s); break;
  case injection::place::link: stall_link(s); break;
  case injection::place::irq: drop_interrupt(s); break;
  }
}

common::payload_change injector::flip_in_packet(state& s, const noc::packet_info& info) {
  s.reached = true;
  if (s.fault.amount / 8 >= info.bytes) {
    s.outcome = fmt::format("warning: injection without effect: {}: the packet has {} bytes", s.fault.text, info.bytes);
    return {};
  }
  const auto& where = chip_.mesh.where();
  happened(s, fmt::format("from {} to {}, {} bytes", where.node_name(info.source), where.node_name(info.destination),
                          info.bytes));
  return [bit = s.fault.amount](std::span<std::uint8_t> payload) {
    payload[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
  };
}

void injector::change_dram(state& s) {
  const auto& f = s.fault;
  auto& store = chip_.dram.store();
  const auto at = f.address - hal::map::dram;
  if (f.what == injection::fault::error) {
    chip_.dram.inject_error(f.address);
  } else if (f.what == injection::fault::write) {
    store.poke(at, f.bytes);
  } else {
    std::uint8_t byte = 0;
    store.peek(at + f.amount / 8, {&byte, 1});
    byte ^= static_cast<std::uint8_t>(1u << f.amount % 8);
    store.poke(at + f.amount / 8, {&byte, 1});
  }
  happened(s);
}

// What a running command uses is left alone until it is done: its operands were captured when it started.
void injector::flip_in_sram(state& s) {
  const auto& f = s.fault;
  auto& memory = chip_.tiles[f.y * chip_.configuration().mesh.width + f.x]->memory();
  const auto at = f.address + f.amount / 8;
  if (memory.conflict({at, 1, 1, 0}, true, chip_.fabric_clock().now())) {
    if (s.alarm)
      s.alarm->set_after(chip_.fabric_clock().period());
    else
      s.outcome = fmt::format("warning: injection without effect: {}: a running command uses it", s.fault.text);
    return;
  }
  memory.bytes()[at] ^= static_cast<std::uint8_t>(1u << f.amount % 8);
  happened(s);
}

void injector::stall_link(state& s) {
  const auto& f = s.fault;
  const auto width = chip_.configuration().mesh.width;
  const auto link = chip_.mesh.where().link(static_cast<noc::router_id>(f.y * width + f.x),
                                            static_cast<noc::router_id>(f.y1 * width + f.x1));
  chip_.mesh.stall(*link, f.amount);
  happened(s);
}

void injector::drop_interrupt(state& s) {
  chip_.interrupts.at(s.fault.source)->lose_next_rise([this, &s] { happened(s, "the edge was lost"); });
}

std::vector<std::string> injector::notes() const {
  std::vector<std::string> lines;
  for (const auto& s : faults_)
    lines.push_back(!s->outcome.empty() ? s->outcome
                                        : fmt::format("warning: injection never happened: {}{}", s->fault.text,
                                                      s->reached ? " (its time came, but not its occasion)" : ""));
  return lines;
}

} // namespace acf::platform
