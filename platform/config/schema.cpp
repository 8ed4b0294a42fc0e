#include "platform/config/schema.hpp"

#include "models/zbcc/engine.hpp"
#include "platform/config/dram_preset.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace acf::platform {
namespace {

constexpr double any_u64 = 18446744073709551615.0;

#define ACF_AT(member) [](config& c) -> place { return &c.member; }

key number(std::string_view path, std::string_view unit, double low, double high, std::function<place(config&)> at,
           std::string_view text, std::uint32_t step = 1) {
  key k{path, unit, text, std::move(at)};
  k.low = low;
  k.high = high;
  k.step = step;
  return k;
}
key choice(std::string_view path, std::vector<word> words, std::function<place(config&)> at, std::string_view text) {
  key k{path, "", text, std::move(at)};
  k.words = std::move(words);
  return k;
}
key words_or_file(std::string_view path, std::vector<word> words, std::function<place(config&)> at,
                  std::string_view text) {
  key k = choice(path, std::move(words), std::move(at), text);
  k.file_allowed = true;
  return k;
}
key words_or_pattern(std::string_view path, std::vector<word> words, std::string_view form,
                     std::function<place(config&)> at, std::string_view text) {
  key k = choice(path, std::move(words), std::move(at), text);
  k.pattern_word = form;
  return k;
}
key text(std::string_view path, std::function<place(config&)> at, std::string_view meaning) {
  return key{path, "", meaning, std::move(at)};
}
key texts(std::string_view path, std::string_view form, std::function<place(config&)> at, std::string_view meaning) {
  key k = text(path, std::move(at), meaning);
  k.pattern_word = form;
  return k;
}
key file(std::string_view path, std::function<place(config&)> at, std::string_view meaning) {
  key k = text(path, std::move(at), meaning);
  k.is_file = true;
  return k;
}

std::vector<word> engine_words() {
  std::vector<word> words;
  for (const std::string_view name : zbcc::engine_names()) words.push_back({name});
  return words;
}

std::vector<word> dram_words() {
  std::vector<word> words;
  for (const std::string_view name : dram_preset_names) words.push_back({name});
  return words;
}

std::vector<key> make_schema() {
  return {
      text("name", ACF_AT(name), "name of the scenario; default of the output folder"),
      text("description", ACF_AT(description), "one line: what the scenario shows"),
      words_or_file("firmware", {}, ACF_AT(firmware), "an application of firmware/ by name, or a path to an ELF file"),
      number("seed", "", 0, any_u64, ACF_AT(seed), "power-on contents of memories, and injected faults"),
      choice("timing", {{"lt"}, {"at"}}, ACF_AT(timing),
             "lt: reservation calendars; at: flits, credits and DRAM commands"),

      text("switch.to_at", ACF_AT(timing_switch.to_at),
           "change from lt to at at the next fence after marker:N, step:N or time:NNus; unset: never"),
      text("switch.to_lt", ACF_AT(timing_switch.to_lt), "change from at to lt, in the same way"),

      number("mesh.width", "tiles", 1, 32, ACF_AT(mesh.width), "columns of the mesh"),
      number("mesh.height", "tiles", 1, 32, ACF_AT(mesh.height), "rows of the mesh"),
      number("mesh.virtual_channels", "", 1, 8, ACF_AT(mesh.virtual_channels), "virtual channels per message class"),
      number("mesh.buffer_flits", "flits", 1, 255, ACF_AT(mesh.buffer_flits),
             "input buffer of a virtual channel, in flits of 64 bytes"),
      words_or_file("mesh.routing", {{"xy"}, {"yx"}, {"west_first"}}, ACF_AT(mesh.routing),
                    "how firmware with a job fills the routing tables; a file has lines x,y,node,port"),
      choice("mesh.route_check", {{"on"}, {"off"}}, ACF_AT(mesh.route_check),
             "whether it lets the hardware check them; off: a table with a ring is used, and may deadlock"),
      choice(
          "mesh.placement", {{"metis"}, {"columns"}, {"random"}}, ACF_AT(mesh.placement),
          "which tiles own which blocks of sparse weights: neighbouring columns, as METIS cuts them or in their order, "
          "or any; no weight depends on it"),

      choice("zbcc.engine", engine_words(), ACF_AT(zbcc.engine),
             "micro-architecture of the compute core; tile.X_Y.engine sets it for one tile"),
      number("zbcc.lanes", "lanes", 4, 1024, ACF_AT(zbcc.lanes), "multiply-accumulate units of a tile", 4),
      number("zbcc.rows", "elements", 0, 64, ACF_AT(zbcc.rows), "rows of processing elements; 0: the engine's own"),
      number("zbcc.columns", "elements", 0, 64, ACF_AT(zbcc.columns),
             "columns of processing elements; 0: the engine's own"),
      choice("zbcc.skip", {{"both"}, {"weights"}, {"none"}}, ACF_AT(zbcc.skip),
             "whose zeros the core may bypass; none is the dense twin of a micro-architecture"),
      number("zbcc.depth", "rows", 0, 16, ACF_AT(zbcc.depth), "operand rows a lane chooses from; 0: the engine's own"),

      choice("dense.shape", {{"broadcast"}, {"systolic"}}, ACF_AT(dense.shape),
             "how operands reach the elements of the dense array; a systolic one fills and empties in every pass"),
      choice("tensordash.sided", {{"one"}, {"two"}}, ACF_AT(tensordash.sided),
             "operands whose zeros the schedulers see: the sparser one, or both with a scheduler per element"),
      text("tensordash.movements", ACF_AT(tensordash.movements),
           "where a lane may take its pair from, \"step,lane ...\" in priority order; unset: as published for the "
           "depth"),
      choice("tensordash.lane_order", {{"ascending"}, {"descending"}}, ACF_AT(tensordash.lane_order),
             "order in which lanes are given their scheduling level"),
      number("tensordash.gate_percent", "%", 0, 100, ACF_AT(tensordash.gate_percent),
             "an operand with at most so many zeros bypasses scheduler and staging"),
      number("spartann.gap_bits", "bits", 1, 16, ACF_AT(spartann.gap_bits), "relative index of the sparse operand"),
      number("spartann.dense_vectors", "vectors", 1, 65536, ACF_AT(spartann.dense_vectors),
             "of zbcc.lanes elements in the large dense buffer"),
      number("spartann.output_vectors", "vectors", 1, 65536, ACF_AT(spartann.output_vectors), "in the output buffer"),
      number("spartann.column_cycles", "cycles", 0, 1024, ACF_AT(spartann.column_cycles),
             "lost per column of the sparse operand"),
      words_or_pattern("sat.pattern", {{"found"}}, "n:m", ACF_AT(sat.pattern),
                       "N:M of the weights, M of 2, 4, 8 or 16; found: that of train.pattern, else from the operand"),
      number("sat.dense_group", "weights", 2, 16, ACF_AT(sat.dense_group), "group of products that run dense", 2),
      choice("sat.dataflow", {{"best"}, {"ws"}, {"os"}}, ACF_AT(sat.dataflow),
             "weight- or output-stationary; best: the cheaper of them for each product"),
      number("sat.accumulate_cycles", "cycles", 1, 64, ACF_AT(sat.accumulate_cycles),
             "latency of an fp32 accumulation"),
      number("sat.interleave", "outputs", 1, 1024, ACF_AT(sat.interleave),
             "independent outputs that an element takes in turn"),

      number("vector.lanes", "lanes", 1, 1024, ACF_AT(vector.lanes), "fp32 lanes of the vector unit of a tile"),
      number("same.sram_kib", "KiB", 32, 16384, ACF_AT(same.sram_kib), "SRAM of a tile, in 16 banks", 4),
      choice("same.compression", {{"on"}, {"off"}}, ACF_AT(same.compression),
             "units that pack the zeros of packets between tiles, 64 elements a cycle; the compiler asks for them"),
      number("same.line_buffer_kib", "KiB", 0, 1024, ACF_AT(same.line_buffer_kib),
             "lines of images kept in front of the matrix engine, for the windows of convolutions; 0: none"),
      number("same.bank_cache_kib", "KiB", 0, 256, ACF_AT(same.bank_cache_kib),
             "caches in front of the SRAM's banks, for operands of the matrix engine; a power of two, 0: none"),
      number("fabric.freq_mhz", "MHz", 1, 10000, ACF_AT(fabric.freq_mhz), "clock of mesh and tiles"),
      number("cpu.harts", "harts", 1, 8, ACF_AT(cpu.harts), "RV64GC harts of the host"),
      number("cpu.freq_mhz", "MHz", 1, 10000, ACF_AT(cpu.freq_mhz), "clock of the host"),
      choice("cpu.misaligned", {{"emulate"}, {"trap"}}, ACF_AT(cpu.misaligned),
             "what harts do with misaligned loads and stores of memory; devices and atomics never take them"),

      words_or_file(
          "dram.preset", dram_words(), ACF_AT(dram.preset),
          "device whose number of channels, widths and timings the memory has; files as scenarios/dram/*.yaml"),
      number("dram.channels", "channels", 1, 64, ACF_AT(dram.channels),
             "channels, each a node of the mesh; not given: the preset's"),
      number("dram.width_bits", "bits", 0, 1024, ACF_AT(dram.width_bits), "data lines of a channel; 0: the preset's",
             8),
      number("dram.size_mib", "MiB", 16, 1048576, ACF_AT(dram.size_mib), "capacity of all channels together"),
      choice("dram.page_policy", {{"open"}, {"closed"}}, ACF_AT(dram.page_policy),
             "rows stay open or are closed after an access (at timing only)"),
      choice("dram.power_on", {{"random"}, {"zero"}}, ACF_AT(dram.power_on), "contents at power-on"),

      file("data.path", ACF_AT(data.path),
           "directory with the four IDX files, plain or gz, CIFAR-10's batches, or .tra and .tes; unset: generated "
           "digits"),
      number("data.train_samples", "samples", 0, 4e9, ACF_AT(data.train_samples), "at most so many; 0: the whole set"),
      number("data.test_samples", "samples", 0, 4e9, ACF_AT(data.test_samples), "at most so many; 0: the whole set"),
      number("data.generated_train", "samples", 1, 1e6, ACF_AT(data.generated_train), "generated set: for training"),
      number("data.generated_test", "samples", 1, 1e6, ACF_AT(data.generated_test), "generated set: for testing"),
      number("data.seed", "", 0, any_u64, ACF_AT(data.seed),
             "generated set: which digits; train.seed leaves them alone"),
      choice("data.compression", {{"on"}, {"off"}}, ACF_AT(data.compression),
             "images lie in DRAM without their zeros; without same.compression they stay as they are"),

      words_or_file("energy.table", {{"65nm"}, {"45nm"}, {"28nm"}, {"16nm"}, {"7nm_scaled"}, {"7nm_measured"}},
                    ACF_AT(energy.table), "energy per event and area per unit"),

      number("train.seed", "", 0, any_u64, ACF_AT(train.seed), "data order, initial weights and masks"),
      number("train.epochs", "epochs", 1, 100000, ACF_AT(train.epochs), "passes over the training set"),
      number("train.batch", "samples", 2, 1023, ACF_AT(train.batch), "samples of a step"),
      number("train.lr", "", 1e-12, 100, ACF_AT(train.lr), "learning rate at the first step"),
      choice("train.optimiser", {{"momentum"}, {"adamw"}}, ACF_AT(train.optimiser),
             "what a gradient makes of a weight: SGD with momentum, or AdamW with corrections of both moments"),
      number("train.momentum", "", 0, 0.99999, ACF_AT(train.momentum),
             "v = momentum v + g; w = w - lr v; of adamw: beta1"),
      number("train.beta2", "", 0, 0.99999, ACF_AT(train.beta2), "of adamw: what the second moment keeps in a step"),
      number("train.epsilon", "", 1e-30, 1, ACF_AT(train.epsilon), "of adamw: added to the root of the second moment"),
      number("train.weight_decay", "", 0, 1, ACF_AT(train.weight_decay),
             "for weights, not for biases: g = g + weight_decay w; of adamw: w = w - lr weight_decay w"),
      number("train.clip_value", "", 0, 1e30, ACF_AT(train.clip_value),
             "gradients of larger magnitude become this one; 0: they stay"),
      number("train.clip_norm", "", 0, 1e30, ACF_AT(train.clip_norm),
             "gradients of all weights together are made so long where they are longer; 0: they stay"),
      number("train.largest_logit", "", 0, 1e30, ACF_AT(train.largest_logit),
             "training has diverged, and stops, where one is larger in magnitude; 0: only where one is not finite"),
      number("train.loss_scale", "", 1, 1073741824, ACF_AT(train.loss_scale),
             "of fp16, a power of two: factor of the first loss; halves when gradients overflow"),
      number("train.loss_scale_interval", "steps", 1, 4e9, ACF_AT(train.loss_scale_interval),
             "of fp16: steps without overflow after which the factor doubles"),
      number("train.warmup_steps", "steps", 0, 4e9, ACF_AT(train.warmup_steps),
             "in which the learning rate grows linearly to that of the schedule"),
      choice("train.schedule", {{"constant"}, {"cosine"}, {"step"}}, ACF_AT(train.schedule),
             "learning rate over the run"),
      choice("train.dtype", {{"bf16"}, {"fp32"}, {"fp16"}}, ACF_AT(train.dtype),
             "storage of weights, activations and gradients; accumulators are fp32"),
      number("train.sparsity", "", 0, 0.999, ACF_AT(train.sparsity), "share of the weights that are zero"),
      words_or_pattern("train.pattern", {{"unstructured"}, {"block4x4"}}, "n:m", ACF_AT(train.pattern),
                       "where zeros may be; n:m: n of m neighbours are kept"),
      choice("train.recipe",
             {{"dense"},
              {"rigl"},
              {"block"},
              {"magnitude"},
              {"acf"},
              {"set"},
              {"srste"},
              {"bdwp"},
              {"dts"},
              {"topk"},
              {"static"},
              {"gaussian"},
              {"random"},
              {"momentum"}},
             ACF_AT(train.recipe), "how the zeros are chosen"),
      number("train.dense_layers", "", 1, 65535, ACF_AT(train.dense_layers),
             "layers that stay dense, counted from 1 among those with weights"),
      number("train.gradient_sparsity", "", 0.05, 0.95, ACF_AT(train.gradient_sparsity),
             "share of a hidden layer's gradient that dts, topk, static, gaussian and random store as zeros"),
      number("train.regrow_period", "steps", 0, 4e9, ACF_AT(train.regrow_period),
             "steps between two updates of the masks; 0: the first mask stays"),
      number("train.growth_threshold", "", 0, 1e9, ACF_AT(train.growth_threshold),
             "acf: of the scheduled number, only blocks whose gradients have at least this mean magnitude grow"),
      number("train.max_steps", "steps", 0, 4e9, ACF_AT(train.max_steps), "stop after so many steps; 0: all epochs"),
      number("train.hidden", "neurons", 1, 65536, ACF_AT(train.hidden), "widths of the hidden layers"),
      file("train.network", ACF_AT(train.network),
           "layers of the network (.yaml, .onnx); unset: a perceptron with train.hidden"),
      file("train.save", ACF_AT(train.save),
           "write weights, biases, masks and the optimiser's state here when training has ended (.npz)"),
      file("train.load", ACF_AT(train.load), "start from these weights, biases and masks (.npz)"),
      key{"train.resume", "", "go on behind the step that train.load was saved at, with its optimiser's state",
          ACF_AT(train.resume)},
      key{"train.twin", "", "also train the dense baseline, for comparison", ACF_AT(train.twin)},

      choice("reference.model", {{"none"}, {"noc"}, {"dram"}}, ACF_AT(reference.model),
             "replays points of reference simulators through the mesh or the DRAM alone, instead of running a chip"),
      file("reference.csv", ACF_AT(reference.csv), "points of a reference simulator (.csv)"),
      file("reference.parameters", ACF_AT(reference.parameters), "parameters of its DRAM configurations (.csv)"),
      choice("reproduce.system", {{"none"}, {"all"}, {"tensordash"}, {"spartann"}, {"sat"}, {"acf"}},
             ACF_AT(reproduce.system), "measures published figures of these designs, instead of running a chip"),
      file("reproduce.targets", ACF_AT(reproduce.targets), "the published figures (.csv)"),
      file("reproduce.tensordash", ACF_AT(reproduce.tensordash), "TensorDash's own table of areas and powers (.yaml)"),
      file("reproduce.spartann", ACF_AT(reproduce.spartann), "SparTANN's own areas, powers and sizes (.yaml)"),
      choice("reproduce.training", {{"off"}, {"on"}}, ACF_AT(reproduce.training),
             "also train the scenario's network on the machines of the papers, for the rows that need it"),
      choice("compare.engines", engine_words(), ACF_AT(compare.engines),
             "engines that train the scenario's job one after the other, each beside its dense twin"),
      texts("compare.recipes", "RECIPE or RECIPE/PATTERN", ACF_AT(compare.recipes),
            "recipes by which each of these engines trains it, as RECIPE or RECIPE/PATTERN: [dense, bdwp/2:8]"),
      text("compare.vary", ACF_AT(compare.vary), "a key that takes each of compare.values in turn: train.sparsity"),
      texts("compare.values", "a value of that key", ACF_AT(compare.values), "its values"),

      texts("expect", "KEY OP NUMBER", ACF_AT(expect), "what the run must show, e.g. test_accuracy_percent >= 90"),
  };
}

#undef ACF_AT

std::string words_of(const key& k) {
  std::string list;
  for (const word& w : k.words) list += (list.empty() ? "" : ", ") + std::string{w.name};
  if (!k.pattern_word.empty()) list += ", " + std::string{k.pattern_word};
  std::string out = k.words.size() == 1 && k.pattern_word.empty() ? list : "one of " + list;
  if (k.file_allowed) out += ", or a file";
  return out;
}

} // namespace

std::span<const key> schema() {
  static const std::vector<key> keys = make_schema();
  return keys;
}

const key* find_key(std::string_view path) {
  for (const key& k : schema())
    if (k.path == path) return &k;
  return nullptr;
}

bool parse_tile_key(std::string_view path, tile_key& out) {
  constexpr std::string_view head = "tile.", tail = ".engine";
  if (!path.starts_with(head) || !path.ends_with(tail) || path.size() <= head.size() + tail.size()) return false;
  const std::string_view middle = path.substr(head.size(), path.size() - head.size() - tail.size());
  const char* const end = middle.data() + middle.size();
  const auto x = std::from_chars(middle.data(), end, out.x);
  if (x.ec != std::errc{} || x.ptr == end || *x.ptr != '_') return false;
  const auto y = std::from_chars(x.ptr + 1, end, out.y);
  return y.ec == std::errc{} && y.ptr == end;
}

bool takes_list(const key& k) {
  config scratch;
  const place at = k.at(scratch);
  return std::holds_alternative<std::vector<std::uint32_t>*>(at) ||
         std::holds_alternative<std::vector<std::string>*>(at);
}

std::string expectation_of(const key& k) {
  config scratch;
  const place at = k.at(scratch);
  const auto range = [&](std::string_view what) {
    const std::string unit = k.unit.empty() ? "" : " " + std::string{k.unit};
    if (k.high >= any_u64) return fmt::format("{} that is not negative", what);
    const std::string multiple = k.step > 1 ? fmt::format(", a multiple of {}", k.step) : "";
    return fmt::format("{} from {} to {}{}{}", what, k.low, k.high, unit, multiple);
  };
  if (std::holds_alternative<bool*>(at)) return "true or false";
  if (std::holds_alternative<double*>(at)) return range("a number");
  if (std::holds_alternative<std::uint32_t*>(at) || std::holds_alternative<std::uint64_t*>(at))
    return range("an integer");
  if (std::holds_alternative<std::vector<std::uint32_t>*>(at)) return "a list of integers, each " + range("").substr(1);
  if (std::holds_alternative<std::vector<std::string>*>(at))
    return "a list, each " + (k.words.empty() ? std::string{k.pattern_word} : words_of(k));
  if (!k.words.empty()) return words_of(k);
  return k.is_file ? "a path" : k.file_allowed ? "a name or a path" : "a text";
}

} // namespace acf::platform
