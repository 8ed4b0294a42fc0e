// One tile: sequencer, two DMA channels, matrix engine and vector unit around an SRAM, on one node of the mesh.
//
//             mesh                         host (control path)
//        to_mesh  from_mesh                      |
//           ^        |                      TILE registers (control_window.hpp)
//   sequencer        v                           |
//   DMA 0, 1  <->  SRAM  <->  matrix, vector  <- sequencer
#pragma once

#include "models/common/host_pool.hpp"
#include "models/same/dma_channel.hpp"
#include "models/same/sram.hpp"
#include "models/sequencer/fabric_port.hpp"
#include "models/sequencer/sequencer.hpp"
#include "models/tile/compute_unit.hpp"
#include "models/tile/control_window.hpp"
#include "models/tile/phase_account.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <systemc>
#include <tlm_utils/simple_target_socket.h>
#include <unordered_map>

namespace acf::tile {

struct tile_config {
  std::uint32_t number = 0; // y * mesh_width + x
  std::uint32_t mesh_width = 4, mesh_height = 4;
  std::uint32_t host_node = 0;                  // node of the host bridge
  bool phases = false;                          // at timing, as of the mesh
  const sequencer::timing_mode* mode = nullptr; // says so instead, where that changes
  std::uint32_t sram_kib = 512;
  std::uint32_t sram_bytes_per_cycle = 256;       // 16 banks of 16 bytes
  std::optional<std::uint64_t> power_on_seed = 0; // random SRAM contents; none: zeros
  zbcc::engine_config engine{};
  std::uint32_t vector_lanes = 32; // fp32
  bool compression = true;         // units that pack and unpack the zeros of packets
};

class tile : public sc_core::sc_module {
public:
  tlm_utils::simple_target_socket<tile> from_mesh{"from_mesh"};
  sequencer::fabric_port to_mesh;

  tile(sc_core::sc_module_name name, const tile_config& config, const common::clock_domain& clock, common::turns& order,
       const sequencer::isolation& windows, common::host_pool& pool);

  std::uint32_t number() const { return config_.number; }
  std::uint32_t x() const { return config_.number % config_.mesh_width; }
  std::uint32_t y() const { return config_.number / config_.mesh_width; }

  control_window& host_side() { return host_side_; }
  sequencer::sequencer& control() { return sequencer_; }
  const sequencer::sequencer& control() const { return sequencer_; }
  sequencer::semaphores& sems() { return semaphores_; }
  same::sram& memory() { // as it is now
    sram_.settle(clock_.now());
    return sram_;
  }
  const same::sram& memory() const { return sram_; }
  std::uint32_t sram_bytes_per_cycle() const { return config_.sram_bytes_per_cycle; }
  const compute_unit& matrix() const { return matrix_; }
  const compute_unit& vector() const { return vector_; }
  const same::dma_channel& dma(unsigned channel) const { return channel ? dma1_ : dma0_; }
  acf::tile::phases phases() const { return phases_.totals(); }
  const acf::tile::phases& phases_that_ended() const { return phases_.counted(); }
  void reset();
  // All units, or the matrix engine alone.
  void observe(sequencer::unit_observer& who);
  void observe_matrix(sequencer::unit_observer& who) { matrix_.observe(who); }
  std::string why_stuck() const { return sequencer_.why_stuck(); }

private:
  void receive(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_response_status accept(const tlm::tlm_generic_payload& payload, const common::packing& packing,
                                  common::cycles ready);
  tlm::tlm_response_status accept_pieces(std::uint64_t offset, std::span<const std::uint8_t> packet,
                                         common::cycles ready);
  common::cycles in_place(const common::fabric_extension& e, common::cycles arrival);
  unsigned debug(tlm::tlm_generic_payload& payload);
  same::counter_snapshot snapshot() const;

  const tile_config config_;
  const common::clock_domain& clock_;
  same::sram sram_;
  same::zero_codecs codecs_;
  std::unordered_map<std::uint32_t, common::cycles> in_place_; // by stream of a node: its last packet
  sequencer::semaphores semaphores_;
  sequencer::sequencer sequencer_;
  zbcc::datapath datapath_;
  same::dma_channel dma0_, dma1_;
  compute_unit matrix_, vector_;
  phase_account phases_;
  control_window host_side_{*this};
};

} // namespace acf::tile
