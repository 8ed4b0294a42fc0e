#include "tests/integration/bits/chip_runs.hpp"

#include "tests/integration/bits/npz_reader.hpp"
#include "tests/integration/bits/training_set.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace acf::reference {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t test_samples = 40;

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::uint32_t steps_of(const settings& s, std::size_t train_samples) {
  const auto all = static_cast<std::uint32_t>((train_samples + s.batch - 1) / s.batch) * s.epochs;
  return s.step_limit ? std::min(s.step_limit, all) : all;
}

std::string name_of(schedule rates) {
  switch (rates) {
  case schedule::constant: return "constant";
  case schedule::cosine: return "cosine";
  case schedule::step: return "step";
  }
  return "";
}

} // namespace

chip_runs::chip_runs(std::uint32_t train_samples, std::uint32_t side, const std::string& layers)
    : folder_(fs::temp_directory_path() / ("acf_bits_" + std::to_string(getpid()))),
      out_(folder_ / "out"),
      set_(make_samples(train_samples, side, 1)) {
  fs::create_directories(folder_);
  write_idx(folder_, "train", set_, side);
  write_idx(folder_, "t10k", make_samples(test_samples, side, 2), side);
  if (layers.empty()) return;
  network_ = folder_ / "network.yaml";
  std::ofstream(network_) << "input: {channels: 1, height: " << side << ", width: " << side << "}\nlayers:" << layers
                          << "  - softmax_cross_entropy\n";
}

chip_runs::~chip_runs() {
  std::error_code ignored;
  if (!testing::Test::HasFailure()) fs::remove_all(folder_, ignored);
}

std::string chip_runs::command(const settings& s, const chip& c) const {
  std::ostringstream text;
  text.precision(17);
  const auto key = [&](const char* name, const auto& value) { text << " --set " << name << '=' << value; };
  text << ACF_VP " run --firmware train --max-sim-ms 100";
  key("train.twin", "false");
  key("mesh.width", c.width);
  key("mesh.height", c.height);
  key("same.sram_kib", c.sram_kib);
  key("data.path", folder_.string());
  if (!network_.empty()) key("train.network", network_.string());
  std::string hidden;
  for (std::size_t i = 1; i + 1 < s.widths.size(); ++i) hidden += (i > 1 ? "," : "") + std::to_string(s.widths[i]);
  key("train.hidden", '[' + hidden + ']');
  key("train.batch", s.batch);
  key("train.epochs", s.epochs);
  key("train.max_steps", s.step_limit);
  key("train.lr", s.lr);
  key("train.momentum", s.momentum);
  key("train.weight_decay", s.decay);
  key("train.schedule", name_of(s.rates));
  if (s.adamw) key("train.optimiser", "adamw");
  key("train.beta2", s.beta2);
  key("train.epsilon", s.epsilon);
  key("train.clip_value", s.clip_value);
  key("train.clip_norm", s.clip_norm);
  key("train.largest_logit", s.largest_logit);
  key("train.loss_scale", s.loss_scale);
  key("train.loss_scale_interval", s.loss_scale_interval);
  key("train.warmup_steps", s.warmup);
  key("train.seed", s.seed);
  key("train.dtype", s.fp16 ? "fp16" : s.bf16 ? "bf16" : "fp32");
  const bool dense = !s.sparse && s.recipe == method::rigl;
  key("train.recipe", dense ? "dense" : s.growth_threshold > 0 ? "acf" : name_of(s.recipe));
  key("train.growth_threshold", s.growth_threshold);
  if (s.recipe == method::srste || s.recipe == method::bdwp)
    key("train.pattern", std::to_string(s.pattern.n) + ':' + std::to_string(s.pattern.m));
  if (s.unstructured) key("train.pattern", "unstructured");
  key("train.gradient_sparsity", s.gradient_sparsity);
  key("train.sparsity", s.sparsity);
  if (s.dense_layer) key("train.dense_layers", s.dense_layer);
  key("train.regrow_period", s.regrow_period);
  if (!c.other.empty()) text << " --set " << c.other;
  text << " --threads " << c.threads << " --dump-tensors " << steps_of(s, set_.images.size()) << " --out "
       << out_.string();
  return text.str();
}

std::string chip_runs::tensors(const settings& s, const chip& c, std::uint32_t diverged) const {
  const fs::path log = folder_ / "log.txt";
  fs::remove_all(out_);
  const std::string line = command(s, c) + " >" + log.string() + " 2>&1";
  const bool ended_well = std::system(line.c_str()) == 0;
  const std::string said = content(log), wanted = "training diverged in step " + std::to_string(diverged) + ":";
  if (ended_well == (diverged != 0) || (diverged != 0 && said.find(wanted) == said.npos))
    throw std::runtime_error(line + '\n' + said);
  const std::uint32_t last = diverged ? diverged - 1 : steps_of(s, set_.images.size());
  return content(out_ / ("tensors_" + std::to_string(last) + ".npz"));
}

void chip_runs::compare(const trained& expected, const settings& s, const std::vector<chip>& chips) const {
  EXPECT_EQ(expected.diverged_step, 0u);
  compare_up_to_divergence(expected, s, chips);
}

void chip_runs::compare_up_to_divergence(const trained& expected, const settings& s,
                                         const std::vector<chip>& chips) const {
  std::string first;
  for (const chip& c : chips) {
    SCOPED_TRACE(command(s, c));
    const std::string npz = tensors(s, c, expected.diverged_step);
    EXPECT_EQ(difference(expected.layers, read_npz(npz)), "") << "the reference's value first";
    EXPECT_EQ(difference(expected.norms, read_norms(npz)), "") << "the reference's value first";
    if (first.empty()) first = npz;
    EXPECT_TRUE(npz == first) << "not the file of the first chip";
  }
}

} // namespace acf::reference
