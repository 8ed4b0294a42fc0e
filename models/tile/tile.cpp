#include "models/tile/tile.hpp"

#include "models/common/fabric_extension.hpp"
#include "models/same/pieces.hpp"
#include "sw_stack/hal/zero_packing.hpp"

#include <cstring>

namespace acf::tile {

namespace {

common::turn turn_of(common::turns& order, const tile_config& config, unsigned unit) {
  return {order, common::rank::first_unit + config.number * sequencer::semaphores::units + unit};
}

} // namespace

tile::tile(sc_core::sc_module_name name, const tile_config& config, const common::clock_domain& clock,
           common::turns& order, const sequencer::isolation& windows, common::host_pool& pool)
    : sc_module(name),
      to_mesh("to_mesh",
              {config.number, config.mesh_width, config.mesh_height, config.host_node, config.phases, config.mode},
              clock, windows),
      config_(config),
      clock_(clock),
      sram_(static_cast<std::uint64_t>(config.sram_kib) * 1024, config.sram_bytes_per_cycle, config.power_on_seed),
      semaphores_("semaphores", clock),
      sequencer_("sequencer", turn_of(order, config, sequencer::self), clock, semaphores_, to_mesh),
      datapath_(config.engine, config.vector_lanes, config.sram_bytes_per_cycle),
      dma0_("dma0", sequencer::dma0, turn_of(order, config, sequencer::dma0), clock, semaphores_, sequencer_, to_mesh,
            sram_, config.compression ? &codecs_ : nullptr, [this] { return snapshot(); }),
      dma1_("dma1", sequencer::dma1, turn_of(order, config, sequencer::dma1), clock, semaphores_, sequencer_, to_mesh,
            sram_, config.compression ? &codecs_ : nullptr, [this] { return snapshot(); }),
      matrix_("matrix", sequencer::matrix, turn_of(order, config, sequencer::matrix), clock, semaphores_, sequencer_,
              sram_, datapath_, pool),
      vector_("vector", sequencer::vector, turn_of(order, config, sequencer::vector), clock, semaphores_, sequencer_,
              sram_, datapath_, pool),
      phases_(clock, sequencer_, {matrix_, vector_, dma0_, dma1_}) {
  from_mesh.register_b_transport(this, &tile::receive);
  from_mesh.register_transport_dbg(this, &tile::debug);
  sram_.on_refused = [this](std::uint64_t at, const same::holder& who) {
    sequencer_.failed({who.ring, who.index, who.job, static_cast<hal::opcode>(who.op)},
                      {hal::tile::error::overlap, at});
  };
  sequencer_.attach(sequencer::dma0, dma0_);
  sequencer_.attach(sequencer::dma1, dma1_);
  sequencer_.attach(sequencer::matrix, matrix_);
  sequencer_.attach(sequencer::vector, vector_);
}

// A packet from another tile: bytes for the SRAM, and with the last one perhaps a signal. They are there when the
// packet is, which is in the future.
void tile::receive(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const auto* fabric = payload.get_extension<common::fabric_extension>();
  const auto arrival = clock_.at(sc_core::sc_time_stamp() + delay);
  const auto ready = fabric ? in_place(*fabric, arrival) : arrival;
  if (ready > arrival) delay = clock_.until(ready);
  if (payload.get_command() == tlm::TLM_READ_COMMAND) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return;
  }
  if (payload.get_command() == tlm::TLM_WRITE_COMMAND) {
    const auto status = accept(payload, fabric ? fabric->packed : common::packing{}, ready);
    if (status != tlm::TLM_OK_RESPONSE) {
      payload.set_response_status(status);
      return;
    }
  }
  if (fabric && fabric->last && fabric->signal.count)
    semaphores_.signal(
        fabric->signal.semaphore, fabric->signal.count, ready,
        {.started = clock_.now(), .before = common::activity_kind::peer, .after = common::activity_kind::mesh});
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

// When a packet that has arrived is unpacked; one of the same stream that is not packed does not pass it.
common::cycles tile::in_place(const common::fabric_extension& e, common::cycles arrival) {
  auto ready = arrival;
  if (e.packed.element)
    ready = codecs_.unpacker.pass(arrival, e.packed.unpacked_bytes, e.packed.element, clock_.now()).done;
  if (e.stream == 0) return ready;
  auto& last = in_place_[std::uint32_t{e.source} * common::streams + e.stream];
  return last = std::max(last, ready);
}

tlm::tlm_response_status tile::accept(const tlm::tlm_generic_payload& payload, const common::packing& packing,
                                      common::cycles ready) {
  const auto offset = payload.get_address();
  const std::span<const std::uint8_t> bytes(payload.get_data_ptr(), payload.get_data_length());
  if (packing.pieces) return accept_pieces(offset, bytes, ready);
  const bool packed = packing.element != 0;
  const std::uint64_t size = packed ? packing.unpacked_bytes : bytes.size();
  if (!sram_.contains(offset, size)) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  auto parcel = std::make_shared<common::parcel>();
  if (!packed) {
    parcel->bytes.assign(bytes.begin(), bytes.end());
  } else {
    parcel->bytes.resize(size);
    if (!hal::unpack_zeros(bytes, packing.element, parcel->bytes)) // damaged on the way
      return tlm::TLM_COMMAND_ERROR_RESPONSE;
  }
  sram_.ports(clock_.now()).reserve(ready, size / 64, size);
  sram_.expect(ready, offset, std::move(parcel));
  return tlm::TLM_OK_RESPONSE;
}

// All of them, or none.
tlm::tlm_response_status tile::accept_pieces(std::uint64_t offset, std::span<const std::uint8_t> packet,
                                             common::cycles ready) {
  bool inside = true;
  const bool whole = same::each_piece(
      packet, [&](std::uint32_t at, auto bytes) { inside &= sram_.contains(offset + at, bytes.size()); });
  if (!whole) return tlm::TLM_COMMAND_ERROR_RESPONSE; // damaged on the way
  if (!inside) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  sram_.ports(clock_.now()).reserve(ready, packet.size() / 64, packet.size());
  same::each_piece(packet, [&](std::uint32_t at, auto bytes) {
    auto parcel = std::make_shared<common::parcel>();
    parcel->bytes.assign(bytes.begin(), bytes.end());
    sram_.expect(ready, offset + at, std::move(parcel));
  });
  return tlm::TLM_OK_RESPONSE;
}

unsigned tile::debug(tlm::tlm_generic_payload& payload) {
  const auto offset = payload.get_address();
  const auto size = payload.get_data_length();
  if (!sram_.contains(offset, size)) return 0;
  sram_.settle(clock_.now());
  if (payload.is_read())
    std::memcpy(payload.get_data_ptr(), &sram_.bytes()[offset], size);
  else
    std::memcpy(&sram_.bytes()[offset], payload.get_data_ptr(), size);
  return size;
}

void tile::reset() {
  sram_.settle(clock_.now());
  sequencer_.reset();
  sram_.reset();
}

void tile::observe(sequencer::unit_observer& who) {
  dma0_.observe(who);
  dma1_.observe(who);
  matrix_.observe(who);
  vector_.observe(who);
}

same::counter_snapshot tile::snapshot() const {
  const auto busy = [](const sequencer::unit& u) {
    return u.activity_totals()[static_cast<std::size_t>(common::activity_kind::busy)];
  };
  return {clock_.now(),
          busy(matrix_),
          busy(vector_),
          matrix_.macs_executed(),
          matrix_.macs_skipped(),
          sequencer_.retired(),
          dma0_.bytes_loaded() + dma1_.bytes_loaded(),
          dma0_.bytes_stored() + dma1_.bytes_stored()};
}

} // namespace acf::tile
