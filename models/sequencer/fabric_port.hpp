// The way of a tile into the mesh: DMA windows checked, errors as causes. The sequencer and each DMA channel have a
// stream of their own, with a payload of their own: one may be under way while another begins.
#pragma once

#include "models/common/fabric_extension.hpp"
#include "models/common/units.hpp"
#include "models/sequencer/dispatched.hpp"
#include "models/sequencer/flight.hpp"
#include "models/sequencer/semaphores.hpp"
#include "models/sequencer/timing_mode.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <unordered_map>
#include <vector>

namespace acf::sequencer {

// Which DRAM the fabric may touch (the DMA windows of the GLOBAL block).
class isolation {
public:
  virtual ~isolation() = default;
  virtual bool allows(std::uint64_t address, std::uint64_t bytes, bool write) const = 0;
};

struct transfer {
  common::cycles injected = 0; // the network interface is free for the next packet
  common::cycles done = 0;     // data here, or acknowledged
  common::activity_kind held_by = common::activity_kind::latency;
  std::shared_ptr<common::parcel> parcel{}; // of reads and writes of DRAM: from `done` on, the bytes read, or the error
  std::shared_ptr<flight> under_way{};      // at timing: what is to be asked instead of `injected` and `done`

  bool over(common::cycles now) const { return under_way ? under_way->over() : done <= now; }
};

// When it is over: throws command_failure when an error came about while it was under way.
void check(const common::parcel& p);
void check(const transfer& t);

struct remote_signal {
  std::uint16_t semaphore, count;
};

class fabric_port : public sc_core::sc_module {
public:
  tlm_utils::simple_initiator_socket<fabric_port> socket{"socket"};

  struct place {
    std::uint32_t tile = 0, mesh_width = 1, mesh_height = 1, host_node = 0;
    bool phases = false;               // at timing: base protocol, a payload for every packet
    const timing_mode* mode = nullptr; // says so instead, from time to time
  };
  fabric_port(sc_core::sc_module_name name, const place& where, const common::clock_domain& clock,
              const isolation& windows);

  std::uint32_t x() const { return where_.tile % where_.mesh_width; }
  std::uint32_t y() const { return where_.tile / where_.mesh_width; }
  // A rectangle of tiles that exist, as hal::tile_set; whether this tile belongs to it, and whether others do.
  bool valid(std::uint32_t tile_set) const;
  bool includes_self(std::uint32_t tile_set) const;
  bool includes_others(std::uint32_t tile_set) const;

  bool phases() const { return where_.mode != nullptr ? where_.mode->phases : where_.phases; }

private:
  friend class fabric_stream;

  struct packet {
    packet() { payload.set_extension(&extension); }
    ~packet() { payload.clear_extension(&extension); }
    tlm::tlm_generic_payload payload;
    common::fabric_extension extension;
    std::vector<std::uint8_t> bytes; // of a send
    std::shared_ptr<flight> of;
    std::shared_ptr<common::parcel> parcel;
    sc_core::sc_event* moved = nullptr; // of the stream
  };

  packet& fresh();
  void ask(packet& p);
  void ask_next();
  void sent(packet& p, common::cycles when);
  void answered(packet& p);
  tlm::tlm_sync_enum from_mesh(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_core::sc_time& delay);

  const place where_;
  const common::clock_domain& clock_;
  const isolation& windows_;
  std::vector<std::unique_ptr<packet>> packets_;
  std::vector<packet*> free_;
  std::deque<packet*> waiting_; // for the network interface, in order
  packet* asking_ = nullptr;    // has no END_REQ
  std::unordered_map<const tlm::tlm_generic_payload*, packet*> by_payload_;
};

// Its transfers reach each destination in the order in which they were asked for.
class fabric_stream {
public:
  static constexpr std::uint32_t largest = 4096; // bytes of one transfer

  // `number`: of the tile's streams, from 1 to common::streams - 1.
  fabric_stream(fabric_port& port, unsigned number);
  ~fabric_stream();
  fabric_stream(const fabric_stream&) = delete;
  fabric_stream& operator=(const fabric_stream&) = delete;

  const fabric_port& port() const { return port_; }

  // Start at cycle `at`: now or later, but in at timing now. Throw command_failure.
  transfer read(std::uint64_t address, std::uint32_t bytes, common::cycles at);
  transfer write(std::uint64_t address, std::span<const std::uint8_t> data, common::cycles at);
  // To `offset` of the SRAM of every other tile of the set; the signal is raised there with the last byte. A set
  // without other tiles costs nothing.
  transfer send(std::uint32_t tile_set, std::uint64_t offset, std::span<const std::uint8_t> data, common::cycles at,
                std::optional<remote_signal> signal, common::packing packed = {});
  transfer signal(std::uint32_t tile_set, remote_signal signal, common::cycles at);
  // Reports a completed fence to the host bridge, with or without interrupt.
  transfer report_fence(bool interrupt, common::cycles at);

  // At timing: something of this stream was sent or is over.
  const sc_core::sc_event& moved() const { return moved_; }

private:
  transfer start(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data, std::uint32_t bytes);
  void address_to(common::destination to, common::semaphore_signal signal = {});
  transfer carry(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data, std::uint32_t bytes,
                 common::cycles at);
  transfer access(tlm::tlm_command command, std::uint64_t address, std::shared_ptr<common::parcel> parcel,
                  common::cycles at);

  fabric_port& port_;
  sc_core::sc_event moved_;
  tlm::tlm_generic_payload payload_;
  common::fabric_extension extension_;
};

} // namespace acf::sequencer
