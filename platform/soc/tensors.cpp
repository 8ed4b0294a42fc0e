#include "platform/soc/tensors.hpp"

#include "platform/config/input_error.hpp"
#include "platform/report/files.hpp"
#include "platform/report/npz.hpp"
#include "platform/soc/guest_memory.hpp"
#include "platform/soc/thresholds.hpp"
#include "sw_stack/hal/gradient_commands.hpp"
#include "sw_stack/hal/job_image.hpp"
#include "sw_stack/hal/memory_map.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace acf::platform {
namespace {

using hal::job::layer_record;

template <class T>
std::vector<T> read(session& s, std::uint64_t offset, std::uint64_t count) {
  const auto bytes = read_memory(s.chip(), hal::map::job_image + offset, count * sizeof(T));
  std::vector<T> out(count);
  std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

struct padded_layer { // [outputs][inputs] with padding
  std::vector<float> weight, mask;
  std::vector<std::vector<float>> states; // of the optimiser
};

// State `which` of rows of `width` numbers that lie by states.
std::vector<float> state_of(const std::vector<float>& all, std::size_t which, std::size_t states, std::size_t width) {
  std::vector<float> one;
  for (std::size_t at = which * width; at < all.size(); at += states * width)
    one.insert(one.end(), all.begin() + static_cast<std::ptrdiff_t>(at),
               all.begin() + static_cast<std::ptrdiff_t>(at + width));
  return one;
}

constexpr const char* state_names[] = {"_momentum", "_second_moment"};

padded_layer read_dense(session& s, const layer_record& l) {
  const std::size_t n = std::size_t{l.outputs} * l.inputs;
  padded_layer p{read<float>(s, l.masters, n), std::vector<float>(n, 1.f), {}};
  const auto states = read<float>(s, l.momenta, n * l.states);
  for (std::size_t i = 0; i < l.states; ++i) p.states.push_back(state_of(states, i, l.states, l.inputs));
  if (l.mask != 0) {
    const auto used = read<std::uint8_t>(s, l.mask, n);
    for (std::size_t i = 0; i < n; ++i) p.mask[i] = used[i] == 1 ? 1.f : 0.f;
  }
  return p;
}

padded_layer read_blocks(session& s, const layer_record& l) {
  const std::size_t n = std::size_t{l.outputs} * l.inputs;
  const std::vector<float> zeros(n, 0.f);
  padded_layer p{zeros, zeros, {l.states, zeros}};
  const auto masters = read<float>(s, l.masters, std::uint64_t{l.live} * 16),
             states = read<float>(s, l.momenta, std::uint64_t{l.live} * 16 * l.states);
  const auto blocks = read<std::uint32_t>(s, l.blocks, l.live);
  const std::uint32_t columns = l.inputs / 4, all = l.outputs / 4 * columns;
  for (std::uint32_t slot = 0; slot < l.live; ++slot) {
    const std::uint32_t b = blocks[slot];
    if (b >= all)
      throw std::runtime_error{
          fmt::format("guest error: the list of live blocks in memory names block {} of a layer of {}", b, all)};
    for (std::size_t i = 0; i < 16; ++i) {
      const std::size_t at = (b / columns * 4 + i / 4) * l.inputs + b % columns * 4 + i % 4;
      p.weight[at] = masters[slot * 16 + i];
      for (std::size_t k = 0; k < l.states; ++k) p.states[k][at] = states[(slot * l.states + k) * 16 + i];
      p.mask[at] = 1.f;
    }
  }
  return p;
}

std::vector<float> without_padding(const std::vector<float>& from, const layer_record& l) {
  std::vector<float> out;
  out.reserve(std::size_t{l.real_outputs} * l.real_inputs);
  const std::size_t each = l.groups ? l.real_inputs / l.groups : l.real_inputs;
  for (std::size_t o = 0; o < l.real_outputs; ++o)
    for (std::size_t i = 0; i < l.real_inputs; ++i) {
      const std::size_t group = o / (l.real_outputs / l.channel_groups);
      out.push_back(from[o * l.inputs + i / each * l.group_inputs + group * each + i % each]);
    }
  return out;
}

} // namespace

std::string norm_array(std::size_t number, std::size_t part) {
  constexpr const char* parts[] = {"weight", "bias", "running_mean", "running_var"};
  static_assert(std::size(parts) == hal::job::norm_momenta);
  if (part < hal::job::norm_momenta) return fmt::format("norm{}.{}", number, parts[part]);
  return fmt::format("norm{}.{}{}", number, parts[part % 2], state_names[(part - hal::job::norm_momenta) / 2]);
}

hal::job::header header_of(const training_image& image) {
  hal::job::header head;
  std::memcpy(&head, image.bytes.data(), sizeof head);
  return head;
}

std::vector<layer_record> layers_of(const training_image& image) {
  const auto head = header_of(image);
  std::vector<layer_record> layers(head.layer_count);
  std::memcpy(layers.data(), image.bytes.data() + head.layers, layers.size() * sizeof(layer_record));
  return layers;
}

std::vector<std::uint64_t> earlier_tensor_steps(const run_options& options, const training_image& image) {
  std::vector<std::uint64_t> earlier;
  if (options.dump_tensors.empty()) return earlier;
  if (image.bytes.empty()) throw input_error{"--dump-tensors: needs a run that trains: firmware: train"};
  const auto head = header_of(image);
  const std::uint64_t first = std::uint64_t{head.steps_before} + 1, last = head.steps_before + head.steps;
  for (const auto step : options.dump_tensors) {
    if (step < first || step > last)
      throw input_error{
          fmt::format("--dump-tensors {}: expected a step from {} to {}, the last of this run", step, first, last)};
    if (step != last) earlier.push_back(step);
  }
  return earlier;
}

double weight_sparsity_percent(session& s, const training_image& image) {
  std::uint64_t all = 0, zero = 0;
  for (const layer_record& l : layers_of(image)) {
    const auto padded = l.live ? read_blocks(s, l) : read_dense(s, l);
    const auto weights = without_padding(padded.weight, l), used = without_padding(padded.mask, l);
    all += weights.size();
    for (std::size_t i = 0; i < weights.size(); ++i) zero += weights[i] == 0.f || used[i] == 0.f;
  }
  return all == 0 ? 0 : 100.0 * static_cast<double>(zero) / static_cast<double>(all);
}

std::vector<float> batches_of(std::uint64_t seed, std::uint32_t batch, std::uint32_t samples) {
  std::vector<float> all;
  for (int shift = 0; shift < 64; shift += 16) all.push_back(static_cast<float>(seed >> shift & 0xFFFF));
  all.push_back(static_cast<float>(batch));
  all.push_back(static_cast<float>(samples));
  return all;
}

void write_tensors(const config& c, const run_options& options, session& s, const training_image& image,
                   std::vector<std::string>& notes) {
  if (image.bytes.empty()) return;
  const auto head = header_of(image);
  const auto results = read<hal::job::results>(s, head.results, 1)[0];
  const std::uint64_t last = std::uint64_t{head.steps_before} + results.steps_done,
                      wanted = std::uint64_t{head.steps_before} + head.steps;
  const bool dump = std::count(options.dump_tensors.begin(), options.dump_tensors.end(), wanted) != 0;
  if (!dump && c.train.save.empty()) return;
  if (results.valid != hal::job::magic) {
    notes.push_back(fmt::format("warning: {}: nothing written: the firmware has not ended its training job",
                                dump ? "--dump-tensors" : "train.save"));
    return;
  }
  const auto batches = batches_of(c.train.seed, head.batch, head.train_samples);
  std::vector<named_array> arrays{{"step", {1}, {static_cast<float>(last)}},
                                  {batches_array, {batches.size()}, batches}};
  const auto thresholds = last_thresholds(s, image);
  hal::step_record last_step;
  if (head.step_record != 0) last_step = read<hal::step_record>(s, head.step_record, 1)[0];
  const auto layers = layers_of(image);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const layer_record& l = layers[i];
    const auto p = l.live ? read_blocks(s, l) : read_dense(s, l);
    const std::string name = fmt::format("layer{}.", i + 1);
    const std::vector<std::size_t> shape{l.real_outputs, l.real_inputs};
    arrays.push_back({name + "weight", shape, without_padding(p.weight, l)});
    arrays.push_back({name + "bias", {l.real_outputs}, read<float>(s, l.bias, l.real_outputs)});
    arrays.push_back({name + "mask", shape, without_padding(p.mask, l)});
    const auto bias_states = read<float>(s, l.bias_momenta, std::uint64_t{l.outputs} * l.states);
    for (std::size_t k = 0; k < l.states; ++k) {
      const float* first = bias_states.data() + k * l.outputs;
      arrays.push_back({name + "weight" + state_names[k], shape, without_padding(p.states[k], l)});
      arrays.push_back({name + "bias" + state_names[k], {l.real_outputs}, {first, first + l.real_outputs}});
    }
    if (i < thresholds.size())
      arrays.push_back({name + "threshold",
                        {2},
                        {thresholds[i].threshold / last_step.loss_scale, static_cast<float>(thresholds[i].commits)}});
  }
  if (c.train.dtype == "fp16")
    arrays.push_back({"loss_scale", {2}, {last_step.loss_scale, static_cast<float>(last_step.good)}});
  const auto norms = read<hal::job::norm_record>(s, head.norms, head.norm_count);
  for (std::size_t i = 0; i < norms.size(); ++i) {
    const auto state = read<float>(s, norms[i].state, norms[i].parts * std::uint64_t{norms[i].channels});
    const std::size_t n = norms[i].real_channels;
    for (std::size_t part = 0; part < norms[i].parts; ++part) {
      const float* first = state.data() + part * norms[i].channels;
      arrays.push_back({norm_array(i + 1, part), {n}, {first, first + n}});
    }
  }
  for (const named_array& a : arrays) {
    const auto wrong = std::ranges::count_if(a.values, [](float x) { return !std::isfinite(x); });
    if (wrong != 0) notes.push_back(fmt::format("{}: {} of {} values are not finite", a.name, wrong, a.values.size()));
  }
  if (dump) write_file(options.out / fmt::format("tensors_{}.npz", last), npz(arrays));
  if (!c.train.save.empty()) write_file(c.train.save, npz(arrays));
}

} // namespace acf::platform
