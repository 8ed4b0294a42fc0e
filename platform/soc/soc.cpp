#include "platform/soc/soc.hpp"

#include "sw_stack/hal/memory_map.hpp"

#include <fmt/format.h>

namespace acf::platform {

namespace {

// Latency of an access by the host, both ways together: on-chip peripherals, and the bridge into the fabric.
const sc_core::sc_time peripheral_latency{20, sc_core::SC_NS};
const sc_core::sc_time bridge_latency{100, sc_core::SC_NS};

std::vector<std::unique_ptr<tile::tile>> make_tiles(const config& c, const common::clock_domain& clock,
                                                    common::turns& order, const sequencer::isolation& windows,
                                                    common::host_pool& pool, sequencer::timing_mode& mode) {
  std::vector<std::unique_ptr<tile::tile>> tiles;
  mode.phases = c.timing == "at";
  for (std::uint32_t n = 0; n < c.tiles(); ++n) {
    auto settings = tile_settings(c, n);
    if (c.changes_timing()) settings.mode = &mode;
    tiles.push_back(std::make_unique<tile::tile>(fmt::format("tile_{}_{}", n % c.mesh.width, n / c.mesh.width).c_str(),
                                                 settings, clock, order, windows, pool));
  }
  return tiles;
}

std::vector<tile::control_window*> host_sides(const std::vector<std::unique_ptr<tile::tile>>& tiles) {
  std::vector<tile::control_window*> windows;
  windows.reserve(tiles.size());
  for (const auto& t : tiles) windows.push_back(&t->host_side());
  return windows;
}

} // namespace

soc::soc(sc_core::sc_module_name name, const config& c, connections outside)
    : sc_module(name),
      fabric_clock_(common::period_ps(c.fabric.freq_mhz)),
      pool(outside.host_threads),
      dram("dram", dram_settings(c)),
      mesh("mesh", mesh_settings(c), &order),
      tiles(make_tiles(c, fabric_clock_, order, windows, pool, mode)),
      bridge("bridge", chip_description_of(c), order, windows, mesh, host_sides(tiles)),
      rom("rom", hal::map::boot_rom_size, outside.entry, outside.device_tree),
      finisher("finisher", outside.finish),
      watchdog("watchdog", sc_core::sc_time::from_value(common::period_ps(c.cpu.freq_mhz))),
      clint("clint", c.cpu.harts),
      plic("plic", c.cpu.harts),
      uart("uart", outside.console),
      config_(c) {
  for (unsigned h = 0; h < c.cpu.harts; ++h) {
    cpu::cpu_core_config core;
    core.hart.id = h;
    core.hart.reset_pc = hal::map::boot_rom;
    core.hart.shared = &reservations;
    core.hart.misaligned_trap = c.cpu.misaligned == "trap";
    core.memory_first = hal::map::dram;
    core.memory_last = hal::map::dram + (static_cast<std::uint64_t>(c.dram.size_mib) << 20) - 1;
    core.frequency_hz = c.cpu.freq_mhz * std::uint64_t{1'000'000};
    harts.push_back(std::make_unique<cpu::cpu_core>(fmt::format("hart{}", h).c_str(), core, order));
    harts.back()->bus.bind(bus.in);
    harts.back()->others_run = [this, h] {
      for (unsigned other = 0; other < harts.size(); ++other)
        if (other != h && !harts[other]->asleep() && !harts[other]->halted()) return true;
      return false;
    };
    harts.back()->mtime = [this](const sc_core::sc_time& at) { return clint.mtime(at); };
    harts.back()->time_of_mtime = [this](std::uint64_t mtime) { return clint.time_of(mtime); };
  }
  clint.on_mtime_set = [this] {
    for (auto& h : harts) h->mtime_changed();
  };
  attach_to_bus();
  connect_mesh();
  connect_interrupts();
  watch_memory();
  watch_rings();
}

template <class module>
void soc::add(const hal::peripheral& where, module& what) {
  bus.attach({std::string{where.name}, where.base, where.size, peripheral_latency}, what.bus);
  peripheral_registers.push_back(&what.registers());
  if constexpr (requires { what.irq; }) add_interrupt(where.interrupt, what.irq);
  if constexpr (requires { what.reset(); }) resets_.push_back([&what] { what.reset(); });
}

void soc::add_interrupt(std::uint32_t number, common::wire_out& line) {
  plic.connect(number, line);
  interrupts[number] = &line;
}

void soc::reset_peripherals() {
  for (const auto& reset : resets_) reset();
}

void soc::attach_to_bus() {
  namespace map = hal::map;
  bus.attach({"boot_rom", map::boot_rom, map::boot_rom_size, peripheral_latency}, rom.bus);
  namespace devices = hal::peripherals;
  add(devices::finisher, finisher);
  add(devices::watchdog, watchdog);
  add(devices::clint, clint);
  add(devices::plic, plic);
  add(devices::uart, uart);
  peripheral_registers.push_back(&uart.divisor_registers());
  bus.attach({"fabric", map::fabric, map::fabric_size, bridge_latency}, bridge.control);
  bus.attach(
      {"dram", map::dram, static_cast<std::uint64_t>(config_.dram.size_mib) << 20, sc_core::SC_ZERO_TIME, map::dram},
      dram.host);
}

void soc::connect_mesh() {
  const auto& where = mesh.where();
  for (auto& t : tiles) {
    const auto node = where.tile(t->x(), t->y());
    t->to_mesh.socket.bind(mesh.from[node]);
    mesh.to[node].bind(t->from_mesh);
  }
  for (std::uint32_t i = 0; i < where.channels(); ++i) mesh.to[where.channel(i)].bind(dram.channel[i]);
  mesh.to[where.host_bridge()].bind(bridge.from_mesh);
}

void soc::connect_interrupts() {
  add_interrupt(hal::irq::fabric, bridge.irq);
  for (unsigned h = 0; h < harts.size(); ++h) {
    lines_.push_back(std::make_unique<interrupt_lines>());
    auto& l = *lines_.back();
    auto& core = *harts[h];
    core.msip.bind(l.msip);
    core.mtip.bind(l.mtip);
    core.meip.bind(l.meip);
    core.seip.bind(l.seip);
    // The signal wakes a sleeping hart; the direct call lets a running one see the level before its next instruction.
    const auto connect = [&core](common::wire_out& from, auto& signal, cpu::interrupt line) {
      from.connect([&core, &signal, line](bool level) {
        signal.write(level);
        core.core().set_interrupt(line, level);
      });
    };
    connect(clint.software[h], l.msip, cpu::interrupt::machine_software);
    connect(clint.timer[h], l.mtip, cpu::interrupt::machine_timer);
    connect(plic.external[2 * h], l.meip, cpu::interrupt::machine_external);
    connect(plic.external[2 * h + 1], l.seip, cpu::interrupt::supervisor_external);
  }
}

// Code that tiles or a debugger overwrite: harts must not go on with what they have decoded. Firmware lies below the
// job image.
void soc::watch_memory() {
  const dram::range all{0, dram.store().size()};
  dram.store().watch(all, {.fabric = true, .debug = true},
                     [this](dram::origin, std::uint64_t at, std::uint64_t length) {
                       const auto first = hal::map::dram + at;
                       for (auto& h : harts) h->core().written_by_others(first, first + length - 1);
                     });
}

std::size_t soc::running_hart() const {
  const auto* parent = sc_core::sc_get_current_process_handle().get_parent_object();
  for (std::size_t h = 0; h < harts.size(); ++h)
    if (harts[h].get() == parent) return h;
  return 0;
}

// A doorbell must not overtake the stores that filled its ring: the hart has to execute `fence w,o` in between.
void soc::watch_rings() {
  ring_store_.resize(harts.size());
  bridge.ring_placed = [this](const host_bridge::host_bridge::ring_place& p) {
    const auto base = hal::map::dram, size = dram.store().size();
    const bool inside = p.begin < p.end && p.begin >= base && p.begin - base < size;
    const auto where = inside ? dram::range{p.begin - base, std::min(p.end - base, size)} : dram::range{0, 0};
    const std::pair key{p.tile, p.ring};
    if (const auto known = watched_rings_.find(key); known != watched_rings_.end()) {
      if (known->second.where.begin == where.begin && known->second.where.end == where.end) return;
      dram.store().unwatch(known->second.watch);
      watched_rings_.erase(known);
    }
    if (!inside) return;
    const auto watch = dram.store().watch(where, {.host = true}, [this](dram::origin, std::uint64_t, std::uint64_t) {
      const auto h = running_hart();
      ring_store_[h] = harts[h]->core().doorbell_fences;
    });
    watched_rings_[key] = {where, watch};
  };
  bridge.unfenced_stores = [this] {
    const auto h = running_hart();
    const bool unfenced = ring_store_[h] && *ring_store_[h] == harts[h]->core().doorbell_fences;
    ring_store_[h].reset();
    return unfenced;
  };
}

} // namespace acf::platform
