#include "platform/soc/start.hpp"

#include "platform/config/input_error.hpp"
#include "platform/loader/npz_file.hpp"
#include "platform/soc/tensors.hpp"
#include "sw_stack/hal/job_image.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>

namespace acf::platform {
namespace {

using shape = std::vector<std::size_t>;

class archive {
public:
  explicit archive(const std::filesystem::path& file) : file_(file), arrays_(read_npz(file)) {}

  bool has(const std::string& name) const { return arrays_.contains(name); }
  std::vector<float> find(const std::string& name, const shape& expected) const {
    const auto at = arrays_.find(name);
    if (at == arrays_.end()) throw input_error(file_, fmt::format("expected an array '{}'", name));
    const auto& found = at->second.shape;
    if (found != expected)
      throw input_error(
          file_, fmt::format("{}: expected the shape {}, not {}", name, fmt::join(expected, " x "),
                             found.empty() ? "that of a single number" : fmt::format("{}", fmt::join(found, " x "))));
    const auto& values = at->second.values;
    const bool squares = name.ends_with("second_moment"); // which overflow without harm
    const auto wrong = std::ranges::count_if(values, [&](float x) {
      return !std::isfinite(x) && !(squares && x == std::numeric_limits<float>::infinity());
    });
    if (wrong != 0)
      throw input_error(file_,
                        fmt::format("{}: expected finite numbers, but {} of {} are not", name, wrong, values.size()));
    return values;
  }
  std::vector<float> find_mask(const std::string& name, const shape& expected) const {
    auto values = find(name, expected);
    for (const float m : values)
      if (m != 0.f && m != 1.f) throw input_error(file_, fmt::format("{}: expected 0 and 1, not {}", name, m));
    return values;
  }
  // Arrays "KIND5.weight" of more than there are.
  void refuse_beyond(std::string_view kind, std::size_t count, std::string_view what) const {
    for (const auto& [name, array] : arrays_) {
      std::size_t number = 0;
      if (!name.starts_with(kind)) continue;
      const auto [dot, wrong] = std::from_chars(name.data() + kind.size(), name.data() + name.size(), number);
      if (wrong == std::errc{} && *dot == '.' && (number == 0 || number > count))
        throw input_error(file_, fmt::format("it has an array '{}', but the network has {} {}", name, count, what));
    }
  }
  std::uint32_t count(const std::string& name, float value) const {
    constexpr float most = 16777216; // up to which fp32 has all integers
    if (!(value >= 0 && value <= most) || value != std::floor(value))
      throw input_error(file_, fmt::format("{}: expected a count of steps, not {}", name, value));
    return static_cast<std::uint32_t>(value);
  }

private:
  const std::filesystem::path& file_;
  std::map<std::string, fp32_array> arrays_;
};

// What a resumed run must have in common with the one before it, to be the run that never stopped.
void compare_batches(const archive& from, const std::filesystem::path& file, std::uint32_t samples,
                     const compiler::training& run, std::vector<std::string>& notes) {
  if (!from.has(batches_array)) return;
  const auto saved = from.find(batches_array, {batches_of({}, 0, 0).size()}),
             own = batches_of(run.seed, run.batch, samples);
  const auto note = [&](bool same, const char* what) {
    if (!same)
      notes.push_back(
          fmt::format("train.resume: {} was saved with another {}: the batches of the steps to come are not "
                      "those of a run that never stopped",
                      file.filename().string(), what));
  };
  note(std::equal(own.begin(), own.end() - 2, saved.begin()), "train.seed");
  note(own.end()[-2] == saved.end()[-2], "train.batch");
  note(own.back() == saved.back(), "number of training samples");
}

} // namespace

void read_start(const std::filesystem::path& file, bool resume, std::uint32_t samples, compiler::training& run,
                std::vector<std::string>& notes) {
  const archive from(file);
  const bool goes_on = resume && from.has("step");
  if (goes_on) compare_batches(from, file, samples, run, notes);
  if (resume && !goes_on)
    notes.push_back(fmt::format("train.resume: {} does not say how many steps have been made: training begins with its "
                                "weights at step 1",
                                file.filename().string()));
  if (goes_on) run.steps_before = from.count("step", from.find("step", {1})[0]);
  if (goes_on && run.dtype == compiler::storage::fp16) {
    const auto state = from.find("loss_scale", {2});
    run.loss_scale = state[0], run.loss_scale_good = from.count("loss_scale", state[1]);
  }
  const auto network = compiler::make_network(run);
  const auto& layers = network.layers;
  run.start.clear();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::string name = fmt::format("layer{}.", l + 1);
    const shape weights{layers[l].real_outputs, layers[l].real_inputs}, outputs{layers[l].real_outputs};
    auto& g = run.start.emplace_back();
    g.weights = from.find(name + "weight", weights);
    g.bias = from.find(name + "bias", outputs);
    for (const float m : from.has(name + "mask") ? from.find_mask(name + "mask", weights) : g.weights)
      g.live.push_back(m != 0.f);
    if (!goes_on) continue;
    g.weight_momenta = from.find(name + "weight_momentum", weights);
    g.bias_momenta = from.find(name + "bias_momentum", outputs);
    if (run.states() > 1) {
      g.weight_seconds = from.find(name + "weight_second_moment", weights);
      g.bias_seconds = from.find(name + "bias_second_moment", outputs);
    }
    if (!from.has(name + "threshold")) continue;
    const auto state = from.find(name + "threshold", {2});
    g.threshold = {state[0], from.count(name + "threshold", state[1])};
  }
  from.refuse_beyond("layer", layers.size(), "layers with weights");
  from.refuse_beyond("norm", network.norms.size(), "normalisations");
  run.norm_start.clear();
  for (std::size_t i = 0; i < network.norms.size(); ++i) {
    const shape channels{network.norms[i].real_channels};
    auto& state = run.norm_start.emplace_back().state;
    for (std::size_t part = 0; part < run.norm_parts(); ++part) {
      const bool momenta = part >= hal::job::norm_momenta;
      const auto values =
          momenta && !goes_on ? std::vector<float>(channels[0], 0.f) : from.find(norm_array(i + 1, part), channels);
      state.insert(state.end(), values.begin(), values.end());
    }
  }
}

} // namespace acf::platform
