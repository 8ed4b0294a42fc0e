// Runs acf-vp on settings of the reference, each on a chip of its own, and gets the tensors.
#pragma once

#include "tests/reference/trainer.hpp"

#include <filesystem>
#include <string>

namespace acf::reference {

struct chip {
  std::uint32_t width = 4, height = 4, sram_kib = 512, threads = 1;
  std::string other = {}; // one more key: "zbcc.engine=dense"

  std::string name() const;
};

// A temporary folder with a training set and a test set of `side` x `side` images, and the runs on them. Removed in the
// end, unless a test has failed.
class chip_runs {
public:
  chip_runs(std::uint32_t train_samples, std::uint32_t side);
  ~chip_runs();
  chip_runs(const chip_runs&) = delete;
  chip_runs& operator=(const chip_runs&) = delete;

  const samples& set() const { return set_; }
  // The command line of a run with these settings that ends after `steps` steps and dumps its tensors to `out`.
  std::string command(const settings& s, const chip& c, std::uint32_t steps, const std::filesystem::path& out) const;
  // The bytes of its tensors_STEP.npz. Throws what the program says when it fails.
  // diverged: the step that it stops at, and must name; 0: none.
  std::string tensors(const settings& s, const chip& c, std::uint32_t diverged = 0) const;

private:
  std::filesystem::path folder_;
  samples set_;
};

} // namespace acf::reference
