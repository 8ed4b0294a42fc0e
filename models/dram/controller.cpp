#include "models/dram/controller.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "models/dram/calendar_channels.hpp"

namespace acf::dram {

using common::fabric_error;
using common::fabric_extension;

namespace {

void fail(tlm::tlm_generic_payload& p, tlm::tlm_response_status status, fabric_error::kind what,
          std::uint64_t address) {
  p.set_response_status(status);
  if (auto* e = p.get_extension<fabric_extension>()) e->error = {what, 0, e->here, address};
}

std::uint64_t now_ps() { return sc_core::sc_time_stamp().value(); }

} // namespace

dram_controller::dram_controller(const sc_core::sc_module_name& name, const dram_config& config)
    : sc_module(name),
      channel("channel"),
      bytes_over_time(make_map(config).channels),
      config_(config),
      map_(make_map(config)),
      store_(map_.size, config.random_contents ? std::optional(config.seed) : std::nullopt),
      timing_(std::make_unique<calendar_channels>(make_timing(config), map_.channels)) {
  SC_HAS_PROCESS(dram_controller);
  SC_METHOD(settle);
  sensitive << due_;
  dont_initialize();
  channel.init(map_.channels);
  for (std::uint32_t i = 0; i < map_.channels; ++i) {
    channel[i].register_b_transport(this, &dram_controller::channel_transport, static_cast<int>(i));
    channel[i].register_transport_dbg(this, &dram_controller::channel_debug, static_cast<int>(i));
  }
  if (config.banks) {
    const auto d = make_device(config);
    for (std::uint32_t i = 0; i < map_.channels; ++i) {
      ports_.push_back(std::make_unique<channel_port>(("banks_" + std::to_string(i)).c_str(), i, d, *this));
      channel[i].register_nb_transport_fw(this, &dram_controller::channel_nb, static_cast<int>(i));
    }
  }
  host.register_b_transport(this, &dram_controller::host_transport);
  host.register_transport_dbg(this, &dram_controller::debug);
  host.register_get_direct_mem_ptr(this, &dram_controller::direct);
  store_.on_revoke = [this](range where) { revoke(where); };
}

bool dram_controller::acceptable(tlm::tlm_generic_payload& p) const {
  p.set_dmi_allowed(false);
  if (p.get_data_length() == 0 || p.get_streaming_width() < p.get_data_length() ||
      p.get_command() == tlm::TLM_IGNORE_COMMAND) {
    fail(p, tlm::TLM_BURST_ERROR_RESPONSE, fabric_error::kind::malformed, p.get_address());
    return false;
  }
  if (!map_.contains(p.get_address(), p.get_data_length())) {
    fail(p, tlm::TLM_ADDRESS_ERROR_RESPONSE, fabric_error::kind::out_of_range, p.get_address());
    return false;
  }
  return true;
}

void dram_controller::channel_transport(int id, tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
  if (!acceptable(p)) return;
  if (map_.channel_of(p.get_address()) != static_cast<std::uint32_t>(id) ||
      map_.run(p.get_address()) < p.get_data_length())
    return fail(p, tlm::TLM_ADDRESS_ERROR_RESPONSE, fabric_error::kind::out_of_range, p.get_address());
  const auto arrived = now_ps() + delay.value();
  auto c = timed(p, arrived);
  auto* e = p.get_extension<fabric_extension>();
  if (e != nullptr && e->parcel)
    defer(p, *e, arrived, c);
  else
    move(p, origin::fabric);
  delay = sc_core::sc_time::from_value(c.done_ps - now_ps());
  if (e != nullptr) e->cause.dram = c.waited_ps / config_.cycle_ps;
}

// Its bytes move later. An error that is known by now is reported now, one that comes about later in the parcel.
void dram_controller::defer(tlm::tlm_generic_payload& p, const fabric_extension& e, std::uint64_t arrived_ps,
                            completion& c) {
  if (const auto bad = store_.poisoned(p.get_address() - map_.base, p.get_data_length(), p.is_write()))
    return fail(p, tlm::TLM_GENERIC_ERROR_RESPONSE, fabric_error::kind::memory, map_.base + *bad);
  p.set_response_status(tlm::TLM_OK_RESPONSE);
  pending_access a{
      p.get_address() - map_.base, p.get_data_length(), p.is_write(), arrived_ps, e.parcel, e.parcel_offset, e.here};
  const auto late = pending_.add(std::move(a), c.moved_ps);
  c.done_ps += late;
  c.waited_ps += late;
  if (const auto next = pending_.next(); next == c.moved_ps + late)
    due_.notify(sc_core::sc_time::from_value(next - now_ps()));
}

void dram_controller::settle() {
  const auto now = now_ps();
  if (pending_.next() > now) return;
  pending_.perform(now, store_, map_.base);
  if (!pending_.empty()) due_.notify(sc_core::sc_time::from_value(pending_.next() - now));
}

tlm::tlm_sync_enum dram_controller::channel_nb(int id, tlm::tlm_generic_payload& p, tlm::tlm_phase& phase,
                                               sc_core::sc_time& delay) {
  const auto number = static_cast<std::uint32_t>(id);
  if (phase == tlm::BEGIN_REQ) {
    delay = sc_core::SC_ZERO_TIME;
    if (!acceptable(p)) return tlm::TLM_COMPLETED;
    if (map_.channel_of(p.get_address()) != number || map_.run(p.get_address()) < p.get_data_length()) {
      fail(p, tlm::TLM_ADDRESS_ERROR_RESPONSE, fabric_error::kind::out_of_range, p.get_address());
      return tlm::TLM_COMPLETED;
    }
  }
  return ports_[number]->from_initiator(p, phase);
}

tlm::tlm_sync_enum dram_controller::to_initiator(std::uint32_t number, tlm::tlm_generic_payload& p,
                                                 tlm::tlm_phase phase) {
  auto delay = sc_core::SC_ZERO_TIME;
  if (auto* e = p.get_extension<fabric_extension>(); e != nullptr && phase == tlm::BEGIN_RESP)
    e->cause.dram /= config_.cycle_ps;
  if (phase == tlm::BEGIN_RESP) bytes_over_time.add_amount(number, now_ps() / config_.cycle_ps, p.get_data_length());
  return channel[number]->nb_transport_bw(p, phase, delay);
}

// Channels take turns every `interleave` bytes; their own memory has no gaps.
std::uint64_t dram_controller::local_address(const tlm::tlm_generic_payload& p) const {
  const auto at = p.get_address() - map_.base;
  return at / (std::uint64_t{map_.interleave} * map_.channels) * map_.interleave + at % map_.interleave;
}

void dram_controller::host_transport(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) {
  if (!acceptable(p)) return;
  settle();
  const auto c = timed(p, now_ps() + delay.value() + config_.host_latency_ps);
  delay = sc_core::sc_time::from_value(c.done_ps - now_ps());
  move(p, origin::host);
  const auto page = (p.get_address() - map_.base) / backing_store::page * backing_store::page;
  p.set_dmi_allowed(p.is_response_ok() && !store_.poisoned(page, backing_store::page, false));
}

// Pieces of an access that spans channels start together.
completion dram_controller::timed(const tlm::tlm_generic_payload& p, std::uint64_t earliest_ps) {
  completion all{};
  std::uint64_t at = p.get_address();
  for (std::uint64_t left = p.get_data_length(); left > 0;) {
    const auto bytes = std::min(left, map_.run(at));
    const auto c = timing_->perform(
        {map_.channel_of(at), at - map_.base, static_cast<std::uint32_t>(bytes), p.is_write(), earliest_ps, now_ps()});
    bytes_over_time.add_amount(map_.channel_of(at), c.moved_ps / config_.cycle_ps, bytes);
    if (c.done_ps > all.done_ps) all = c;
    at += bytes;
    left -= bytes;
  }
  return all;
}

void dram_controller::move(tlm::tlm_generic_payload& p, origin who) {
  const auto at = p.get_address() - map_.base;
  const std::span<std::uint8_t> data(p.get_data_ptr(), p.get_data_length());
  const auto* enable = p.get_byte_enable_ptr();
  if (const auto bad = store_.poisoned(at, data.size(), p.is_write() && enable == nullptr))
    return fail(p, tlm::TLM_GENERIC_ERROR_RESPONSE, fabric_error::kind::memory, map_.base + *bad);

  if (enable == nullptr) {
    p.is_write() ? store_.write(at, data, who) : store_.read(at, data);
  } else {
    std::vector<std::uint8_t> merged(data.size());
    store_.read(at, merged);
    for (std::size_t i = 0; i < data.size(); ++i)
      if (enable[i % p.get_byte_enable_length()] == TLM_BYTE_ENABLED)
        p.is_write() ? merged[i] = data[i] : data[i] = merged[i];
    if (p.is_write()) store_.write(at, merged, who);
  }
  p.set_response_status(tlm::TLM_OK_RESPONSE);
}

unsigned dram_controller::debug(tlm::tlm_generic_payload& p) {
  settle();
  if (!map_.contains(p.get_address(), p.get_data_length())) return 0;
  const auto at = p.get_address() - map_.base;
  const std::span<std::uint8_t> data(p.get_data_ptr(), p.get_data_length());
  if (p.is_write()) store_.poke(at, data);
  if (p.is_read()) store_.peek(at, data);
  return p.get_data_length();
}

bool dram_controller::direct(tlm::tlm_generic_payload& p, tlm::tlm_dmi& dmi) {
  settle();
  dmi.init();
  if (!map_.contains(p.get_address(), 1)) return false;
  const auto at = p.get_address() - map_.base;
  const auto granted = store_.direct(at, p.is_write());
  if (!granted) {
    const auto page = map_.base + at / backing_store::page * backing_store::page;
    dmi.set_start_address(page);
    dmi.set_end_address(page + backing_store::page - 1);
    return false;
  }
  dmi.set_dmi_ptr(granted->data);
  dmi.set_start_address(map_.base + granted->where.begin);
  dmi.set_end_address(map_.base + granted->where.end - 1);
  granted->writable ? dmi.allow_read_write() : dmi.allow_read();
  return true;
}

void dram_controller::revoke(range where) {
  if (host.get_base_port().size() > 0)
    host->invalidate_direct_mem_ptr(map_.base + where.begin, map_.base + where.end - 1);
}

void dram_controller::inject_error(std::uint64_t address) {
  if (!map_.contains(address, 1)) throw std::invalid_argument("inject: the address is not in DRAM");
  settle();
  store_.poison(address - map_.base);
}

channel_counters dram_controller::counters(std::uint32_t channel_number) const {
  auto c = timing_->counters(channel_number, now_ps());
  if (banks()) {
    const auto own = ports_[channel_number]->counters(now_ps());
    c.bytes_read += own.bytes_read, c.bytes_written += own.bytes_written, c.accesses += own.accesses;
    c.busy += own.busy, c.waited += own.waited;
    c.banks = own.banks;
    for (auto* ps : {&c.banks.row_waits, &c.banks.column_waits, &c.banks.refresh_waits}) *ps /= config_.cycle_ps;
  }
  c.busy /= config_.cycle_ps;
  c.waited /= config_.cycle_ps;
  return c;
}

void dram_controller::count_energy(bool on) {
  for (auto& p : ports_) p->count_energy(on, now_ps());
}

std::uint64_t dram_controller::drained() const {
  auto end = timing_->drained_ps();
  for (const auto& p : ports_) end = std::max(end, p->idle() ? p->last_done_ps() : now_ps() + 1);
  return (end + config_.cycle_ps - 1) / config_.cycle_ps;
}

} // namespace acf::dram
