#include "platform/soc/training.hpp"

#include "platform/config/key_error.hpp"
#include "platform/config/recipe_rules.hpp"
#include "platform/config/schema.hpp"
#include "platform/network/network_file.hpp"
#include "platform/soc/guest_memory.hpp"
#include "platform/soc/plan_and_run.hpp"
#include "platform/soc/route_file.hpp"
#include "platform/soc/start.hpp"
#include "platform/soc/tensors.hpp"
#include "platform/soc/training_data.hpp"
#include "sw_stack/compiler/compile.hpp"
#include "sw_stack/hal/command_names.hpp"
#include "sw_stack/hal/gradient_commands.hpp"
#include "sw_stack/hal/job_image.hpp"
#include "sw_stack/hal/memory_map.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace acf::platform {

namespace {

compiler::chip chip_of(const config& c) {
  compiler::chip chip;
  chip.mesh_width = c.mesh.width;
  chip.mesh_height = c.mesh.height;
  chip.sram_bytes = c.same.sram_kib * 1024;
  chip.lanes = c.zbcc.lanes;
  chip.channels = c.dram.channels;
  chip.packs = c.same.compression == "on";
  chip.owners = c.mesh.placement == "metis"     ? compiler::block_owners::metis
                : c.mesh.placement == "columns" ? compiler::block_owners::columns
                                                : compiler::block_owners::random;
  return chip;
}

compiler::schedule schedule_of(const std::string& name) {
  if (name == "cosine") return compiler::schedule::cosine;
  return name == "step" ? compiler::schedule::step : compiler::schedule::constant;
}

compiler::method_kind method_of(const config& c) {
  using kind = compiler::method_kind;
  const std::string& name = c.train.recipe;
  if (name == "rigl") return c.train.pattern == "unstructured" ? kind::rigl : kind::plain;
  constexpr std::pair<const char*, kind> others[] = {
      {"srste", kind::srste},       {"bdwp", kind::bdwp},    {"set", kind::set},     {"magnitude", kind::magnitude},
      {"momentum", kind::momentum}, {"dts", kind::dts},      {"static", kind::held}, {"topk", kind::topk},
      {"gaussian", kind::gaussian}, {"random", kind::random}};
  for (const auto& [known, k] : others)
    if (name == known) return k;
  return kind::plain; // dense, block, acf
}

compiler::pattern pattern_of(compiler::method_kind method, const train_config& train) {
  using kind = compiler::method_kind;
  switch (method) {
  case kind::plain: return train.recipe == "dense" ? compiler::pattern::dense : compiler::pattern::block4x4;
  case kind::srste:
  case kind::bdwp: return compiler::pattern::n_of_m;
  case kind::rigl:
  case kind::set:
  case kind::magnitude:
  case kind::momentum:
    return train.pattern == "block4x4" ? compiler::pattern::masked_blocks : compiler::pattern::unstructured;
  default: return compiler::pattern::dense;
  }
}

compiler::training training_of(const config& c, const std::optional<compiler::network_description>& network,
                               const data::data_set& set) {
  compiler::training t;
  t.network = network;
  t.layers = {set.inputs};
  t.layers.insert(t.layers.end(), c.train.hidden.begin(), c.train.hidden.end());
  t.layers.push_back(set.classes);
  t.batch = c.train.batch;
  t.epochs = c.train.epochs;
  t.lr = static_cast<float>(c.train.lr);
  t.rate = schedule_of(c.train.schedule);
  t.momentum = static_cast<float>(c.train.momentum);
  t.weight_decay = static_cast<float>(c.train.weight_decay);
  t.rule = c.train.optimiser == "adamw" ? compiler::optimiser::adamw : compiler::optimiser::momentum;
  t.beta2 = static_cast<float>(c.train.beta2);
  t.epsilon = static_cast<float>(c.train.epsilon);
  t.clip_norm = static_cast<float>(c.train.clip_norm);
  t.largest_logit = static_cast<float>(c.train.largest_logit);
  t.loss_scale = static_cast<float>(c.train.loss_scale);
  t.loss_scale_interval = c.train.loss_scale_interval;
  t.clip_value = static_cast<float>(c.train.clip_value);
  t.warmup_steps = c.train.warmup_steps;
  t.seed = c.train.seed;
  t.dtype = c.train.dtype == "fp32"   ? compiler::storage::fp32
            : c.train.dtype == "fp16" ? compiler::storage::fp16
                                      : compiler::storage::bf16;
  t.method = method_of(c);
  t.weights = pattern_of(t.method, c.train);
  t.sparsity = c.train.sparsity;
  t.dense_layers = c.train.dense_layers;
  if (const auto groups = read_n_of_m(c.train.pattern)) t.kept = groups->n, t.group = groups->m;
  t.gradient_sparsity = c.train.gradient_sparsity;
  t.regrow_period = c.train.regrow_period;
  if (c.train.recipe == "acf") t.growth_threshold = static_cast<float>(c.train.growth_threshold);
  t.max_steps = c.train.max_steps;
  t.pack_images = c.data.compression == "on";
  t.skip_a = c.zbcc.skip == "both";
  t.skip_b = c.zbcc.skip != "none";
  return t;
}

// Which way packets are to go; a table of one's own comes last in the image.
void add_routing(const config& c, training_image& image) {
  using hal::job::routing;
  hal::job::header head;
  std::memcpy(&head, image.bytes.data(), sizeof head);
  head.routes_unchecked = c.mesh.route_check == "off";
  head.routing = c.mesh.routing == "xy"           ? routing::xy
                 : c.mesh.routing == "yx"         ? routing::yx
                 : c.mesh.routing == "west_first" ? routing::west_first
                                                  : routing::table;
  if (head.routing == routing::table) {
    const auto ports = read_routes(c);
    head.routes = image.bytes.size();
    image.bytes.insert(image.bytes.end(), ports.begin(), ports.end());
    image.bytes.resize((image.bytes.size() + 63) / 64 * 64);
    head.bytes = image.bytes.size();
    image.inputs.push_back(
        {std::filesystem::path(c.mesh.routing).filename().string(), sha256(read_file(c.mesh.routing))});
  }
  std::memcpy(image.bytes.data(), &head, sizeof head);
}

// The file that a complaint of the compiler without a key is about; empty: it is about none.
std::string file_of_complaint(const config& c, const std::string& text) {
  if (text.starts_with("data: ")) return c.data.path.empty() ? c.train.network : c.data.path;
  if (text.starts_with("network: ")) return c.train.network;
  return text.find(" to start from") != std::string::npos ? c.train.load : std::string{};
}

// What the compiler says begins with the keys that would change it, if there are any: "KEY, KEY: TEXT".
[[noreturn]] void rethrow_of_compiler(const config& c, const std::string& text) {
  const auto colon = text.find(": ");
  if (const auto file = file_of_complaint(c, text); !file.empty()) throw input_error{std::filesystem::path{file}, text};
  if (colon == std::string::npos) throw input_error{text};
  std::vector<std::string> keys{""};
  for (const char letter : std::string_view{text}.substr(0, colon)) {
    if (letter == ',')
      keys.emplace_back();
    else if (letter != ' ')
      keys.back() += letter;
  }
  if (!std::ranges::all_of(keys, [](const std::string& key) { return find_key(key) != nullptr; }))
    throw input_error{text};
  throw key_error{keys, text.substr(colon + 2)};
}

void check_dram(const config& c, std::uint64_t bytes) {
  const auto needed = hal::map::job_image - hal::map::dram + bytes;
  constexpr std::uint64_t mib = 1 << 20;
  if (needed <= c.dram.size_mib * mib) return;
  throw key_error{{"dram.size_mib"},
                  fmt::format("expected at least {} MiB, not {}: the training job has {} bytes from "
                              "{:#x}, and DRAM begins at {:#x}",
                              (needed + mib - 1) / mib, c.dram.size_mib, bytes, hal::map::job_image, hal::map::dram)};
}

// Runs that end before the first change of the mask are no mistake, but what they show may be taken for something else.
void add_note_of_masks(const config& c, const compiler::training& run, const hal::job::header& head,
                       std::vector<std::string>& notes) {
  using kind = compiler::method_kind;
  const bool prunes = run.method == kind::magnitude,
             changes = prunes || run.method == kind::rigl || run.method == kind::set || run.method == kind::momentum ||
                       run.weights == compiler::pattern::block4x4;
  if (!changes || head.regrow_count != 0) return;
  if (prunes)
    notes.push_back(
        fmt::format("train.regrow_period={}: no change of the mask falls into {} steps, so nothing is pruned",
                    run.regrow_period, head.steps));
  else if (run.regrow_period != 0 && c.train.max_steps == 0)
    notes.push_back(fmt::format("train.regrow_period={}: no change of the mask falls into {} steps", run.regrow_period,
                                head.steps));
}

std::uint32_t mask_changes(const training_image& image, const hal::job::header& head, std::uint64_t steps) {
  std::vector<std::uint32_t> behind(head.regrow_count);
  std::memcpy(behind.data(), image.bytes.data() + head.regrow_steps, behind.size() * sizeof behind[0]);
  return static_cast<std::uint32_t>(std::ranges::upper_bound(behind, steps) - behind.begin());
}

} // namespace

training_image make_training_image(const config& c, data_for purpose) {
  training_image image;
  try {
    std::optional<compiler::network_description> network;
    if (!c.train.network.empty()) network = read_network(c.train.network);
    auto given = read_training_data(c, network, purpose);
    const auto& set = given.set;
    image.inputs = std::move(given.inputs);
    image.notes = std::move(given.notes);
    image.linear_classifier_percent = given.linear_classifier_percent;
    image.nonzero_pixels = given.nonzero_pixels;
    auto run = training_of(c, network, set);
    if (!c.train.load.empty()) {
      read_start(c.train.load, c.train.resume, set.train.size(), run, image.notes);
      image.inputs.push_back(
          {std::filesystem::path(c.train.load).filename().string(), sha256(read_file(c.train.load))});
    }
    if (run.network)
      image.inputs.push_back(
          {std::filesystem::path(c.train.network).filename().string(), sha256(read_file(c.train.network))});
    auto built = compiler::compile(chip_of(c), run, set);
    image.bytes = std::move(built.image);
    add_note_of_masks(c, run, header_of(image), image.notes);
    image.dense_macs_of_step = built.plan.dense_macs;
    image.description = compiler::describe(built.plan);
    image.owners = built.plan.owners;
    image.zeros = built.plan.zeros;
    for (std::uint32_t l = 0; l < built.plan.layers.size(); ++l)
      if (built.plan.layers[l].passes_back) image.giving_back.push_back(l + 1);
    if (const auto log = spdlog::get("compiler"))
      log->debug("job image of {} bytes: {} steps, {} products each without sparsity", image.bytes.size(),
                 header_of(image).steps, image.dense_macs_of_step);
    add_routing(c, image);
  } catch (const compiler::input_error& error) {
    rethrow_of_compiler(c, error.what());
  }
  check_dram(c, image.bytes.size());
  return image;
}

void add_training_results(session& s, const training_image& image, run_result& result) {
  const auto head = header_of(image);
  hal::job::results r;
  const auto bytes = read_memory(s.chip(), hal::map::job_image + head.results, sizeof r);
  std::memcpy(&r, bytes.data(), sizeof r);
  if (image.linear_classifier_percent)
    result.extra.emplace_back("linear_classifier_accuracy_percent", *image.linear_classifier_percent);
  result.curves = s.curves(image.dense_macs_of_step);
  if (r.valid != hal::job::magic || r.test_rows == 0) return;
  if (r.test_rows != head.test_samples || r.test_correct > r.test_rows || r.steps_done > head.steps) {
    result.notes.push_back(
        fmt::format("warning: the firmware claims {} steps, and {} of {} test samples correct, of a job with {} steps "
                    "and {} test samples: its results are not reported",
                    r.steps_done, r.test_correct, r.test_rows, head.steps, head.test_samples));
    return;
  }
  const auto diverged = std::ranges::find(result.curves.points, r.diverged_step, &training_curves::point::step);
  for (auto p = diverged; p != result.curves.points.end(); ++p) p->samples = p->correct = 0, p->loss = 0;
  // What a training that diverges has begun behind its last good step is work, too.
  const std::uint64_t steps = std::max<std::uint64_t>(r.steps_done, result.curves.points.size());
  auto& f = result.figures;
  // Of the steps those of the dense network: blocks that no command lists are skipped, too. Changes of masks form
  // further ones, for the gradients of what is zero; those are what their commands asked for.
  f[figure::macs_total] =
      static_cast<double>(image.dense_macs_of_step * steps + s.products_in_window(hal::tag::regrow));
  f[figure::macs_skipped] = *f[figure::macs_total] - f[figure::macs_executed].value_or(0);
  f[figure::test_accuracy_percent] = 100.0 * static_cast<double>(r.test_correct) / static_cast<double>(r.test_rows);
  f[figure::weight_sparsity_percent] = weight_sparsity_percent(s, image);
  result.extra.emplace_back("training_steps", r.steps_done);
  if (head.regrow_count) result.extra.emplace_back("mask_changes", mask_changes(image, head, r.steps_done));
  if (r.diverged_step) result.extra.emplace_back("diverged_step", r.diverged_step);
  if (head.step_record) {
    hal::step_record last;
    const auto record = read_memory(s.chip(), hal::map::job_image + head.step_record, sizeof last);
    std::memcpy(&last, record.data(), sizeof last);
    result.extra.emplace_back("skipped_steps", last.skipped);
    result.extra.emplace_back("last_gradient_norm", static_cast<double>(last.norm));
    result.extra.emplace_back("loss_scale", static_cast<double>(last.loss_scale));
  }
  if (r.train_rows)
    result.extra.emplace_back("training_loss_last_epoch",
                              static_cast<double>(r.train_loss_q16) / 65536.0 / static_cast<double>(r.train_rows));
  result.extra.emplace_back("float_instructions_in_training", static_cast<double>(s.float_instructions_in_window()));
  compare_with_plan(s.chip().configuration(), image, steps, result);
}

config dense_twin(const config& c) {
  config twin = c;
  twin.train.recipe = "dense";
  twin.zbcc.skip = "none";
  twin.train.twin = false;
  twin.train.save.clear();
  twin.expect.clear();
  return twin;
}

} // namespace acf::platform
