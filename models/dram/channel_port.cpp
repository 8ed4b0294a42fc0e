#include "models/dram/channel_port.hpp"

#include <algorithm>
#include <bit>

#include "models/common/fabric_extension.hpp"

namespace acf::dram {
namespace {

constexpr std::uint32_t bits_for_burst = 16; // of a tag: burst in its packet

std::uint64_t now_ps() { return sc_core::sc_time_stamp().value(); }

device one_channel(device d) {
  d.channels = 1;
  return d;
}

} // namespace

channel_port::channel_port(sc_core::sc_module_name name, std::uint32_t number, const device& d, owner& o)
    : sc_module(name),
      number_(number),
      device_(one_channel(d)),
      order_(device_),
      clock_ps_(d.clock_fs / 1000),
      owner_(o),
      channel_(device_),
      idle_read_ps_((1 + d.rcd_read + d.cl) * clock_ps_),
      idle_write_ps_(clock_ps_) {
  SC_HAS_PROCESS(channel_port);
  SC_METHOD(collect);
  sensitive << wake_;
  dont_initialize();
  SC_METHOD(work);
  sensitive << edge_;
  dont_initialize();
}

void channel_port::collect() {
  const auto into = now_ps() % clock_ps_;
  if (into != 0)
    wake_.notify(sc_core::sc_time::from_value(clock_ps_ - into));
  else if (ticked_ == now_ps() / clock_ps_)
    wake_.notify(sc_core::sc_time::from_value(clock_ps_));
  else
    edge_.notify(sc_core::SC_ZERO_TIME);
}

tlm::tlm_sync_enum channel_port::from_initiator(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase) {
  if (phase == tlm::END_RESP) {
    packets_.erase(responding_);
    responding_ = 0;
    respond();
    wake_.notify(sc_core::SC_ZERO_TIME); // there may be room for another one
    return tlm::TLM_COMPLETED;
  }
  const auto burst = device_.access_bytes();
  const auto at = owner_.local_address(p);
  packet k{&p, at, at / burst, 0, 0, 0, now_ps(), false};
  k.bursts = k.missing = static_cast<std::uint32_t>((at + p.get_data_length() - 1) / burst - k.first + 1);
  accepting_ = next_number_++;
  packets_.emplace(accepting_, k);
  wake_.notify(sc_core::SC_ZERO_TIME);
  return tlm::TLM_ACCEPTED;
}

void channel_port::run_until(clock now) {
  while (channel_.next_work() < now) channel_.tick(channel_.next_work(), fresh_);
}

void channel_port::add_bursts(clock now) {
  while (accepting_ != 0 && packets_.size() <= held) {
    const auto number = accepting_;
    auto& k = packets_.at(number);
    const bool write = k.payload->is_write();
    for (; k.added < k.bursts && channel_.accepts(write); ++k.added)
      channel_.add(number << bits_for_burst | k.added, order_.find((k.first + k.added) * device_.access_bytes()), write,
                   now);
    if (k.added < k.bursts) return;
    accepting_ = 0;
    if (write) move_write(k);
    ++counters_.accesses;
    (write ? counters_.bytes_written : counters_.bytes_read) += k.payload->get_data_length();
    owner_.to_initiator(number_, *k.payload, tlm::END_REQ); // another payload may come within
  }
}

// A posted write counts from now on; what was asked for before it is read before it.
void channel_port::move_write(packet& k) {
  for (auto& [number, other] : packets_)
    if (&other != &k && !other.payload->is_write() && other.local < k.local + k.payload->get_data_length() &&
        k.local < other.local + other.payload->get_data_length())
      move(other);
  move(k);
}

void channel_port::move(packet& k) {
  if (!k.moved) owner_.move_bytes(*k.payload);
  k.moved = true;
}

void channel_port::work() {
  const auto now = now_ps() / clock_ps_;
  ticked_ = now;
  run_until(now); // refreshes while nobody looked
  add_bursts(now);
  if (channel_.next_work() <= now) channel_.tick(now, fresh_);
  for (const auto& c : fresh_) due_.push(c);
  fresh_.clear();
  while (!due_.empty() && due_.top().at <= now) {
    const auto number = due_.top().tag >> bits_for_burst;
    due_.pop();
    if (--packets_.at(number).missing == 0) complete(number);
  }
  respond();
  auto next = ~clock{0};
  if (!channel_.idle() || accepting_ != 0) next = channel_.next_work();
  if (!due_.empty()) next = std::min(next, due_.top().at);
  if (next != ~clock{0}) wake_.notify(sc_core::sc_time::from_value((std::max(next, now + 1)) * clock_ps_ - now_ps()));
}

void channel_port::complete(std::uint64_t number) {
  auto& k = packets_.at(number);
  move(k);
  const auto took = now_ps() - k.arrived_ps;
  const auto data = k.bursts * device_.burst_clocks() * clock_ps_;
  const auto alone = k.payload->is_write() ? idle_write_ps_ : idle_read_ps_ + data;
  const auto waited = took > alone ? took - alone : 0;
  counters_.waited += waited;
  auto& histogram = k.payload->is_write() ? counters_.banks.write_latency : counters_.banks.read_latency;
  ++histogram[std::min<std::size_t>(std::bit_width(took / 1000 / 32), bank_counters::latencies - 1)];
  if (auto* e = k.payload->get_extension<common::fabric_extension>()) e->cause.dram = waited;
  complete_.push_back(number);
  last_done_ps_ = now_ps();
}

void channel_port::respond() {
  while (responding_ == 0 && !complete_.empty()) {
    responding_ = complete_.front();
    complete_.pop_front();
    auto& payload = *packets_.at(responding_).payload;
    if (owner_.to_initiator(number_, payload, tlm::BEGIN_RESP) != tlm::TLM_COMPLETED) return;
    packets_.erase(responding_);
    responding_ = 0;
  }
}

channel_port::spending channel_port::spent(std::uint64_t now) {
  if (channel_.idle()) run_until(now / clock_ps_); // refreshes since somebody came last
  return {channel_.energy_pj(now / clock_ps_), channel_.activity().refreshes};
}

void channel_port::count_energy(bool on, std::uint64_t now) {
  if (on == counts_energy_) return;
  const spending s = spent(now);
  if (on)
    since_ = s;
  else
    counted_.energy += s.energy - since_.energy, counted_.refreshes += s.refreshes - since_.refreshes;
  counts_energy_ = on;
}

channel_counters channel_port::counters(std::uint64_t now) {
  const spending s = spent(now);
  auto c = counters_;
  const auto& a = channel_.activity();
  spending counted = counted_;
  if (counts_energy_) counted.energy += s.energy - since_.energy, counted.refreshes += s.refreshes - since_.refreshes;
  const channel_energy& energy = counted.energy;
  c.busy = a.data_clocks * clock_ps_;
  auto& b = c.banks;
  b.reads = a.reads, b.writes = a.writes, b.row_hits = a.row_hits;
  b.activates = a.activates, b.refreshes = counted.refreshes;
  b.row_waits = a.row_waits * clock_ps_, b.column_waits = a.column_waits * clock_ps_;
  b.refresh_waits = a.refresh_waits * clock_ps_;
  b.activate_pj = energy.activate, b.read_pj = energy.read, b.write_pj = energy.write;
  b.refresh_pj = energy.refresh, b.standby_pj = energy.standby;
  return c;
}

} // namespace acf::dram
