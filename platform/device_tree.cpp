#include "platform/device_tree.hpp"

#include <initializer_list>
#include <libfdt.h>
#include <stdexcept>

#include "sw_stack/hal/plic_registers.hpp"

namespace acf::platform {
namespace {

// Writes nodes one after the other; a tree grows until it fits.
class writer {
public:
  writer() : buffer(64 * 1024) {
    check(fdt_create(buffer.data(), static_cast<int>(buffer.size())));
    check(fdt_finish_reservemap(buffer.data()));
  }

  template <class F>
  void node(const std::string& name, F contents) {
    check(fdt_begin_node(buffer.data(), name.c_str()));
    contents();
    check(fdt_end_node(buffer.data()));
  }
  template <class F>
  void node(const char* name, const device_region& where, F contents) {
    char unit[32];
    std::snprintf(unit, sizeof unit, "%s@%llx", name, static_cast<unsigned long long>(where.base));
    node(unit, [&] {
      cells64("reg", {where.base, where.size});
      contents();
    });
  }

  void flag(const char* name) { check(fdt_property(buffer.data(), name, nullptr, 0)); }
  void text(const char* name, const std::string& value) {
    check(fdt_property_string(buffer.data(), name, value.c_str()));
  }
  void texts(const char* name, std::initializer_list<std::string_view> values) {
    std::string all;
    for (const auto value : values) all.append(value).push_back('\0');
    check(fdt_property(buffer.data(), name, all.data(), static_cast<int>(all.size())));
  }
  void cells(const char* name, const std::vector<std::uint32_t>& values) {
    std::vector<fdt32_t> big;
    big.reserve(values.size());
    for (const auto value : values) big.push_back(cpu_to_fdt32(value));
    check(fdt_property(buffer.data(), name, big.data(), static_cast<int>(4 * big.size())));
  }
  void cells64(const char* name, std::initializer_list<std::uint64_t> values) {
    std::vector<std::uint32_t> halves;
    halves.reserve(2 * values.size());
    for (const auto value : values) {
      halves.push_back(static_cast<std::uint32_t>(value >> 32));
      halves.push_back(static_cast<std::uint32_t>(value));
    }
    cells(name, halves);
  }

  std::vector<std::uint8_t> finish() {
    check(fdt_finish(buffer.data()));
    buffer.resize(fdt_totalsize(buffer.data()));
    return std::move(buffer);
  }

private:
  static void check(int result) {
    if (result < 0) throw std::logic_error(std::string("device tree: ") + fdt_strerror(result));
  }
  std::vector<std::uint8_t> buffer;
};

enum riscv_interrupt : std::uint32_t {
  machine_software = 3,
  machine_timer = 7,
  supervisor_external = 9,
  machine_external = 11
};

// Phandles: 1 + hart its interrupt controller, then PLIC and finisher.
std::uint32_t hart_phandle(unsigned hart) { return 1 + hart; }

void write_cpus(writer& w, const device_tree_description& what) {
  w.node("cpus", [&] {
    w.cells("#address-cells", {1});
    w.cells("#size-cells", {0});
    w.cells("timebase-frequency", {what.timebase_hz});
    for (unsigned hart = 0; hart < what.harts; ++hart)
      w.node("cpu@" + std::to_string(hart), [&] {
        w.text("device_type", "cpu");
        w.cells("reg", {hart});
        w.text("status", "okay");
        w.text("compatible", "riscv");
        w.text("riscv,isa", what.isa);
        if (!what.mmu.empty()) w.text("mmu-type", what.mmu);
        w.cells("riscv,cbom-block-size", {what.cache_block});
        w.cells("riscv,cboz-block-size", {what.cache_block});
        w.node("interrupt-controller", [&] {
          w.cells("#address-cells", {0});
          w.cells("#interrupt-cells", {1});
          w.flag("interrupt-controller");
          w.text("compatible", "riscv,cpu-intc");
          w.cells("phandle", {hart_phandle(hart)});
        });
      });
  });
}

void write_soc(writer& w, const device_tree_description& what) {
  const auto plic = hart_phandle(what.harts), finisher = plic + 1;
  const auto to_every_hart = [&](std::initializer_list<std::uint32_t> interrupts) {
    std::vector<std::uint32_t> cells;
    for (unsigned hart = 0; hart < what.harts; ++hart)
      for (const auto interrupt : interrupts) cells.insert(cells.end(), {hart_phandle(hart), interrupt});
    return cells;
  };
  const auto interrupt = [&](std::uint32_t source) {
    w.cells("interrupts", {source});
    w.cells("interrupt-parent", {plic});
  };
  w.node("soc", [&] {
    w.cells("#address-cells", {2});
    w.cells("#size-cells", {2});
    w.text("compatible", "simple-bus");
    w.flag("ranges");
    w.node("serial", what.uart, [&] {
      interrupt(hal::irq::uart);
      w.cells("clock-frequency", {what.uart_clock_hz});
      w.text("compatible", "ns16550a");
    });
    w.node("test", what.finisher, [&] {
      w.cells("phandle", {finisher});
      w.texts("compatible", {"sifive,test1", "sifive,test0", "syscon"});
    });
    if (what.watchdog)
      w.node("watchdog", *what.watchdog, [&] {
        interrupt(hal::irq::watchdog);
        w.cells("clock-frequency", {what.watchdog_clock_hz});
        w.text("compatible", "acf,watchdog");
      });
    if (what.fabric)
      w.node("fabric", *what.fabric, [&] {
        interrupt(hal::irq::fabric);
        w.text("compatible", "acf,fabric-1");
      });
    w.node("plic", what.plic, [&] {
      w.cells("phandle", {plic});
      w.cells("riscv,ndev", {hal::plic::sources});
      w.cells("interrupts-extended", to_every_hart({machine_external, supervisor_external}));
      w.flag("interrupt-controller");
      w.texts("compatible", {"sifive,plic-1.0.0", "riscv,plic0"});
      w.cells("#address-cells", {0});
      w.cells("#interrupt-cells", {1});
    });
    w.node("clint", what.clint, [&] {
      w.cells("interrupts-extended", to_every_hart({machine_software, machine_timer}));
      w.texts("compatible", {"sifive,clint0", "riscv,clint0"});
    });
  });
  const auto syscon = [&](const char* name, const char* compatible, std::uint32_t value) {
    w.node(name, [&] {
      w.cells("value", {value});
      w.cells("offset", {0});
      w.cells("regmap", {finisher});
      w.text("compatible", compatible);
    });
  };
  syscon("poweroff", "syscon-poweroff", 0x5555);
  syscon("reboot", "syscon-reboot", 0x7777);
}

} // namespace

device_tree_description device_tree_of(const config& c) {
  device_tree_description d;
  d.harts = c.cpu.harts;
  d.memory.size = static_cast<std::uint64_t>(c.dram.size_mib) << 20;
  return d;
}

std::vector<std::uint8_t> make_device_tree(const device_tree_description& what) {
  writer w;
  w.node("", [&] {
    w.cells("#address-cells", {2});
    w.cells("#size-cells", {2});
    w.text("compatible", "acf,acf-1");
    w.text("model", "acf,acf-vp");
    w.node("chosen", [&] {
      if (!what.bootargs.empty()) w.text("bootargs", what.bootargs);
      char console[48];
      std::snprintf(console, sizeof console, "/soc/serial@%llx", static_cast<unsigned long long>(what.uart.base));
      w.text("stdout-path", console);
      if (what.job_image) w.cells64("acf,job-image", {what.job_image->base, what.job_image->size});
    });
    w.node("memory", what.memory, [&] { w.text("device_type", "memory"); });
    write_cpus(w, what);
    write_soc(w, what);
  });
  return w.finish();
}

} // namespace acf::platform
