// What a run hands over when it ends. The SoC fills it in; json.hpp, csv.hpp, html.hpp and text.hpp show it.
#pragma once

#include "platform/config/config.hpp"
#include "platform/config/figures.hpp"
#include "platform/energy/account.hpp"
#include "platform/report/curves.hpp"
#include "platform/report/run_table.hpp"
#include "platform/report/traffic.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace acf::platform {

enum class end_reason {
  // the guest ended the run
  finisher,
  tohost,
  semihosting,
  completed, // a study without a guest
  // the platform stopped it
  unhandled_fault, // a trap, and mtvec leads nowhere
  trap_loop,
  watchdog,
  limit_sim_time,
  limit_instructions,
  limit_host_time,
  idle_deadlock,
  interrupted,    // Ctrl-C, or the debugger killed it
  internal_error, // of the platform; a defect says which
};
std::string_view name_of(end_reason r);
bool ended_by_guest(end_reason r);

struct run_end {
  end_reason reason = end_reason::finisher;
  std::optional<std::int64_t> guest_exit_code;
  bool guest_failed = false; // it has said so, whatever its exit code
  bool failed() const { return guest_failed || guest_exit_code.value_or(0) != 0; }
  // Of hart 0 where the run ended, or where the trap was that ended it; with the place in the source if DWARF knows it.
  std::optional<std::uint64_t> pc;
  std::string function, file; // file as in DWARF; reports show it relative to the project or by base name
  std::uint32_t line = 0;
};

using named_counts = std::vector<std::pair<std::string, std::uint64_t>>; // ordered as they are to be shown

// busy + the sum of stalls = cycles.
struct block_account {
  std::string name; // "TILE(2,1).MATRIX"
  std::uint64_t cycles = 0;
  std::uint64_t busy = 0;
  named_counts stalls;
  named_counts counters;
  std::optional<energy_parts> energy{}; // of what it counted; none: nothing that has a price
};

// From ideal to achieved: ideal + the sum of losses = achieved. A loss may be negative (something was saved).
struct waterfall {
  std::string name; // "training", or a layer and phase: "layer1/forward"
  std::uint64_t ideal = 0;
  std::vector<std::pair<std::string, std::int64_t>> losses;
  std::uint64_t achieved = 0;
  std::uint64_t of_busiest_tile{}; // what it is mean of; of "training", which all tiles have as long, the same
};

// A phase of the training steps as the plan had it, and what became of it; "training": all of them together.
struct planned_cycles {
  std::string name;       // as of the waterfalls
  std::string bottleneck; // expected
  std::uint64_t expected = 0;
  std::uint64_t measured = 0;        // of the waterfall of that name, both of the tile that has most
  std::string bottleneck_measured{}; // where most of them went: the engine, or what it waited for; of all: the busiest
  struct use {
    std::string resource;
    std::uint64_t expected = 0, measured = 0; // cycles for which the busiest one of its kind works
  };
  std::vector<use> resources{}; // of "training" only
  std::uint64_t dram_bytes_expected = 0, dram_bytes_measured = 0;
};

// The same for the dense twin, which runs in a process of its own; read back from its report.json.
struct twin_result {
  nlohmann::ordered_json config;
  summary figures;
  std::vector<block_account> blocks;
  std::vector<waterfall> waterfalls;
  nlohmann::ordered_json energy, curves; // as its report has them; null if it does not
};

// What the window of the figures cost. Parts, and phases, add up to the whole.
struct energy_result {
  struct phase {
    std::string name; // as of the waterfalls: "layer1/forward"
    energy_parts parts;
    mac_counts macs; // executed
  };
  std::string node;  // of the table
  std::string dtype; // of the lanes, whose area it is
  mac_counts macs;   // executed
  energy_parts parts;
  area_parts area;
  efficiency rate;
  std::optional<double> uj_per_sample;
  std::vector<phase> phases;
};

struct input_file {
  std::string name; // base name
  std::string sha256;
};

// Host-side measurements: host.json only, never report.json.
struct host_figures {
  double host_seconds = 0;       // of everything, the runs beside it included: dense twin, --dump-tensors
  double user_seconds = 0;       // likewise, of all processes and threads
  double simulation_seconds = 0; // of simulating this chip alone; what follows is per second of that
  double mips = 0;
  double macs_per_second = 0; // executed, not skipped
};

struct run_result {
  run_end end;
  summary figures;
  std::vector<std::pair<std::string, double>> extra; // further named results ("linear_classifier_accuracy_percent")
  std::vector<block_account> blocks;
  std::vector<waterfall> waterfalls; // the whole run first
  std::vector<planned_cycles> plan;
  training_curves curves; // empty where nothing was trained
  std::optional<energy_result> energy;
  std::optional<traffic_result> traffic; // of mesh and DRAM
  std::optional<int> twin_exit_code;     // none: there was no dense twin
  std::optional<twin_result> twin;       // none also if it did not end well; a note says why
  std::vector<run_table> tables;         // of the runs that a comparison consists of
  int failed_run_exit_code = 0;          // of one of them that did not end well; a note says which
  std::vector<input_file> inputs;
  std::vector<std::string> notes;      // for the reader, e.g. "lt is optimistic here: DRAM channel 2 is 83 % busy"
  std::vector<std::string> incomplete; // outputs that could not be written, and why
  std::vector<std::string> defects;    // of the platform itself; finish_result() adds accounts that do not add up
  host_figures host;
};

// Takes the dense twin's report and fills in what the comparison gives: the figures of the twin that the summary has
// (dense_...), and the speed-ups over it, end to end and of the matrix engines alone.
void attach_twin(run_result& result, const nlohmann::ordered_json& twin_report);

} // namespace acf::platform
