// Where everything is in the SRAM of a tile: the same offsets on every tile, so that a send needs no translation.
#pragma once

#include "sw_stack/compiler/partition.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/gradient_commands.hpp"

#include <string>

namespace acf::compiler {

// What stays in SRAM; what does not is streamed from DRAM in chunks, with the same bits.
struct placement {
  std::vector<bool> masters_resident; // fp32 masters and momenta of this tile's part, by layer
  std::vector<bool> weights_resident; // the whole matrix that the products read, by layer
  std::uint32_t lookahead = 2;        // batches fetched ahead; one more buffer of images than that
};

struct layer_buffers {
  std::uint32_t activations = 0; // storage [batch][outputs]; of the last layer fp32 logits [own rows][outputs]
  std::uint32_t gradients = 0;   // storage [batch][outputs]
  std::uint32_t bias = 0, bias_momentum = 0, bias_gradient = 0; // fp32 [outputs], the others [own]
  std::uint32_t weights = 0;                                    // storage, dense [outputs][inputs] or blocks[live]
  std::uint32_t masters = 0, momenta = 0, weight_gradient = 0;  // fp32, this tile's part, packed; momenta by states
  std::uint32_t copy = 0;                                       // storage, this tile's part, if weights are streamed
  // Sparse layers. pointers, entries, list and remap lie side by side and travel together.
  std::uint32_t pointers = 0, entries = 0, list = 0, remap = 0, topology_bytes = 0;
  std::uint32_t turned_pointers = 0, turned_entries = 0; // column order, where the input gradient is needed
  std::uint32_t slot_scores = 0;                         // fp32 [live], whole on the root
  std::uint32_t dense_scores = 0;                        // fp32, of this tile's part of the blocks
  std::uint32_t mask = 0;                                // u8 [blocks], whole on the root, this tile's part on others
  std::uint32_t selections = 0;                          // hal::selection[2], to drop and to grow; or to keep
  std::uint32_t blocks = 0;                              // u32 [live] of each slot, root
  // Convolutions. What groups of own rows add to all weights, fp32 [own groups][outputs][inputs] or [live][16]; what
  // all groups add to own weights, [groups][most weights of a tile], and to biases, [groups][outputs].
  std::uint32_t partial = 0, inbox = 0, inbox_bias = 0;
  std::uint32_t group_mask = 0;         // u8 [own slots][16], of groups that cut blocks
  std::uint32_t growth = 0;             // fp32 [own blocks][16], in the regrow job
  std::uint32_t growth_candidates = 0;  // fp32 [own blocks + 2], 1: zero, with large gradients; then two constants
  std::vector<std::uint32_t> of_method; // rooms that the recipe has asked for, in its order
};

// What a node leaves for the ones behind it. Rows are the whole batch's where everybody needs them, else own ones.
struct node_buffers {
  std::uint32_t outputs = 0;   // storage [rows][elements]; of the last node fp32 logits [own rows][elements]
  std::uint32_t gradients = 0; // storage [rows][elements]; in place of the outputs where pooling gates by them
  std::uint32_t choices = 0;   // u8 [own rows][elements]: taps that a maximum was taken from
  std::vector<std::uint32_t> input_gradients; // of every input: what this node gives back
};

// Of a batch normalisation; every tile has all of it. fp32.
struct norm_buffers {
  std::uint32_t state = 0;                   // [training::norm_parts(), channels]
  std::uint32_t momenta = 0;                 // its parts from the fifth on: the optimiser's states
  std::uint32_t gradient = 0;                // [2, channels]
  std::uint32_t statistics = 0;              // [2, channels]: of the batch, or the running ones
  std::uint32_t sums = 0, gradient_sums = 0; // [groups of rows][2, channels], of all tiles
};

struct buffer {
  std::string name;
  std::uint32_t offset = 0, bytes = 0;
};

struct layout {
  layout(const chip& c, const training& t, const network& net, const partition& part, const placement& where,
         std::uint32_t evaluation_rows);

  hal::element type; // of weights and activations
  std::uint32_t element_bytes;
  std::uint32_t image_bytes;                        // of a row of images in SRAM: pixels, label, padding to 16
  std::uint32_t images = 0, image_buffer_bytes = 0; // lookahead + 1 buffers [rows][image_bytes]
  std::uint32_t label_at;                           // bytes of pixels in a row
  std::uint32_t image_pieces = 0;                   // that a row is packed in; 0: as it is
  std::uint32_t indices = 0;    // [lookahead][own rows] {u32 sample, u16 sizes[image_pieces], padding to 4}
  std::uint32_t test_sizes = 0; // u16 [2][evaluation rows][image_pieces]
  std::uint32_t tokens = 0;     // u32 [token_kinds][tiles]: what is sent when only the signal matters
  std::uint32_t relay = 0;      // a word nobody reads
  std::uint32_t train_records = 0, test_record = 0;    // loss_record[tiles], each tile's at its number; own loss_record
  std::uint32_t gradient_records = 0, step_record = 0; // hal::gradient_record[tiles], of controlled runs
  std::uint32_t row_counts = 0, column_counts = 0;     // u32 [mesh width], [mesh height] histograms of SELECT_K
  std::vector<layer_buffers> layers;
  std::vector<node_buffers> nodes;
  std::vector<norm_buffers> norms;

  // Two of each, for streaming.
  std::uint32_t stage_master[2]{}, stage_momentum[2]{}, stage_gradient[2]{}, stage_copy[2]{}, stage_weights[2]{};
  static constexpr std::uint32_t token_kinds = 4; // semaphores 0 to 3
  std::uint32_t chunk_elements = 0;               // of a stage_master

  std::uint32_t index_bytes() const { return 4 + (image_pieces + 1) / 2 * 4; } // of a row of `indices`

  std::vector<buffer> buffers;
  std::uint32_t used = 0;

private:
  void take_outputs(const network& net, std::uint32_t batch, std::uint32_t own);
  void take_gradients(const network& net, std::uint32_t n, std::uint32_t batch, std::uint32_t own);
  void take_norms(const network& net, std::uint32_t groups, std::uint32_t parts);
  std::uint32_t take(const std::string& name, std::uint64_t bytes);
};

// How much is streamed at a time: whole groups of four rows or blocks for masters, rows or columns for weights.
std::uint32_t master_chunk_rows(const slice& s);
inline constexpr std::uint32_t master_chunk_blocks = 64; // their gradient takes longer than their way from and to DRAM
std::uint32_t weight_chunk(std::uint32_t line_bytes, std::uint32_t unit);

// Keeps as much in SRAM as fits; input_error with the missing amount if even streaming does not help.
placement choose_placement(const chip& c, const training& t, const network& net, const partition& part,
                           std::uint32_t evaluation_rows);

} // namespace acf::compiler
