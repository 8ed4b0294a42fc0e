// Runs acf-vp on settings of the reference, each on a chip of its own, and compares what both have learned.
#pragma once

#include "tests/reference/trainer.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace acf::reference {

struct chip {
  std::uint32_t width = 4, height = 4, sram_kib = 512, threads = 1;
  std::string other = {}; // one more key: "zbcc.engine=dense"
};

// A temporary folder with a training set and a test set of `side` x `side` images, and the runs on them. Removed in the
// end, unless a test has failed.
class chip_runs {
public:
  // layers: of a network as in its file, without the loss. None: a perceptron of the settings' widths.
  chip_runs(std::uint32_t train_samples, std::uint32_t side, const std::string& layers = "");
  ~chip_runs();
  chip_runs(const chip_runs&) = delete;
  chip_runs& operator=(const chip_runs&) = delete;

  const samples& set() const { return set_; }

  // Expects that these chips learn the reference's bits, and write the same file. Throws what the program says when it
  // fails.
  void compare(const trained& expected, const settings& s, const std::vector<chip>& chips) const;
  // Of a run that may diverge: chips then have to stop at the reference's step, and to name it.
  void compare_up_to_divergence(const trained& expected, const settings& s, const std::vector<chip>& chips) const;

private:
  // The command line of a run with these settings, which dumps the tensors of its last step.
  std::string command(const settings& s, const chip& c) const;
  // The bytes of this file. diverged: the step that the run stops at, and must name; 0: none.
  std::string tensors(const settings& s, const chip& c, std::uint32_t diverged) const;

  std::filesystem::path folder_, out_, network_;
  samples set_;
};

} // namespace acf::reference
