// --vcd: interrupt lines, doorbells, fences and the program's phase, and what each unit of each tile executes.
//
//   host        uart_irq watchdog_irq fabric_irq, hartN_msip hartN_mtip hartN_meip
//   fabric      marker[2] doorbells[32] fences[32]
//   tile_X_Y    matrix matrix_tag[16] vector ... dma0 ... dma1 ..., error      a unit's wire is the opcode, 0 when idle
#pragma once

#include "platform/soc/soc.hpp"
#include "platform/trace/trace_file.hpp"
#include "platform/trace/vcd.hpp"

#include <map>

namespace acf::platform {

class waves : private host_bridge::observer, private sequencer::unit_observer {
public:
  waves(const std::filesystem::path& file, soc& chip); // throws input_error

  void finish(); // throws as trace_file::close()

private:
  struct unit_wires {
    vcd::wire opcode, tag;
  };

  void follow(common::wire_out& line, const std::string& name);
  void add_tile(tile::tile& t);
  void started(const sc_core::sc_module& unit, const sequencer::dispatched& command) override;
  void executed(const sc_core::sc_module& unit, const sequencer::dispatched& command, common::cycles start,
                common::cycles end) override;
  void doorbell() override { out_.change(doorbells_, ++rung_); }
  void fence() override { out_.change(fences_, chip_.bridge.fences()); }
  void marker(std::uint32_t phase) override { out_.change(marker_, phase); }
  void tile_changed(std::uint32_t tile) override;

  soc& chip_;
  trace_file file_;
  vcd out_;
  vcd::wire marker_{}, doorbells_{}, fences_{};
  std::uint32_t rung_ = 0;
  std::map<const sc_core::sc_module*, unit_wires> units_;
  std::vector<vcd::wire> errors_; // by tile
};

} // namespace acf::platform
