// The system on chip: host with its peripherals, DRAM, and the fabric, put together from a configuration.
//
//   harts -> bus -> boot ROM, finisher, watchdog, CLINT, UART, PLIC
//              |--> host bridge ==(registers)== tiles, routers
//              '--> DRAM (own port) <-- channels -- mesh -- tiles
#pragma once

#include "models/common/address_map_router.hpp"
#include "models/common/host_pool.hpp"
#include "models/common/turns.hpp"
#include "models/cpu/cpu_core.hpp"
#include "models/dram/controller.hpp"
#include "models/host_bridge/host_bridge.hpp"
#include "models/noc/mesh.hpp"
#include "models/peripherals/boot_rom.hpp"
#include "models/peripherals/clint.hpp"
#include "models/peripherals/finisher.hpp"
#include "models/peripherals/plic.hpp"
#include "models/peripherals/uart.hpp"
#include "models/peripherals/watchdog.hpp"
#include "models/tile/tile.hpp"
#include "platform/config/chip_description.hpp"
#include "sw_stack/hal/peripherals.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <systemc>
#include <vector>

namespace acf::platform {

class soc : public sc_core::sc_module {
public:
  struct connections {
    peripherals::character_sink console;
    peripherals::finisher::finish_function finish;
    unsigned host_threads = 1;
    std::vector<std::uint8_t> device_tree;
    std::uint64_t entry = 0; // where the boot ROM jumps to
  };

  soc(sc_core::sc_module_name name, const config& c, connections outside);

  const config& configuration() const { return config_; }
  const common::clock_domain& fabric_clock() const { return fabric_clock_; }
  // The hart whose process runs now, or the first.
  std::size_t running_hart() const;

  common::clock_domain fabric_clock_;
  common::turns order{"order"};
  sequencer::timing_mode mode; // of all tiles, where the timing changes in the run
  common::host_pool pool;
  common::address_map_router bus{"bus"};
  dram::dram_controller dram;
  noc::mesh mesh;
  host_bridge::dma_windows windows;
  std::vector<std::unique_ptr<tile::tile>> tiles;
  host_bridge::host_bridge bridge;
  peripherals::boot_rom rom;
  peripherals::finisher finisher;
  peripherals::watchdog watchdog;
  peripherals::clint clint;
  peripherals::plic plic;
  peripherals::uart uart;
  cpu::reservations reservations; // of all harts, which it outlives
  std::vector<std::unique_ptr<cpu::cpu_core>> harts;

  // Of all peripherals, and the lines of all interrupt sources by their number, for those who watch.
  std::vector<common::register_bank*> peripheral_registers;
  std::map<std::uint32_t, common::wire_out*> interrupts;
  void reset_peripherals();

private:
  struct interrupt_lines {
    sc_core::sc_signal<bool, sc_core::SC_MANY_WRITERS> msip, mtip, meip, seip;
  };

  // On the bus, to the PLIC, into the lists above, as far as the module has what that takes.
  template <class module>
  void add(const hal::peripheral& where, module& what);
  void add_interrupt(std::uint32_t number, common::wire_out& line);
  void attach_to_bus();
  void connect_mesh();
  void connect_interrupts();
  void watch_memory();
  void watch_rings();

  const config config_;
  std::vector<std::function<void()>> resets_; // of peripherals
  std::vector<std::unique_ptr<interrupt_lines>> lines_;
  // Doorbell fences of each hart when it last stored to a ring; none: no such store.
  std::vector<std::optional<std::uint64_t>> ring_store_;
  struct watched_ring {
    dram::range where;
    dram::backing_store::watch_id watch;
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, watched_ring> watched_rings_; // by tile and ring
};

// Structs of the models, filled in from the configuration.
noc::mesh_config mesh_settings(const config& c);
dram::dram_config dram_settings(const config& c);
tile::tile_config tile_settings(const config& c, std::uint32_t number);

} // namespace acf::platform
