#include "sw_stack/compiler/layout.hpp"

#include "sw_stack/compiler/methods/method.hpp"
#include "sw_stack/hal/zero_packing.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace acf::compiler {
namespace {
constexpr std::uint32_t master_chunk_bytes = 16 * 1024; // fp32; small enough for four pairs of stages
constexpr std::uint32_t weight_chunk_bytes = 16 * 1024;
constexpr std::uint32_t line = 64; // alignment of every buffer

// Pixels of a row, padded so that the label behind them is where a view may begin.
std::uint32_t label_offset(const network& net) { return (net.nodes[0].in.elements() + 3) / 4 * 4; }
} // namespace

std::uint32_t master_chunk_rows(const slice& s) {
  return std::max(4u, master_chunk_bytes / 4 / std::max(1u, s.columns.count) / 4 * 4);
}

std::uint32_t weight_chunk(std::uint32_t line_bytes, std::uint32_t unit) {
  return std::max(unit, weight_chunk_bytes / line_bytes / unit * unit);
}

std::uint32_t layout::take(const std::string& name, std::uint64_t bytes) {
  const std::uint64_t rounded = (bytes + line - 1) / line * line;
  if (used + rounded > 0x7FFF'0000) throw input_error("SRAM plan: " + name + " is beyond 2 GiB");
  const std::uint32_t offset = used;
  buffers.push_back({name, offset, static_cast<std::uint32_t>(bytes)});
  used += static_cast<std::uint32_t>(rounded);
  return offset;
}

namespace {
bool everybodys(const node& n) { return n.kind == layer_kind::linear; } // gradients, and outputs of what it reads
std::string name_of(const node& n, const char* what) {
  const std::string layer = "layer " + std::to_string(n.layer + 1) + " ";
  return (n.has_weights ? layer : std::string(kind_name(n.kind)) + " behind " + layer) + what;
}
} // namespace

void layout::take_outputs(const network& net, std::uint32_t batch, std::uint32_t own) {
  for (const node& n : net.nodes) {
    const std::uint64_t elements = n.out.elements(), row = elements * element_bytes;
    const bool all = std::any_of(n.readers.begin(), n.readers.end(), [&](auto r) { return everybodys(net.nodes[r]); });
    node_buffers& b = nodes.emplace_back();
    b.outputs = n.readers.empty() ? take(name_of(n, "logits"), elements * 4 * own)
                                  : take(name_of(n, "activations"), row * (all ? batch : own));
    if (n.kind == layer_kind::max_pool) b.choices = take(name_of(n, "choices"), elements * own);
    b.input_gradients.resize(n.from.size());
  }
}

// Nodes from the last to the first: a sum gives back what it gets, so its inputs may share its gradient's place.
void layout::take_gradients(const network& net, std::uint32_t n, std::uint32_t batch, std::uint32_t own) {
  const node& x = net.nodes[n];
  const std::uint64_t row = std::uint64_t{x.out.elements()} * element_bytes;
  const auto is_sum = [&](std::uint32_t r) { return net.nodes[r].kind == layer_kind::add; };
  const auto back_from = [&](std::uint32_t r) -> std::uint32_t& {
    return nodes[r].input_gradients[net.nodes[r].input_from(n)];
  };
  const auto take_own = [&] { return take(name_of(x, "gradients"), row * (everybodys(x) ? batch : own)); };
  std::uint32_t& place = nodes[n].gradients;
  if (x.readers.size() == 1 && !everybodys(x)) {
    const std::uint32_t reader = x.readers[0];
    const layer_kind k = net.nodes[reader].kind;
    if (k == layer_kind::add && !x.relu)
      place = nodes[reader].gradients;
    else if (net.nodes[reader].has_weights) // which reads the outputs again
      place = take_own();
    else
      place = nodes[n].outputs;
  } else {
    bool found = false;
    for (std::size_t i = 0; i < x.readers.size() && x.readers.size() > 1; ++i) {
      const std::uint32_t reader = x.readers[i];
      const bool same = is_sum(reader) && !everybodys(x);
      back_from(reader) = same ? nodes[reader].gradients : take(name_of(x, "gradients of a reader"), row * own);
      if (i < 2 && !same && !everybodys(x) && !found) place = back_from(reader), found = true;
    }
    if (!found) place = take_own();
  }
  if (x.readers.size() == 1) back_from(x.readers[0]) = place;
}

void layout::take_norms(const network& net, std::uint32_t groups, std::uint32_t parts) {
  for (std::size_t i = 0; i < net.norms.size(); ++i) {
    const auto name = [&](const char* what) { return "batch_norm " + std::to_string(i + 1) + " " + what; };
    const std::uint64_t pair = std::uint64_t{net.norms[i].channels} * 8;
    norm_buffers& b = norms.emplace_back();
    b.state = take(name("state"), parts / 2 * pair);
    b.momenta = b.state + static_cast<std::uint32_t>(2 * pair);
    b.gradient = take(name("gradient"), pair);
    b.statistics = take(name("statistics"), pair);
    b.sums = take(name("sums"), pair * groups);
    b.gradient_sums = take(name("gradient sums"), pair * groups);
  }
}

layout::layout(const chip& c, const training& t, const network& net, const partition& part, const placement& where,
               std::uint32_t evaluation_rows)
    : type(t.dtype == storage::bf16   ? hal::element::bf16
           : t.dtype == storage::fp16 ? hal::element::f16
                                      : hal::element::f32),
      element_bytes(hal::bytes_of(type)),
      image_bytes(std::max(32u, (label_offset(net) + 1 + 15) / 16 * 16)),
      label_at(label_offset(net)),
      image_pieces(c.packs && t.pack_images ? (image_bytes + hal::packed_piece - 1) / hal::packed_piece : 0) {
  const auto& shapes = net.layers;
  const method& how = method_of(t);
  const std::uint32_t own_rows = std::max(part.rows_per_tile, 2 * evaluation_rows);
  image_buffer_bytes = ((everybodys(net.nodes[0]) ? t.batch : own_rows) * image_bytes + line - 1) / line * line;
  images = take("images", std::uint64_t{image_buffer_bytes} * (where.lookahead + 1));
  indices = take("indices", std::uint64_t{where.lookahead} * part.rows_per_tile * index_bytes());
  if (image_pieces) test_sizes = take("sizes of test images", std::uint64_t{2} * evaluation_rows * image_pieces * 2);
  tokens = take("tokens", std::uint64_t{c.tiles()} * token_kinds * 4);
  relay = take("relay", 4);
  train_records = take("train records", std::uint64_t{c.tiles()} * sizeof(hal::loss_record));
  test_record = take("test record", sizeof(hal::loss_record));
  if (t.controlled()) {
    gradient_records = take("gradient records", std::uint64_t{c.tiles()} * sizeof(hal::gradient_record));
    step_record = take("step record", sizeof(hal::step_record));
  }

  bool streamed_masters = false, streamed_copies = false, changes = false;
  std::uint64_t stage_weight_bytes = 0;
  take_outputs(net, t.batch, own_rows);
  for (auto n = static_cast<std::uint32_t>(net.nodes.size()); n-- > 0;) take_gradients(net, n, t.batch, own_rows);
  take_norms(net, groups_in(t.batch), t.norm_parts());
  for (std::size_t n = 0; n < net.nodes.size(); ++n) {
    const node& from = net.nodes[n];
    const std::size_t l = from.layer;
    const auto& s = shapes[l];
    const auto name = [&](const char* what) { return "layer " + std::to_string(l + 1) + " " + what; };
    if (!from.has_weights) continue;
    const bool regrows = s.sparse && !s.fixed() && t.regrow_period;
    const auto layer_index = static_cast<std::uint32_t>(l);
    const std::uint64_t own = part.widest(layer_index), width = s.outputs;
    layer_buffers b;
    b.activations = nodes[n].outputs;
    b.gradients = nodes[n].gradients;
    b.bias = take(name("bias"), width * 4);
    const std::uint64_t own_bias = (width / 4 + part.tiles - 1) / part.tiles * 4;
    b.bias_momentum = take(name("bias momentum"), own_bias * 4 * t.states());
    b.bias_gradient = take(name("bias gradient"), own_bias * 4);
    if (s.sparse)
      b.weights = take(name("weights"), std::uint64_t{s.live} * 16 * element_bytes);
    else if (where.weights_resident[l])
      b.weights = take(name("weights"), std::uint64_t{s.outputs} * s.inputs * element_bytes);
    else {
      const std::uint32_t row = s.inputs * element_bytes, column = s.outputs * element_bytes;
      stage_weight_bytes = std::max<std::uint64_t>(stage_weight_bytes, std::uint64_t{weight_chunk(row, 4)} * row);
      if (s.passes_back)
        stage_weight_bytes =
            std::max<std::uint64_t>(stage_weight_bytes, std::uint64_t{weight_chunk(column, 16)} * column);
    }
    if (where.masters_resident[l]) {
      b.masters = take(name("masters"), own * 4);
      b.momenta = take(name("momenta"), own * 4 * t.states());
      b.weight_gradient = take(name("weight gradient"), own * 4);
      if (!where.weights_resident[l]) b.copy = take(name("copy"), own * element_bytes);
    } else {
      streamed_masters = true;
      streamed_copies |= !where.weights_resident[l];
      for (std::uint32_t tile = 0; tile < part.tiles; ++tile) {
        const slice w = part.weights(layer_index, tile);
        const std::uint32_t elements = s.sparse
                                           ? std::min(part.slots(layer_index, tile).count, master_chunk_blocks) * 16
                                           : std::min(w.rows.count, master_chunk_rows(w)) * w.columns.count;
        chunk_elements = std::max(chunk_elements, elements);
      }
    }
    if (s.convolution) {
      const std::uint64_t dense = std::uint64_t{s.outputs} * s.inputs; // changes of the mask want all blocks
      const std::uint64_t all = s.sparse && !regrows ? std::uint64_t{s.live} * 16 : dense,
                          mine = regrows ? std::max(own, part.most_score_blocks(layer_index) * 16) : own;
      b.partial = take(name("gradients of groups"), all * 4 * groups_in(part.rows_per_tile));
      b.inbox = take(name("gradients to add up"), mine * 4 * groups_in(t.batch));
      if (regrows) b.growth = take(name("gradients of blocks"), part.most_score_blocks(layer_index) * 64);
      b.inbox_bias = take(name("bias gradients to add up"), width * 4 * groups_in(t.batch));
    }
    if (s.cuts_blocks()) b.group_mask = take(name("mask of groups"), own);
    if (s.sparse) {
      b.topology_bytes = (s.outputs / 4 + 1 + 5 * s.live) * 4;
      b.pointers = take(name("block lists"), b.topology_bytes);
      b.entries = b.pointers + (s.outputs / 4 + 1) * 4;
      b.list = b.entries + s.live * 8;
      b.remap = b.list + s.live * 8;
      if (s.passes_back) {
        b.turned_pointers = take(name("turned block lists"), (s.turned_rows() / 4 + 1 + 2 * std::uint64_t{s.live}) * 4);
        b.turned_entries = b.turned_pointers + (s.turned_rows() / 4 + 1) * 4;
      }
    }
    if (regrows) {
      changes = true;
      b.slot_scores = take(name("scores by slot"), std::uint64_t{s.live} * 4);
      b.dense_scores = take(name("dense scores"), (s.blocks / 4 / part.tiles + 1) * std::uint64_t{16});
      b.mask = take(name("mask"), s.blocks);
      b.selections = take(name("selections"), 2 * sizeof(hal::selection));
      if (t.growth_threshold > 0)
        b.growth_candidates = take(name("candidates"), (part.most_score_blocks(layer_index) + 2) * 4);
    }
    if (s.sparse) b.blocks = take(name("block of each slot"), std::uint64_t{s.live} * 4);
    const room_request request{t, net, part, static_cast<std::uint32_t>(l), element_bytes};
    for (const room& r : how.rooms(request)) b.of_method.push_back(take(name(r.what), r.bytes));
    if (how.chooses(request)) {
      changes = true;
      b.selections = take(name("selections"), 2 * sizeof(hal::selection));
    }
    layers.push_back(b);
  }
  if (changes) {
    constexpr std::uint64_t histogram = hal::select_bins * 4;
    row_counts = take("histograms of a row", c.mesh_width * histogram);
    column_counts = take("histograms of rows", c.mesh_height * histogram);
  }
  for (const int i : {0, 1}) {
    if (streamed_masters) {
      const std::uint64_t bytes = std::uint64_t{chunk_elements} * 4;
      stage_master[i] = take("stage of masters", bytes);
      stage_momentum[i] = take("stage of momenta", bytes * t.states());
      stage_gradient[i] = take("stage of gradients", bytes);
      if (streamed_copies) stage_copy[i] = take("stage of copies", bytes / 4 * element_bytes);
    }
    if (stage_weight_bytes) stage_weights[i] = take("stage of weights", stage_weight_bytes);
  }
}

placement choose_placement(const chip& c, const training& t, const network& net, const partition& part,
                           std::uint32_t evaluation_rows) {
  const auto& shapes = net.layers;
  // Largest layers leave SRAM first; masters (twice a step over DRAM) before weights (once per tile and product). The
  // live blocks that products read stay: their lists jump about in them.
  const auto size = [&](std::size_t l) {
    const auto& s = shapes[l];
    return s.sparse ? std::uint64_t{s.live} * 16 : std::uint64_t{s.outputs} * s.inputs;
  };
  std::vector<std::size_t> by_size(shapes.size()), dense;
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(), [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
  std::copy_if(by_size.begin(), by_size.end(), std::back_inserter(dense),
               [&](std::size_t l) { return !shapes[l].sparse && !shapes[l].convolution; });
  const bool resident = method_of(t).resident() || t.controlled();
  std::uint32_t least = ~0u;
  for (std::size_t weights_out = 0; weights_out <= dense.size(); ++weights_out)
    for (std::size_t masters_out = 0; masters_out <= by_size.size(); ++masters_out)
      for (const std::uint32_t lookahead : {2u, 1u}) {
        if (resident && weights_out + masters_out > 0) continue;
        placement p{std::vector<bool>(shapes.size(), true), std::vector<bool>(shapes.size(), true), lookahead};
        for (std::size_t i = 0; i < masters_out; ++i) p.masters_resident[by_size[i]] = false;
        for (std::size_t i = 0; i < weights_out; ++i) p.weights_resident[dense[i]] = false;
        const auto used = layout(c, t, net, part, p, evaluation_rows).used;
        if (used <= c.sram_bytes) return p;
        least = std::min(least, used);
      }
  throw input_error("same.sram_kib: SRAM of " + std::to_string(c.sram_bytes) +
                    " bytes per tile is too small for this network: even with " +
                    (method_of(t).resident() ? "one batch ahead, and this recipe keeps all weights in SRAM, "
                     : resident ? "one batch ahead, and fp16 and train.clip_norm keep all weights in SRAM, "
                                : "weights streamed from DRAM ") +
                    "it needs " + std::to_string(least) + " bytes, " + std::to_string(least - c.sram_bytes) + " more");
}

} // namespace acf::compiler
