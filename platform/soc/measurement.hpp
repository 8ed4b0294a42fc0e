// What happened on the chip between two instants: the training window (first doorbell to last fence under
// GLOBAL.MARKER = 1), or the whole run where nothing trains. Models count; this file only reads and subtracts.
#pragma once

#include "platform/report/run_result.hpp"
#include "platform/soc/soc.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace acf::platform {

// All counters at one instant.
struct reading {
  static constexpr std::size_t units = 5; // sequencer, dma0, dma1, matrix, vector
  common::cycles at = 0;
  std::vector<std::array<common::activity_totals, units>> activity; // by tile
  std::vector<tile::lane_account> lanes, vectors;                   // by tile: matrix engine, vector unit
  std::vector<zbcc::zero_count> results;                            // by tile, of the matrix engine
  std::vector<tile::phases> phases;                                 // by tile
  std::vector<std::array<std::uint64_t, 7>> bytes;                  // by tile, as named in add_tiles
  std::vector<std::uint64_t> sram_bytes;                            // by tile: through the ports of the SRAM
  std::vector<common::bus_usage> bus;                               // by target of the host's bus
  noc::mesh_snapshot links;
  noc::mesh_counters mesh;
  std::vector<dram::channel_counters> channels;
  common::cycles matrix_union = 0; // cycles in which any matrix engine was busy
  std::uint64_t float_instructions = 0;
};

class measurement : public host_bridge::observer, private sequencer::unit_observer {
public:
  explicit measurement(soc& chip);

  // The window is closed at the end of the run.
  void finish();
  bool trained() const { return training_.end.has_value(); }
  common::cycles window_cycles() const { return end().at - begin().at; }
  // Multiply-accumulates, executed or skipped, that commands with tags of this phase asked for in the window.
  std::uint64_t products_of_phase(std::uint16_t phase) const;
  // Floating-point instructions that harts retired in the window.
  std::uint64_t float_instructions() const { return end().float_instructions - begin().float_instructions; }

  void fill(run_result& result) const; // figures, blocks, waterfalls, notes
  // The window that they cover.
  const reading& begin() const { return trained() ? *training_.begin : start_; }
  const reading& end() const { return trained() ? *training_.end : finish_; }

private:
  void doorbell() override;
  void fence() override;
  void marker(std::uint32_t phase) override { marker_ = phase; }
  void started(const sc_core::sc_module&, const sequencer::dispatched&) override;
  void executed(const sc_core::sc_module&, const sequencer::dispatched&, common::cycles, common::cycles) override;

  struct window { // first doorbell to last fence under one marker
    std::optional<reading> begin, end;
  };

  reading read() const;
  window* open_window();
  void add_tiles(run_result& result) const;
  void add_mesh_and_dram(run_result& result) const;
  void add_bus(run_result& result) const;
  // An account of a resource that was `busy` in the window, and idle in the rest.
  block_account resource(std::string name, std::uint64_t busy, named_counts counters) const;
  void note_crowded(run_result& result) const;
  void note_worst(run_result& result) const;
  void add_harts(run_result& result) const;

  soc& chip_;
  std::uint32_t marker_ = 0;
  reading start_, finish_;
  window training_, evaluation_;
  unsigned matrices_busy_ = 0;
  common::cycles busy_since_ = 0, busy_union_ = 0;
};

} // namespace acf::platform
