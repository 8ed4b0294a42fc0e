// The way of a tile into the mesh: DMA windows checked, errors as causes. The sequencer and each DMA channel have a
// stream of their own, with a payload of their own: one may be under way while another begins.
#pragma once

#include "models/common/fabric_extension.hpp"
#include "models/common/units.hpp"
#include "models/sequencer/dispatched.hpp"
#include "models/sequencer/semaphores.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

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
};

// From cycle transfer::done on: throws command_failure when an error came about while it was under way.
void check(const common::parcel& p);

struct remote_signal {
  std::uint16_t semaphore, count;
};

class fabric_port : public sc_core::sc_module {
public:
  tlm_utils::simple_initiator_socket<fabric_port> socket{"socket"};

  struct place {
    std::uint32_t tile = 0, mesh_width = 1, mesh_height = 1, host_node = 0;
  };
  fabric_port(sc_core::sc_module_name name, const place& where, const common::clock_domain& clock,
              const isolation& windows);

  // A rectangle of tiles that exist, as hal::tile_set; whether this tile belongs to it, and whether others do.
  bool valid(std::uint32_t tile_set) const;
  bool includes_self(std::uint32_t tile_set) const;
  bool includes_others(std::uint32_t tile_set) const;

private:
  friend class fabric_stream;

  const place where_;
  const common::clock_domain& clock_;
  const isolation& windows_;
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

  // Start at cycle `at` (now or later). Throw command_failure.
  transfer read(std::uint64_t address, std::uint32_t bytes, common::cycles at);
  transfer write(std::uint64_t address, std::span<const std::uint8_t> data, common::cycles at);
  // To `offset` of the SRAM of every other tile of the set; the signal is raised there with the last byte. A set
  // without other tiles costs nothing.
  transfer send(std::uint32_t tile_set, std::uint64_t offset, std::span<const std::uint8_t> data, common::cycles at,
                std::optional<remote_signal> signal, common::packing packed = {});
  transfer signal(std::uint32_t tile_set, remote_signal signal, common::cycles at);
  // Reports a completed fence to the host bridge, with or without interrupt.
  transfer report_fence(bool interrupt, common::cycles at);

private:
  void address_to(common::destination to, common::semaphore_signal signal = {});
  transfer carry(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data, std::uint32_t bytes,
                 common::cycles at);
  transfer access(tlm::tlm_command command, std::uint64_t address, std::shared_ptr<common::parcel> parcel,
                  common::cycles at);

  fabric_port& port_;
  tlm::tlm_generic_payload payload_;
  common::fabric_extension extension_;
};

} // namespace acf::sequencer
