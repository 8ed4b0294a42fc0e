// The host's side of the fabric: the GLOBAL block, the way to the registers of all tiles and routers, the fabric
// interrupt, the DMA windows, and the mesh node to which fences report. Registers are on the control path: they answer
// whatever the mesh is doing.
//
//   host bus -> control      GLOBAL here | TILE x n in the tiles | ROUTER x n in the mesh
//   mesh     -> from_mesh    fences with interrupt
//   irq      -> PLIC
#pragma once

#include "models/common/register_socket.hpp"
#include "models/common/register_space.hpp"
#include "models/common/wire.hpp"
#include "models/host_bridge/capabilities.hpp"
#include "models/noc/mesh.hpp"
#include "models/sequencer/fabric_port.hpp"
#include "models/tile/control_window.hpp"
#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/tile_registers.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

namespace acf::host_bridge {

// Told about what measurement and the guest-visible checks need.
struct observer {
  virtual ~observer() = default;
  virtual void submitted(std::uint32_t /*tile*/, std::uint64_t /*job, of the tile's*/) {} // before doorbell()
  virtual void rung(std::uint32_t /*tile*/, std::uint32_t /*ring*/) {}                    // before doorbell()
  virtual void doorbell() {}
  virtual void fence() {}
  virtual void marker(std::uint32_t) {}
  virtual void tile_failed(std::uint32_t) {}
  virtual void tile_changed(std::uint32_t) {} // its STATUS
  virtual void unordered_doorbell() {}        // IRQ_STATUS.ORDER
};

// The DMA windows, owned here and looked up by every tile's network interface.
class dma_windows : public sequencer::isolation {
public:
  struct window {
    std::uint64_t base = 0, limit = 0;
    std::uint32_t rights = 0;
  };
  bool allows(std::uint64_t address, std::uint64_t bytes, bool write) const override;
  window& operator[](std::uint32_t i) { return windows_[i]; }
  void reset() { windows_ = {}; }

private:
  std::array<window, hal::global::dma_windows> windows_{};
};

class host_bridge : public sc_core::sc_module {
public:
  common::register_space space; // offsets from hal::map::fabric
  common::register_socket control{"control", space};
  tlm_utils::simple_target_socket<host_bridge> from_mesh{"from_mesh"};
  common::wire_out irq{"fabric_irq"};

  host_bridge(sc_core::sc_module_name name, const chip_description& chip, common::turns& order, dma_windows& windows,
              noc::mesh& mesh, std::vector<tile::control_window*> tiles);

  void observe(observer& who) { observers_.push_back(&who); }
  void observe_registers(common::register_observer* o);
  // True when `ring` memory of a tile has been stored to without a fence since; asked at every doorbell.
  std::function<bool()> unfenced_stores = [] { return false; };
  // Called whenever a ring is placed or forgotten (empty), so that stores to it can be watched.
  struct ring_place {
    std::uint32_t tile, ring;
    std::uint64_t begin, end;
  };
  std::function<void(const ring_place&)> ring_placed = [](const ring_place&) {};
  // A packet met a routing error.
  void route_failed(const common::fabric_error& error);
  std::uint32_t fences() const { return fences_; }

private:
  void describe_chip(const chip_description& chip);
  void connect_global();
  void connect_tile(std::uint32_t number);
  void receive(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void fence_arrives();
  void count_fences();
  void tile_changed(std::uint32_t number);
  void control_written(std::uint64_t value);
  void ring(std::uint32_t tile, std::uint64_t value);
  void check_order();
  void raise(const hal::field& cause);
  void update_irq();
  void reset();
  void check_routes();

  common::turns& order_;
  dma_windows& windows_;
  noc::mesh& mesh_;
  const std::vector<tile::control_window*> tiles_; // by number
  std::vector<observer*> observers_;
  common::register_bank global_{hal::global::block};
  std::vector<noc::link_id> cycle_; // of channel dependencies, that the last check found
  std::vector<bool> failed_;
  std::uint32_t fences_ = 0;
  std::multimap<sc_core::sc_time, bool> fences_due_; // time, with interrupt
  sc_core::sc_event fence_due_;
};

} // namespace acf::host_bridge
