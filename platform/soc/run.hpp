// One run of the SoC, as the command line asks for it.
#pragma once

#include "platform/config/config.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace acf::platform {

struct load_request { // FILE@ADDR: raw bytes, before reset is released
  std::filesystem::path file;
  std::uint64_t address = 0;
};

struct dump_request { // ADDR:LEN:FILE: memory at the end of the run
  std::uint64_t address = 0;
  std::uint64_t length = 0;
  std::filesystem::path file;
};

struct gdb_options {
  std::uint16_t port = 0;
  bool stdio = false; // "-": the protocol on stdin and stdout; the console goes to --console or stderr
  bool wait = true;   // stopped at reset until a debugger continues
};

// What does not belong to the chip or the experiment: where things go, limits, and what is watched. Nothing here
// changes a cycle or a result.
struct run_options {
  std::filesystem::path firmware; // the ELF file; empty: none was named
  std::filesystem::path out;      // folder of the run's files; exists
  std::vector<load_request> loads;
  std::vector<dump_request> dumps;
  std::vector<std::uint64_t> dump_tensors; // steps after which tensors go to OUT as .npz
  std::vector<std::string> injections;

  std::optional<std::filesystem::path> console; // the guest's output goes here instead of stdout
  std::optional<std::filesystem::path> input;   // the guest's input, paced in simulated time
  bool interactive = false;                     // the terminal is the guest's input
  bool pace = false;                            // no faster than real time

  std::optional<std::filesystem::path> semihosting; // the guest's files lie below this folder; none: it has no files

  std::optional<double> max_sim_ms;
  std::optional<std::uint64_t> max_instructions;
  std::optional<double> max_host_seconds;
  std::uint32_t threads = 1; // host threads for arithmetic

  bool guest_exit_code = false;
  std::optional<gdb_options> gdb;

  std::optional<std::filesystem::path> trace, trace_insn, trace_mmio, vcd, profile, coverage;
};

// Assembles the SoC, runs it to its end, writes OUT and returns the exit code. Throws input_error for what the user
// gave. Works once per process (SystemC elaborates once).
int run_scenario(const config& c, const run_options& options);

} // namespace acf::platform
