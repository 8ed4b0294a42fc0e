#include "sw_stack/compiler/compile.hpp"

#include "sw_stack/compiler/design.hpp"
#include "sw_stack/compiler/image.hpp"
#include "sw_stack/compiler/methods/method.hpp"
#include "sw_stack/compiler/start_tables.hpp"
#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/job_image.hpp"
#include "sw_stack/hal/numeric.hpp"
#include "sw_stack/hal/zero_packing.hpp"

#include <algorithm>
#include <span>

namespace acf::compiler {
namespace {

namespace job = hal::job;

void check(const chip& c, const training& t, const data_set& data) {
  const auto need = [](bool ok, const std::string& text) {
    if (!ok) throw input_error(text);
  };
  need(c.mesh_width >= 1 && c.mesh_height >= 1 && c.mesh_width <= 255 && c.mesh_height <= 255 && c.tiles() <= 1023,
       "mesh.height, mesh.width: mesh " + std::to_string(c.mesh_width) + " x " + std::to_string(c.mesh_height) +
           ": expected at least 1 x 1 and at most 1023 tiles");
  const network net = make_network(t);
  const std::uint32_t pixels = net.nodes[0].in.pixels() * net.nodes[0].in.real_channels;
  need(data.inputs == pixels, "data: images of " + std::to_string(data.inputs) +
                                  " pixels, but the first layer of the network has " + std::to_string(pixels) +
                                  " inputs");
  need(data.test.size() > 0, "data: the test set is empty");
  for (const auto* s : {&data.train, &data.test})
    need(s->images.size() == std::size_t{data.inputs} * s->size(), "data: images and labels differ in number");
  const std::uint32_t outputs = net.layers.back().real_outputs;
  for (const auto* s : {&data.train, &data.test})
    for (const std::uint32_t label : s->labels)
      need(label < outputs,
           "data: label " + std::to_string(label) + ", but the network has " + std::to_string(outputs) + " outputs");
}

// Two test batches go through a tile at a time, in the buffers of its rows of a training batch.
std::uint32_t rows_per_evaluation(const chip& c, const training& t, const recipe& r, const partition& part,
                                  const data_set& data) {
  const std::uint32_t share = (data.test.size() + 2 * c.tiles() - 1) / (2 * c.tiles());
  const bool perceptron = r.nodes[0].kind == layer_kind::linear;
  return std::max(1u, std::min((perceptron ? t.batch : part.rows_per_tile) / 2, share));
}

// bf16 is the upper half of fp32, rounded to nearest even.
void put_storage(image& out, std::uint64_t at, const std::vector<float>& values, hal::element type) {
  if (type == hal::element::f32) return out.write(at, values.data(), values.size());
  std::vector<std::uint16_t> halves;
  halves.reserve(values.size());
  if (type == hal::element::f16)
    for (const float v : values) halves.push_back(hal::numeric::to_fp16(v));
  else
    for (const float v : values) {
      const auto bits = std::bit_cast<std::uint32_t>(v);
      halves.push_back(static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16));
    }
  out.write(at, halves.data(), halves.size());
}

// Where a table begins behind one whose size follows the data: channels, banks and rows of DRAM start over, so that a
// training's cycles do not depend on how many images test it.
constexpr std::uint64_t same_in_dram = 1 << 20;

struct image_table {
  std::uint64_t at = 0;
  std::vector<std::uint16_t> sizes; // of all pieces of all rows, if they are packed
};

// Rows of pixels, label and padding; `rows` beyond the samples are blank with a label that does not count.
image_table put_images(image& out, const samples& s, const design& d, std::uint64_t rows) {
  const std::uint32_t inputs = static_cast<std::uint32_t>(s.images.size() / std::max<std::size_t>(s.size(), 1));
  image_table table{out.reserve(rows * d.dram.image_pitch, same_in_dram), {}};
  std::vector<std::uint8_t> row(d.mem.image_bytes);
  for (std::uint64_t i = 0; i < rows; ++i) {
    std::fill(row.begin(), row.end(), 0);
    if (i < s.size()) std::copy_n(s.images.begin() + static_cast<std::ptrdiff_t>(i * inputs), inputs, row.begin());
    row[d.mem.label_at] = i < s.size() ? s.labels[i] : hal::no_label;
    const std::uint64_t at = table.at + i * d.dram.image_pitch;
    if (!d.images_packed()) out.write(at, row.data(), row.size());
    for (std::size_t from = 0; d.images_packed() && from < row.size(); from += hal::packed_piece) {
      const auto raw = std::span(row).subspan(from, std::min<std::size_t>(hal::packed_piece, row.size() - from));
      const auto packed = hal::pack_zeros(raw, 1);
      const auto piece = packed ? std::span<const std::uint8_t>(*packed) : raw;
      out.write(at + from, piece.data(), piece.size());
      table.sizes.push_back(static_cast<std::uint16_t>(piece.size()));
    }
  }
  return table;
}

// Sample numbers as a tile reads them: each with the sizes of its image's pieces.
std::vector<std::uint32_t> entries_of(std::span<const std::uint32_t> samples, const image_table& images,
                                      const layout& mem) {
  std::vector<std::uint32_t> words;
  for (const std::uint32_t sample : samples) {
    words.push_back(sample);
    for (std::uint32_t piece = 0; piece < mem.image_pieces; piece += 2) {
      const auto* size = &images.sizes[std::size_t{sample} * mem.image_pieces + piece];
      words.push_back(size[0] | (piece + 1 < mem.image_pieces ? std::uint32_t{size[1]} << 16 : 0u));
    }
  }
  return words;
}

struct offsets { // what the header needs and programs do not
  job::header header;
  std::vector<job::layer_record> layers;
  std::vector<job::norm_record> norms;
};

// Read-only tables: order and rates, images, first weights.
void put_tables(image& out, design& d, const recipe& r, const data_set& data, offsets& at, plan& summary) {
  auto& dram = d.dram;
  const std::uint32_t batch = d.run.batch, ahead = d.where.lookahead, entry = d.mem.index_bytes();
  dram.image_pitch = (d.mem.image_bytes + 63) / 64 * 64;
  const auto images = put_images(out, data.train, d, std::uint64_t{data.train.size()} + 1);
  dram.train_images = image::address(images.at);
  const std::uint64_t each = std::uint64_t{d.tiles()} * d.evaluation_rows * 2;
  d.evaluation_pairs = static_cast<std::uint32_t>((data.test.size() + each - 1) / each);
  const auto tests = put_images(out, data.test, d, each * d.evaluation_pairs);
  dram.test_images = image::address(tests.at);
  dram.test_sizes = image::address(out.append(tests.sizes));
  out.reserve(0, same_in_dram);

  const std::vector<std::uint32_t> nobody(batch, data.train.size());
  const auto indices_of = [&](std::uint32_t step) {
    const auto* samples = step < r.steps ? r.order.data() + std::size_t{step} * batch : nobody.data();
    return entries_of({samples, batch}, images, d.mem);
  };
  dram.step_bytes = (dram_tables::step_indices + batch * entry + 63) / 64 * 64;
  const std::uint64_t steps = out.reserve(std::uint64_t{dram.step_bytes} * (r.steps + 1));
  for (std::uint32_t s = 0; s <= r.steps; ++s) {
    const std::uint64_t record = steps + std::uint64_t{s} * dram.step_bytes;
    const std::uint32_t last = std::min(s, r.steps - 1);
    const float rates[] = {r.rate[last], r.inverse_batch[last], r.corrections[last][0], r.corrections[last][1]};
    out.write(record, rates, std::size(rates));
    const auto indices = indices_of(s + ahead);
    out.write(record + dram_tables::step_indices, indices.data(), indices.size());
  }
  const std::uint64_t first = out.reserve(std::uint64_t{ahead} * batch * entry);
  for (std::uint32_t s = 0; s < ahead; ++s) {
    const auto indices = indices_of(s);
    out.write(first + std::uint64_t{s} * batch * entry, indices.data(), indices.size());
  }
  dram.steps = image::address(steps);
  dram.first_indices = image::address(first);

  out.reserve(0, same_in_dram);
  at.header.regrow_steps = out.append(r.regrow_steps);
  at.header.regrow_count = static_cast<std::uint32_t>(r.regrow_steps.size());
  dram.changes = image::address(out.append(r.regrow_count));

  for (std::uint32_t l = 0; l <= d.last(); ++l) {
    const auto& s = d.layers[l];
    layer_tables t;
    std::vector<float> weights = r.start[l].weights;
    auto& owners = summary.owners.emplace_back();
    if (s.sparse) {
      owners = place_blocks(s, r.start[l].blocks, d.tiles(), d.hardware.owners, d.run.seed);
      const auto topology = make_topology(s, r.start[l].blocks, owners.block_of_slot);
      t.topology = image::address(out.append(topology.words));
      t.start_blocks = image::address(out.append(topology.blocks));
      t.start_mask = image::address(out.append(topology.mask));
      weights = blocks_of(s, weights, topology.blocks);
      if (s.cuts_blocks()) t.group_mask = image::address(out.append(mask_of_groups(s, topology.blocks)));
    }
    if (!r.start[l].mask.empty()) t.start_mask = image::address(out.append(r.start[l].mask));
    const std::uint64_t start = out.reserve(weights.size() * d.mem.element_bytes);
    put_storage(out, start, weights, d.mem.type);
    t.start_weights = image::address(start);
    t.start_bias = image::address(out.append(r.start[l].bias));
    if (s.passes_back)
      if (const auto record = method_of(d.run).first_threshold(d.run, d.number_thinned(l)))
        t.start_threshold = image::address(out.append(std::vector{*record}));
    dram.layers.push_back(t);
  }
}

void put_norms(image& out, design& d, offsets& at) {
  for (std::size_t i = 0; i < d.norms.size(); ++i) {
    const std::uint32_t channels = d.norms[i].channels, real = d.norms[i].real_channels;
    const std::uint32_t parts = d.run.norm_parts();
    std::vector<float> state(std::size_t{parts} * channels, 0.f);
    std::fill_n(state.begin(), real, 1.f);
    std::fill_n(state.begin() + 3 * channels, real, 1.f);
    if (!d.run.norm_start.empty())
      for (std::size_t part = 0; part < parts; ++part)
        std::copy_n(d.run.norm_start[i].state.begin() + static_cast<std::ptrdiff_t>(part * real), real,
                    state.begin() + static_cast<std::ptrdiff_t>(part * channels));
    const std::uint64_t offset = out.append(state);
    at.norms.push_back({channels, real, offset, parts});
    d.dram.norms.push_back({image::address(offset)});
  }
}

// What firmware needs to say how many entries die and grow in each layer.
void put_budget(image& out, design& d, const recipe& r, offsets& at) {
  if (r.regrow_share.empty()) return;
  std::vector<job::budget_layer> layers;
  for (std::uint32_t l = 0; l <= d.last(); ++l) {
    if (d.layers[l].fixed()) continue;
    const auto& mask = r.start[l].mask;
    const auto live = std::count(mask.begin(), mask.end(), 1), padding = std::count(mask.begin(), mask.end(), 2);
    const std::uint64_t sums = out.reserve(d.layers[l].outputs * 4);
    d.dram.layers[l].row_sums = image::address(sums);
    layers.push_back({static_cast<std::uint32_t>(mask.size()) - static_cast<std::uint32_t>(padding),
                      static_cast<std::uint32_t>(live), d.layers[l].outputs, 0, sums});
  }
  job::budget_record record{static_cast<std::uint32_t>(layers.size()), semaphore::budgeted};
  record.shares = out.append(r.regrow_share);
  record.by_layer = out.append(layers);
  record.changes = out.append(std::vector<job::budget_change>(layers.size()));
  d.dram.changes = image::address(record.changes);
  at.header.budget = out.append(std::vector{record});
}

// Tables that the fabric writes, side by side in one window.
void put_written(image& out, design& d, const recipe& r, offsets& at) {
  auto& h = at.header;
  h.writable_begin = out.reserve(0, 4096);
  h.fence_word = out.reserve(64);
  h.rows_per_tile = d.part.rows_per_tile;
  h.train_stats = out.reserve(d.tiles() * sizeof(hal::loss_record));
  h.test_stats = out.reserve(d.tiles() * sizeof(hal::loss_record));
  d.dram.grown = image::address(out.reserve(64));
  h.all_finite = out.reserve(d.nodes.size() * std::uint64_t{d.run.batch} * 4);
  d.dram.all_finite = image::address(h.all_finite);
  d.dram.fence_word = image::address(h.fence_word);
  d.dram.train_stats = image::address(h.train_stats);
  d.dram.test_stats = image::address(h.test_stats);
  for (std::uint32_t l = 0; l <= d.last(); ++l) {
    const auto& s = d.layers[l];
    auto& t = d.dram.layers[l];
    job::layer_record record;
    record.outputs = s.outputs, record.inputs = s.inputs;
    record.real_outputs = s.real_outputs, record.real_inputs = s.real_inputs;
    record.live = s.sparse ? s.live : 0;
    record.channel_groups = s.channel_groups;
    if (s.groups > 1)
      record.groups = static_cast<std::uint16_t>(s.groups),
      record.group_inputs = static_cast<std::uint16_t>(s.group_inputs);
    std::vector<float> masters = r.start[l].weights, momenta = r.start[l].weight_momenta,
                       seconds = r.start[l].weight_seconds, bias_states = r.start[l].bias_momenta;
    if (s.sparse) {
      std::vector<std::uint32_t> blocks(s.live);
      std::memcpy(blocks.data(), out.bytes.data() + (t.start_blocks - image::address(0)), s.live * 4);
      masters = blocks_of(s, masters, blocks);
      momenta = blocks_of(s, momenta, blocks);
      seconds = blocks_of(s, seconds, blocks);
      record.blocks = out.append(blocks);
      t.blocks = image::address(record.blocks);
    }
    if (d.states() > 1) {
      momenta = side_by_side(momenta, seconds, s.sparse ? 16 : s.inputs);
      bias_states = side_by_side(bias_states, r.start[l].bias_seconds, s.outputs);
    }
    record.states = d.states();
    record.masters = out.append(masters);
    record.momenta = out.append(momenta);
    record.bias = out.reserve(s.outputs * 4);
    record.bias_momenta = out.append(bias_states);
    t.masters = image::address(record.masters);
    t.momenta = image::address(record.momenta);
    t.bias = image::address(record.bias);
    t.bias_momenta = image::address(record.bias_momenta);
    const bool resident = d.where.masters_resident[l];
    if (d.moves(l)) { // resident masters need their table at the end only
      t.old_masters = resident ? t.masters : image::address(out.reserve(masters.size() * 4));
      t.old_momenta = resident ? t.momenta : image::address(out.reserve(momenta.size() * 4));
    }
    if (!d.where.weights_resident[l]) {
      const std::uint64_t weights = out.reserve(masters.size() * d.mem.element_bytes);
      put_storage(out, weights, masters, d.mem.type);
      t.weights = image::address(weights);
    }
    if (method_of(d.run).has_masks() && !s.fixed()) {
      record.mask = out.reserve(std::uint64_t{s.outputs} * s.inputs);
      t.mask = image::address(record.mask);
    }
    at.layers.push_back(record);
  }
  put_norms(out, d, at);
  put_budget(out, d, r, at);
  if (d.run.controlled()) {
    hal::step_record start;
    if (d.run.scales_loss()) start.loss_scale = d.run.loss_scale, start.good = d.run.loss_scale_good;
    h.step_record = out.append(std::vector{start});
    d.dram.step_record = image::address(h.step_record);
  }
  if (const std::uint32_t tensors = d.number_thinned(d.last() + 1); method_of(d.run).first_threshold(d.run, 0)) {
    h.threshold_tensors = tensors;
    h.thresholds = out.reserve(std::uint64_t{r.steps} * tensors * job::threshold_line);
    d.dram.thresholds = image::address(h.thresholds);
  }
  h.writable_end = out.reserve(0, 4096);
  out.bytes.resize(h.writable_end);
}

std::vector<tile_code> make_programs(const design& d) {
  std::vector<tile_code> all;
  std::uint32_t ready = 0;
  const method& how = method_of(d.run);
  bool regrows = false;
  for (std::uint32_t l = 0; l <= d.last(); ++l) regrows |= d.moves(l);
  for (std::uint32_t t = 0; t < d.tiles(); ++t) {
    auto& code = all.emplace_back(t);
    code.ring = job::setup;
    emit_setup(d, code);
    code.raised_ready = 0;
    code.ring = job::step;
    emit_step(d, code);
    ready += code.raised_ready;
  }
  for (auto& code : all) {
    code.ring = job::step;
    emit_step_end(d, code, ready);
    code.ring = job::regrow;
    if (regrows) emit_regrow(d, code);
    if (how.changes_masks(d.run)) how.change_masks(d, code);
    code.ring = job::evaluate;
    emit_evaluate(d, code);
    code.ring = job::diagnose;
    emit_diagnosis(d, code);
  }
  return all;
}

void put_programs(image& out, const design& d, std::vector<tile_code>& programs, offsets& at, plan& summary) {
  std::vector<job::ring_entry> entries, diagnoses;
  std::vector<std::uint64_t> scalars(std::size_t{d.tiles()} * 16, 0);
  for (auto& code : programs) {
    const std::uint64_t views = image::address(out.append(code.views));
    auto& define = code.rings[job::setup].front();
    define.param = {static_cast<std::uint32_t>(views),
                    static_cast<std::uint32_t>(views >> 32),
                    static_cast<std::uint32_t>(code.views.size()),
                    0,
                    0,
                    0};
    define.view[0] = 0;
    auto& counts = summary.tile_commands.emplace_back();
    const auto put = [&](const std::vector<hal::command>& ring) {
      return job::ring_entry{ring.empty() ? 0 : image::address(out.append(ring)),
                             static_cast<std::uint32_t>(ring.size()), 0};
    };
    diagnoses.push_back(put(code.rings[job::diagnose]));
    for (std::size_t r = 0; r < 4; ++r) {
      const auto& ring = code.rings[r];
      entries.push_back(put(ring));
      counts[r] = static_cast<std::uint32_t>(ring.size());
      summary.commands[r] = std::max(summary.commands[r], counts[r]);
    }
    std::uint64_t* s = &scalars[std::size_t{code.tile} * 16];
    s[scalar::images_next] = d.mem.image_buffer_bytes;
    s[scalar::images_fill] = 2 * std::uint64_t{d.mem.image_buffer_bytes};
    s[scalar::draws] = random_use::steps << 32 | d.run.steps_before;
    s[scalar::dropout] = random_use::dropout << 32 | d.run.steps_before;
  }
  at.header.rings = out.append(entries);
  at.header.diagnose_lists = out.append(diagnoses);
  at.header.scalars = out.append(scalars);
}

void put_header(image& out, const design& d, const recipe& r, const data_set& data, offsets& at) {
  auto& h = at.header;
  std::vector<job::node_record> nodes(d.nodes.size());
  for (std::size_t n = 0; n < nodes.size(); ++n) d.nodes[n].name.copy(nodes[n].name, sizeof nodes[n].name - 1);
  h.nodes = out.append(nodes);
  h.node_count = nodes.size();
  h.layers = out.append(at.layers);
  h.layer_count = at.layers.size();
  h.norms = out.append(at.norms);
  h.norm_count = at.norms.size();
  h.results = out.reserve(sizeof(job::results));
  h.bytes = out.bytes.size();
  h.mesh_width = d.hardware.mesh_width;
  h.mesh_height = d.hardware.mesh_height;
  h.sram_kib = d.hardware.sram_bytes / 1024;
  h.lanes = d.hardware.lanes;
  h.steps = r.steps;
  h.steps_before = d.run.steps_before;
  h.steps_per_epoch = r.steps_per_epoch;
  h.epochs = d.run.epochs;
  h.train_samples = data.train.size();
  h.test_samples = data.test.size();
  h.batch = d.run.batch;
  h.classes = d.layers.back().real_outputs;
  out.write(0, &h, 1);
}

} // namespace

compiled compile(const chip& hardware, const training& run, const data_set& data) {
  check(hardware, run, data);
  const recipe r = make_recipe(run, data.train.size());
  const network net{r.nodes, r.layers, r.norms};
  const bool alone = r.nodes[0].kind == layer_kind::linear && r.norms.empty(); // no sums over groups of rows
  const partition part(hardware.tiles(), run.batch, r.layers, alone ? 1 : rows_of_a_group);
  const std::uint32_t rows = rows_per_evaluation(hardware, run, r, part, data);
  const placement where = choose_placement(hardware, run, net, part, rows);
  design d{hardware, run,   r.nodes, r.layers, r.norms,
           part,     where, rows,    0,        layout(hardware, run, net, part, where, rows),
           {}};

  image out;
  offsets at;
  compiled result;
  out.reserve(sizeof(job::header));
  put_tables(out, d, r, data, at, result.plan);
  put_written(out, d, r, at);
  auto programs = make_programs(d);
  put_programs(out, d, programs, at, result.plan);
  put_header(out, d, r, data, at);

  auto& p = result.plan;
  p.image_bytes = out.bytes.size();
  p.sram_bytes = hardware.sram_bytes;
  p.sram_used = d.mem.used;
  p.buffers = d.mem.buffers;
  p.where = where;
  p.steps = r.steps;
  p.dense_macs = dense_macs(net) * run.batch;
  p.regrows = static_cast<std::uint32_t>(r.regrow_steps.size());
  p.layers = r.layers;
  p.zeros = zeros_by_layer(net);
  result.image = std::move(out.bytes);
  return result;
}

} // namespace acf::compiler
