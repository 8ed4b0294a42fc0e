// --trace: who did what when, for ui.perfetto.dev.
//
//   process host         threads hart 0 .. n: running, wfi     thread fabric: doorbells, fences, MARKER phases
//   process TILE(x,y)    threads matrix, vector, dma0, dma1: commands, from their start until the unit is free again
//   counter DRAM         bytes per nanosecond that were asked for, read and written
//
// A DMA channel takes its next command while data of the last one are under way; "complete_us" says when they were
// there.
#pragma once

#include "models/host_bridge/host_bridge.hpp"
#include "models/sequencer/unit.hpp"
#include "platform/soc/soc.hpp"
#include "platform/trace/chrome_json.hpp"
#include "platform/trace/trace_file.hpp"

#include <filesystem>
#include <map>
#include <optional>

namespace acf::platform {

class timeline : private sequencer::unit_observer, private host_bridge::observer {
public:
  timeline(const std::filesystem::path& file, soc& chip); // throws input_error

  void on_slice(const cpu::cpu_core& core); // after every slice of any hart
  void finish(); // at the end of the run: what is under way then; throws as trace_file::close()

private:
  struct unit_row {
    track where;
    sc_core::sc_time since; // of the command that it executes
    std::optional<sequencer::dispatched> command;
  };
  struct hart_row {
    track where;
    sc_core::sc_time since;  // what it did before is in the trace
    std::uint64_t slept = 0; // cycles in wfi until then
  };

  void started(const sc_core::sc_module& unit, const sequencer::dispatched& command) override;
  void executed(const sc_core::sc_module& unit, const sequencer::dispatched& command, common::cycles start,
                common::cycles end) override;
  void doorbell() override;
  void fence() override;
  void marker(std::uint32_t phase) override;

  void add_tile(const tile::tile& t);
  void add_hart(const cpu::cpu_core& core);
  void command(const unit_row& row, const sc_core::sc_time& complete, bool unfinished);
  void hart_did(hart_row& row, const char* what, const sc_core::sc_time& until);
  void sample_dram();

  soc& chip_;
  trace_file file_;
  chrome_json out_;
  std::map<const sc_core::sc_module*, unit_row> units_;
  std::map<const cpu::cpu_core*, hart_row> harts_;
  sc_core::sc_time sampled_at_; // DRAM
  std::uint64_t read_ = 0, written_ = 0;
};

} // namespace acf::platform
