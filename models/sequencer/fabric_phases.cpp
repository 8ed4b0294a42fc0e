// The fabric port in at timing: TLM base protocol, a payload for every packet, one request at a time.
#include "models/sequencer/fabric_port.hpp"
#include "models/sequencer/transfer_result.hpp"

#include <algorithm>

namespace acf::sequencer {

namespace {

constexpr std::uint32_t packet_bytes = 1024; // the largest packet, and what lies in one DRAM channel

// The cause that matters most: waiting counts before latency, and the later of two packets before the earlier.
common::activity_kind stronger(common::activity_kind before, common::activity_kind now) {
  return now == common::activity_kind::latency ? before : now;
}

} // namespace

transfer fabric_stream::start(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data,
                              std::uint32_t bytes) {
  auto f = std::make_shared<flight>();
  const bool dram = extension_.to.where == common::destination::kind::dram;
  std::uint32_t offset = 0;
  std::vector<fabric_port::packet*> packets;
  do {
    const auto room =
        dram ? packet_bytes - static_cast<std::uint32_t>((address + offset) % packet_bytes) : packet_bytes;
    const auto size = std::min(bytes - offset, room);
    auto& p = port_.fresh();
    p.of = f;
    p.moved = &moved_;
    p.parcel = extension_.parcel;
    p.extension.to = extension_.to;
    p.extension.packed = extension_.packed;
    p.extension.stream = extension_.stream;
    p.extension.last = offset + size == bytes;
    p.extension.signal = p.extension.last ? extension_.signal : common::semaphore_signal{};
    p.payload.set_command(command);
    p.payload.set_address(address + offset);
    p.payload.set_data_length(size);
    p.payload.set_streaming_width(size);
    if (p.parcel || data == nullptr) { // the parcel lives as long as the packet
      p.payload.set_data_ptr(data + offset);
    } else {
      p.bytes.assign(data + offset, data + offset + size);
      p.payload.set_data_ptr(p.bytes.data());
    }
    packets.push_back(&p);
    offset += size;
  } while (offset < bytes);
  f->unsent = f->unanswered = static_cast<std::uint32_t>(packets.size());
  for (auto* p : packets) port_.ask(*p);
  // A request that was refused at once is an error of the command now, as in lt.
  if (f->over() && f->failure) throw command_failure{*f->failure};
  transfer t;
  t.parcel = extension_.parcel;
  t.under_way = std::move(f);
  return t;
}

fabric_port::packet& fabric_port::fresh() {
  if (free_.empty()) {
    packets_.push_back(std::make_unique<packet>());
    by_payload_[&packets_.back()->payload] = packets_.back().get();
    free_.push_back(packets_.back().get());
  }
  auto& p = *free_.back();
  free_.pop_back();
  p.payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  p.payload.set_byte_enable_ptr(nullptr);
  p.payload.set_dmi_allowed(false);
  p.extension.cause = {};
  p.extension.error = {};
  return p;
}

void fabric_port::ask(packet& p) {
  waiting_.push_back(&p);
  ask_next();
}

void fabric_port::ask_next() {
  while (asking_ == nullptr && !waiting_.empty()) {
    auto& p = *waiting_.front();
    waiting_.pop_front();
    asking_ = &p;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    auto delay = sc_core::SC_ZERO_TIME;
    const auto state = socket->nb_transport_fw(p.payload, phase, delay);
    if (state == tlm::TLM_UPDATED && phase == tlm::END_REQ) sent(p, clock_.now());
    if (state != tlm::TLM_COMPLETED) continue;
    sent(p, clock_.now());
    answered(p);
  }
}

void fabric_port::sent(packet& p, common::cycles when) {
  asking_ = nullptr;
  --p.of->unsent;
  p.of->sent = when;
  p.moved->notify(sc_core::SC_ZERO_TIME);
}

void fabric_port::answered(packet& p) {
  auto& f = *p.of;
  f.done = clock_.now();
  f.held_by = stronger(f.held_by, held_by(p.extension.cause));
  if (p.payload.get_response_status() != tlm::TLM_OK_RESPONSE) {
    if (p.parcel && p.extension.error.what == common::fabric_error::kind::memory)
      p.parcel->error = p.extension.error;
    else if (!f.failure)
      f.failure = failure_of(p.extension.error, p.payload.get_address());
  }
  p.moved->notify(sc_core::SC_ZERO_TIME);
  const auto of = std::move(p.of);
  p.parcel.reset();
  free_.push_back(&p);
  if (--of->unanswered == 0 && of->on_done) of->on_done(*of);
}

tlm::tlm_sync_enum fabric_port::from_mesh(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time&) {
  auto& p = *by_payload_.at(&payload);
  if (phase == tlm::END_REQ) { // the last flit leaves in this cycle
    sent(p, clock_.now() + 1);
    ask_next();
    return tlm::TLM_ACCEPTED;
  }
  answered(p);
  return tlm::TLM_COMPLETED;
}

} // namespace acf::sequencer
