// Who does what: rows of the batch, parts of the weights and parts of the biases, for every tile. Which tile computes a
// number never changes the number.
#pragma once

#include "sw_stack/compiler/recipe.hpp"

namespace acf::compiler {

struct range {
  std::uint32_t first = 0, count = 0;
  std::uint32_t end() const { return first + count; }
};

// Part `index` of `parts` nearly equal parts of 0 .. n-1.
range part_of(std::uint32_t n, std::uint32_t index, std::uint32_t parts);

// A rectangle of a dense weight matrix [outputs][inputs].
struct slice {
  range rows, columns;
  bool empty() const { return rows.count == 0 || columns.count == 0; }
};

// Rows whose gradients of a convolution are one sum; sums of groups are added up. Part of the recipe.
inline constexpr std::uint32_t rows_of_a_group = 4;

constexpr std::uint32_t groups_in(std::uint32_t rows) { return (rows + rows_of_a_group - 1) / rows_of_a_group; }

class partition {
public:
  // Rows go to tiles in groups of `row_unit`.
  partition(std::uint32_t tiles, std::uint32_t batch, const std::vector<layer_shape>& layers, std::uint32_t row_unit);

  std::uint32_t tiles, batch;
  std::uint32_t rows_per_tile; // of the batch; the last tile that has rows may have fewer
  std::uint32_t row_tiles;     // tiles that have rows

  range rows(std::uint32_t tile) const;
  slice weights(std::uint32_t layer, std::uint32_t tile) const; // dense layer
  range slots(std::uint32_t layer, std::uint32_t tile) const;   // sparse layer, numbered as by MASK_UPDATE
  range biases(std::uint32_t layer, std::uint32_t tile) const;  // in fours
  range score_blocks(std::uint32_t layer,
                     std::uint32_t tile) const; // blocks whose dense gradient this tile scores, from a multiple of four
  bool owns(std::uint32_t layer, std::uint32_t tile) const;   // any weights of the layer
  std::uint32_t widest(std::uint32_t layer) const;            // most weights of the layer on one tile
  std::uint64_t most_score_blocks(std::uint32_t layer) const; // on one tile

private:
  struct grid {
    std::uint32_t rows = 1, columns = 1;
  };
  std::vector<layer_shape> shapes;
  std::vector<grid> grids; // how a dense layer is cut
};

} // namespace acf::compiler
