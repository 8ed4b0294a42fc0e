// Three chips' meshes with DRAM behind them, for tests of the mesh with reservation calendars.
#pragma once

#include "bench.hpp"
#include "platform/config/dram_preset.hpp"

#include <gtest/gtest.h>

namespace acf::test {

using namespace noc;

constexpr auto base = hal::map::dram;

inline dram::dram_config memory() {
  dram::dram_config d;
  d.technology = platform::dram_preset_of("hbm2").device;
  d.size = 64 << 20;
  return d;
}

inline mesh_config chip(std::uint32_t width, std::uint32_t height) {
  mesh_config m;
  m.width = width;
  m.height = height;
  m.dram = dram::make_map(memory());
  return m;
}

inline mesh_config slow_deep_chip() { // 500 MHz, routers with 4 stages
  auto m = chip(2, 3);
  m.cycle_ps = 2000;
  m.router_cycles = 4;
  return m;
}

inline dram::dram_config at_500_mhz() {
  auto d = memory();
  d.cycle_ps = 2000;
  return d;
}

struct world {
  bench small{"small", chip(4, 4), memory()};
  bench large{"large", chip(8, 8), memory()};
  bench slow{"slow", slow_deep_chip(), at_500_mhz()};
};

inline world& all() {
  static world w; // one elaboration per process, whatever tests are chosen
  return w;
}

class mesh_test : public testing::Test {
protected:
  bench& b = all().small;
  void SetUp() override {
    b.restart();
    all().large.restart();
  }

  std::uint64_t flits_of(const std::string& link) const { return difference(link).flits; }
  link_counters difference(const std::string& link) const {
    const auto now = b.mesh.snapshot();
    for (std::uint32_t i = 0; i < b.mesh.resources(); ++i)
      if (b.mesh.resource_name(i) == link)
        return {now.resources[i].flits - before_.resources[i].flits, now.resources[i].busy - before_.resources[i].busy,
                now.resources[i].waited - before_.resources[i].waited};
    ADD_FAILURE() << "no " << link;
    return {};
  }
  mesh_snapshot before_ = b.mesh.snapshot();
  mesh_counters counters_before_ = b.mesh.counters();
};

} // namespace acf::test
