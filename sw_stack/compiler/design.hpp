// Everything the programs of all tiles are made from: shapes, who does what, addresses in SRAM and DRAM.
#pragma once

#include "sw_stack/compiler/layout.hpp"
#include "sw_stack/compiler/registers_used.hpp"
#include "sw_stack/compiler/tile_code.hpp"
#include "sw_stack/hal/command_names.hpp"

#include <algorithm>
#include <optional>

namespace acf::compiler {

struct layer_tables {              // absolute DRAM addresses
  std::uint64_t start_weights = 0; // storage, dense [outputs][inputs] or blocks [live][16]
  std::uint64_t topology = 0;      // pointers, entries, list, remap
  std::uint64_t start_mask = 0, start_blocks = 0, start_bias = 0;
  std::uint64_t group_mask = 0;                   // u8 [live][16], 1 where a weight may be other than zero
  std::uint64_t start_threshold = 0;              // threshold_record
  std::uint64_t masters = 0, momenta = 0;         // fp32, written: dense [outputs][inputs] or [live][16]
  std::uint64_t bias_momenta = 0;                 // fp32 [outputs], written
  std::uint64_t old_masters = 0, old_momenta = 0; // sparse: as they were before a change of the mask
  std::uint64_t weights = 0;                      // storage, written: streamed weights
  std::uint64_t blocks = 0, bias = 0, mask = 0;   // written at the end of the evaluate job
  std::uint64_t row_sums = 0;                     // fp32 [outputs], of a budget, written at changes of the mask
};

struct norm_tables {       // of a batch normalisation
  std::uint64_t state = 0; // fp32 [training::norm_parts(), channels], written
};

struct dram_tables {
  std::uint64_t steps = 0; // {rate, inverse_batch, 0..., index[batch] of a batch ahead, as layout::indices}
  std::uint32_t step_bytes = 0;
  static constexpr std::uint32_t step_corrections = 8; // offset of the corrections of moments, fp32 [2]
  static constexpr std::uint32_t step_indices = 64;    // offset of the indices in a step's record
  std::uint64_t first_indices = 0;                     // [lookahead][batch], likewise
  std::uint64_t train_images = 0, test_images = 0;
  std::uint32_t image_pitch = 0;
  std::uint64_t test_sizes = 0; // u16[image_pieces] of each test image
  std::uint64_t changes = 0;    // u32[events][sparse layers], or budget_change[sparse layers]
  std::uint64_t grown = 0;      // selection of the blocks that grow, whose count becomes a scalar: written
  std::uint64_t fence_word = 0, train_stats = 0, test_stats = 0;
  std::uint64_t all_finite = 0;  // u32 [nodes][batch], written by the diagnosis
  std::uint64_t step_record = 0; // hal::step_record, written
  std::uint64_t thresholds = 0;  // written every step: hal::job::threshold_line[steps][tensors]
  std::vector<layer_tables> layers;
  std::vector<norm_tables> norms;
};

// Rows of this tile in a pass: where they are in buffers of the whole batch, in buffers of own rows, and in the buffer
// of images that a scalar says.
struct own_rows {
  range rows;
  std::uint32_t local = 0;        // first row in buffers of own rows
  std::uint32_t image_scalar = 0; // offset of the buffer of images,
  std::uint32_t image_offset = 0; // and of the first row in it
  std::uint32_t first_logits = 0;
  bool training = true;
};

struct design {
  const chip& hardware;
  const training& run;
  std::vector<node> nodes;
  std::vector<layer_shape> layers;
  std::vector<volume> norms;
  partition part;
  placement where;
  std::uint32_t evaluation_rows; // of a test batch on one tile
  std::uint32_t evaluation_pairs = 0;
  layout mem;
  dram_tables dram;

  std::uint32_t tiles() const { return part.tiles; }
  std::uint32_t last() const { return static_cast<std::uint32_t>(layers.size()) - 1; }
  std::uint32_t all_tiles() const { return hal::tile_set(0, 0, hardware.mesh_width - 1, hardware.mesh_height - 1); }
  static constexpr std::uint32_t root_only() { return hal::tile_set(0, 0, 0, 0); }
  std::uint32_t only(std::uint32_t tile) const {
    const std::uint32_t x = tile % hardware.mesh_width, y = tile / hardware.mesh_width;
    return hal::tile_set(x, y, x, y);
  }

  // Who sees what: a layer whose owners form its weights' gradients from all rows (linear) makes its inputs and its
  // gradients everybody's; everything else stays on the tile that has the rows.
  bool outputs_shared(std::uint32_t n) const {
    return std::any_of(nodes[n].readers.begin(), nodes[n].readers.end(), [&](auto r) { return gradients_shared(r); });
  }
  bool gradients_shared(std::uint32_t n) const { return nodes[n].kind == layer_kind::linear; }
  bool images_shared() const { return gradients_shared(0); }                        // the first node reads them
  tensor own_sums(std::uint32_t norm, std::uint32_t base, const own_rows& r) const; // of this tile's groups, one piece
  // The gradient of what several nodes read is the sum of what each of them gives back; of what one node reads, that
  // node's, which is then the one to gate it.
  bool forks(std::uint32_t n) const { return nodes[n].readers.size() > 1; }
  // The normalisation whose sums of own rows the product of convolution n makes in its epilogue; or none.
  std::optional<std::uint32_t> sums_for(std::uint32_t n) const {
    if (nodes[n].kind == layer_kind::conv2d)
      for (const auto reader : nodes[n].readers)
        if (nodes[reader].kind == layer_kind::batch_norm) return reader;
    return std::nullopt;
  }
  bool gates(std::uint32_t n, std::uint32_t input) const {
    const std::uint32_t from = nodes[n].from[input];
    return nodes[from].relu && !forks(from);
  }
  // States of the optimiser lie side by side, row by row: so much of a buffer of rows is one state.
  std::uint32_t states() const { return run.states(); }
  struct moments {
    tensor first, second;
  };
  moments moments_of(std::uint32_t base, std::uint32_t rows, std::uint32_t columns, std::uint32_t row_elements,
                     std::uint32_t first_row = 0, std::uint32_t first_column = 0) const {
    const tensor t = matrix_of(hal::element::f32, base, rows, columns, states() * row_elements * 4)
                         .at((first_row * states() * row_elements + first_column) * 4);
    return {t, states() > 1 ? t.at(row_elements * 4) : t};
  }
  bool drops() const {
    return std::any_of(nodes.begin(), nodes.end(), [](const node& x) { return x.kind == layer_kind::dropout; });
  }
  bool moves(std::uint32_t l) const { // blocks of the layer die and grow
    return layers[l].sparse && !layers[l].fixed() && run.regrow_period;
  }
  bool streams(std::uint32_t n) const { // its weights
    return nodes[n].has_weights && !layers[nodes[n].layer].sparse && !where.weights_resident[nodes[n].layer];
  }
  std::uint32_t node_of(std::uint32_t l) const;
  // This batch of the lookahead, into the buffer that a scalar says.
  void gather_images(tile_code& code, std::uint32_t batch, std::uint32_t scalar, range rows, const link& how) const;
  tensor test_image_sizes(std::uint32_t turn) const;
  bool images_packed() const { return mem.image_pieces > 0; }
  // How many layers before l give back a gradient: their tensors are what recipes that thin out gradients number.
  std::uint32_t number_thinned(std::uint32_t l) const;
  // Where nobody but the owners of one layer's blocks need everybody's rows of something, each gets the columns that
  // its blocks read: that layer. Of what node n leaves; of images.
  std::optional<std::uint32_t> dealt(std::uint32_t n) const;
  std::optional<std::uint32_t> dealt_images() const;
  tensor block_list(std::uint32_t l) const;                     // u32 [live, {row, column}]
  std::uint32_t image_elements() const { return mem.label_at; } // of a row, before its label
  // First byte of row `row` of this tile's, `rows` being all of them.
  std::uint32_t image_at(range rows, std::uint32_t row = 0) const {
    return (row + (images_shared() ? rows.first : 0)) * mem.image_bytes;
  }
  std::uint32_t partial_bytes(std::uint32_t l) const { // what a group of rows adds to all weights of a convolution
    return (layers[l].sparse ? layers[l].live * 16 : layers[l].outputs * layers[l].inputs) * 4;
  }
  own_rows training_rows(std::uint32_t tile) const;
  tensor own_image_rows(std::uint32_t scalar, range rows) const; // with labels, of this tile's rows

  // Operands of a node: rows of its outputs, of their gradients, and images as the first node reads them.
  tensor outputs_of(std::uint32_t n, const own_rows& r, range columns) const;
  tensor gradients_of(std::uint32_t n, const own_rows& r, range columns) const;
  tensor own_images(const own_rows& r, range columns) const;
  tensor inputs_of(std::uint32_t n, std::uint32_t input, const own_rows& r, range columns) const;
  tensor input_gradients_of(std::uint32_t n, std::uint32_t input, const own_rows& r, range columns) const;

  // Operands. `rows` are rows of a buffer [batch][width]; images carry the offset scalar of their buffer.
  std::uint32_t activation_pitch(std::uint32_t l) const { return layers[l].outputs * mem.element_bytes; }
  tensor gradients(std::uint32_t l, range rows, range columns) const;
  tensor images(std::uint32_t scalar, range rows, range columns) const;
  tensor image_bytes(std::uint32_t scalar, std::uint32_t first, std::uint32_t bytes) const;
  tensor labels(const own_rows& r) const;
  tensor logits(std::uint32_t first, std::uint32_t rows) const;
  tensor layer_input(std::uint32_t l, std::uint32_t image_scalar, range rows, range columns) const;
  tensor blocks(std::uint32_t l, bool turned) const; // bsr4x4 view of a sparse layer
  tensor dense_weights(std::uint32_t l, range rows, range columns) const;
  tensor rows_to_send(std::uint32_t base, std::uint32_t n, range rows) const; // whole rows of node n, storage type
  tensor token(std::uint32_t semaphore, std::uint32_t tile) const; // a word of its own: no two are under way at once
  tensor record(std::uint32_t base) const;
  tensor train_record(std::uint32_t tile) const {
    return record(mem.train_records + tile * std::uint32_t{sizeof(hal::loss_record)});
  }
  tensor rows_not_finite() const;                                          // u32 [tiles with rows, 2], so far
  tensor gradient_records(std::uint32_t first, std::uint32_t count) const; // of so many tiles
  tensor step_record() const;
  tensor step_word(std::size_t offset, hal::element type = hal::element::f32) const; // of it
  tensor selection_of(std::uint32_t l, std::uint32_t which) const;                   // 0: to drop, 1: to grow
  range all_rows() const { return {0, run.batch}; }
  range all_columns(std::uint32_t l) const { return {0, layers[l].outputs}; }

  std::uint32_t fill_scalar() const { return where.lookahead == 2 ? scalar::images_fill : scalar::images_next; }
  std::uint32_t product_flags(hal::phase p) const;
  hal::command turn_lists(tile_code& code, std::uint32_t l, const link& how) const; // block lists by column
};

// Emitters, in the order of a run. Every function writes the ring that `code.ring` selects.
void emit_setup(const design& d, tile_code& code);
void emit_step(const design& d, tile_code& code);
void emit_step_end(const design& d, tile_code& code, std::uint32_t ready_signals);
void emit_regrow(const design& d, tile_code& code);
void emit_growth_scores(const design& d, tile_code& code, std::uint32_t l);
void emit_growth(const design& d, tile_code& code, std::uint32_t l, std::uint32_t which); // of the sparse layers
void emit_evaluate(const design& d, tile_code& code);
void emit_diagnosis(const design& d, tile_code& code);

// Parts of them.
void emit_prefetch_start(const design& d, tile_code& code); // at the start of a step
void emit_prefetch_rest(const design& d, tile_code& code);  // once gradients are there
void emit_forward(const design& d, tile_code& code, const own_rows& r, wait_for first);
void emit_backward(const design& d, tile_code& code, const own_rows& r);
void emit_update(const design& d, tile_code& code);
void emit_relay(const design& d, tile_code& code, raise one, raise other); // both, after semaphore::relay
void emit_to_channel(const design& d, tile_code& code, raise then); // once the vector unit has done what is listed
void emit_finished(const design& d, tile_code& code);               // the sequencer waits for the vector unit
void emit_token(const design& d, tile_code& code, std::uint32_t semaphore, wait_for first = {}); // raises it everywhere
void emit_barrier(const design& d, tile_code& code, std::uint32_t semaphore); // all tiles have come here
void emit_fence(const design& d, tile_code& code);

namespace tag = hal::tag; // of commands, by phase and layer: shown in traces
using hal::tagged;

} // namespace acf::compiler
