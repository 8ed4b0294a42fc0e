// What a transfer over the mesh needs beyond a generic payload. An initiator keeps one with its payload and reuses
// both: the first half says where the transfer goes, the mesh fills in the second half before b_transport returns. A
// target sees the same type: who sent the packet, which signal comes with it.
#pragma once

#include <cstdint>
#include <memory>

#include <tlm>

#include "models/common/calendar.hpp"
#include "models/common/fabric_error.hpp"
#include "models/common/parcel.hpp"

namespace acf::common {

enum class message_class : std::uint8_t { request, response }; // responses never wait for requests

struct destination {
  enum class kind : std::uint8_t { dram, node, tiles };
  kind where = kind::dram;
  std::uint32_t value = 0; // node, or rectangle of tiles as hal::tile_set

  static constexpr destination dram() { return {}; } // the address decides the channel
  static constexpr destination node(node_id n) { return {kind::node, n}; }
  static constexpr destination tiles(std::uint32_t set) { return {kind::tiles, set}; } // all of them except the source
};

// Added to a semaphore of every destination when the last byte of the transfer has arrived there.
struct semaphore_signal {
  std::uint16_t semaphore = 0;
  std::uint32_t count = 0; // 0: no signal
};

// Where the time of a transfer went; the three add up to (completion - start), in fabric cycles.
struct transfer_cause {
  cycles zero_load = 0; // in a fabric that carries nothing else: latency, own serialisation, idle targets
  cycles link = 0;      // waiting for network interfaces and links that others use
  cycles dram = 0;      // waiting for a DRAM channel, behind own bursts too: the bandwidth of the memory
};

// A payload without its zeros (sw_stack/hal/zero_packing.hpp), or one of pieces (models/same/pieces.hpp); such a
// transfer is a single packet.
struct packing {
  std::uint8_t element = 0; // bytes of an element; 0: the payload is not packed
  std::uint16_t unpacked_bytes = 0;
  bool pieces = false;
};

struct fabric_extension : tlm::tlm_extension<fabric_extension> {
  // Set by the initiator. A payload without the extension goes to DRAM.
  destination to{};
  semaphore_signal signal{}; // TLM_IGNORE_COMMAND sends nothing but the signal

  packing packed{};
  // Transfers of one stream of a node reach each destination in the order in which they were asked for; 0: no stream.
  std::uint8_t stream = 0;
  std::shared_ptr<common::parcel> parcel; // of the whole transfer; none: bytes move inside b_transport

  // Set by the mesh for the target.
  std::uint32_t parcel_offset = 0; // of this packet's bytes
  node_id source = 0;
  node_id here = 0; // the node at which the target is attached
  message_class travels_as = message_class::request;
  bool last = true; // last packet of the transfer for this target; only then does `signal` come along. In at timing
                    // the initiator says so, because each packet is a payload of its own

  // Results.
  transfer_cause cause{};
  cycles injected = 0;  // the source's network interface can take the next transfer
  cycles delivered = 0; // the last byte has arrived everywhere (at the source, for a read)
  fabric_error error{};

  tlm::tlm_extension_base* clone() const override { return new fabric_extension(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const fabric_extension&>(other); }
};

} // namespace acf::common
