#include "tests/chip/chip.hpp"

#include "models/common/thread_stack.hpp"
#include "platform/config/reader.hpp"
#include "platform/device_tree.hpp"
#include "sw_stack/hal/memory_map.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

int sc_main(int, char**) { return 0; } // the SystemC library refers to it

namespace acf::test {

namespace {

platform::config configuration(std::span<const std::string> sets) {
  std::vector<std::string> all{"dram.size_mib=64"}; // what lies behind it is as good a bad address as any
  all.insert(all.end(), sets.begin(), sets.end());
  auto reading = platform::read_config({}, all);
  if (!reading.ok()) throw std::invalid_argument(reading.complaints.front().line());
  return reading.value;
}

} // namespace

chip::chip(const sc_core::sc_module_name& name, std::span<const std::string> sets, std::uint64_t entry)
    : sc_module(name) {
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  const auto c = configuration(sets);
  platform::soc::connections outside;
  outside.console = [this](char ch) { console_ += ch; };
  outside.finish = [this](hal::finisher::request what, unsigned code) {
    exit_code_ = what == hal::finisher::request::pass ? 0 : code;
    finished_.notify(sc_core::SC_ZERO_TIME);
  };
  outside.device_tree = platform::make_device_tree(platform::device_tree_of(c));
  outside.entry = entry;
  soc_ = std::make_unique<platform::soc>("soc", c, std::move(outside));
  bus_.bind(soc_->bus.in);
  // Without a trap handler an illegal instruction traps for ever: the hart halts until it is reset.
  const std::array<std::uint8_t, 16> no_instruction{};
  put(entry, no_instruction);
  SC_HAS_PROCESS(chip);
  SC_THREAD(process);
  set_stack_size(common::thread_stack_bytes);
}

void chip::run(std::function<void()> body) {
  body_ = std::move(body);
  sc_core::sc_start();
  if (body_) throw std::runtime_error("the body did not come to its end");
}

void chip::process() {
  body_();
  body_ = nullptr;
  sc_core::sc_stop();
}

bool chip::transport(tlm::tlm_command command, std::uint64_t address, void* data, unsigned size) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(static_cast<unsigned char*>(data));
  payload.set_data_length(size);
  payload.set_streaming_width(size);
  sc_core::sc_time delay;
  bus_->b_transport(payload, delay);
  return payload.is_response_ok();
}

bool chip::write(std::uint64_t address, std::uint64_t value, unsigned size) {
  return transport(tlm::TLM_WRITE_COMMAND, address, &value, size);
}

std::uint64_t chip::read(std::uint64_t address, unsigned size) {
  std::uint64_t value = 0;
  return transport(tlm::TLM_READ_COMMAND, address, &value, size) ? value : 0;
}

void chip::pass(std::uint64_t nanoseconds) { wait(sc_core::sc_time(static_cast<double>(nanoseconds), sc_core::SC_NS)); }

void chip::put(std::uint64_t address, std::span<const std::uint8_t> bytes) {
  soc_->dram.store().poke(address - hal::map::dram, bytes);
}

unsigned chip::start_harts() {
  for (auto& h : soc_->harts) h->core().code_changed();
  for (auto& h : soc_->harts) h->reset();
  wait(finished_);
  return exit_code_;
}

} // namespace acf::test
