#include "sw_stack/compiler/partition.hpp"

#include <algorithm>

namespace acf::compiler {
namespace {
constexpr std::uint32_t column_unit = 16; // columns of a dense slice come in sixteens: whole bank widths
}

range part_of(std::uint32_t n, std::uint32_t index, std::uint32_t parts) {
  const auto at = [&](std::uint64_t i) { return static_cast<std::uint32_t>(n * i / parts); };
  return {at(index), at(index + 1) - at(index)};
}

// Dense layers are cut into a grid of row groups x columns, as many pieces as tiles at most, so that the largest piece
// is smallest; of equals the one with most row groups, which keeps rows of memory long.
partition::partition(std::uint32_t tile_count, std::uint32_t batch_rows, const std::vector<layer_shape>& layers,
                     std::uint32_t row_unit)
    : tiles(tile_count),
      batch(batch_rows),
      rows_per_tile(((batch_rows + tile_count - 1) / tile_count + row_unit - 1) / row_unit * row_unit),
      row_tiles((batch_rows + rows_per_tile - 1) / rows_per_tile),
      shapes(layers) {
  const auto up = [](std::uint32_t n, std::uint32_t parts) { return (n + parts - 1) / parts; };
  for (const auto& l : layers) {
    const std::uint32_t groups = up(l.outputs, l.output_unit), units = l.whole_rows ? 1 : up(l.inputs, column_unit);
    grid best;
    std::uint64_t smallest = ~std::uint64_t{0};
    for (std::uint32_t r = std::min(groups, tiles); r >= 1; --r) {
      const std::uint32_t c = std::min(tiles / r, units);
      const std::uint64_t size = std::uint64_t{up(groups, r)} * up(units, c);
      if (size < smallest) smallest = size, best = {r, c};
    }
    grids.push_back(best);
  }
}

range partition::rows(std::uint32_t tile) const {
  const std::uint32_t first = std::min(batch, tile * rows_per_tile);
  return {first, std::min(batch - first, rows_per_tile)};
}

slice partition::weights(std::uint32_t layer, std::uint32_t tile) const {
  const auto& g = grids[layer];
  if (tile >= g.rows * g.columns) return {};
  const auto& s = shapes[layer];
  const std::uint32_t unit = s.output_unit;
  const range groups = part_of((s.outputs + unit - 1) / unit, tile / g.columns, g.rows);
  const range units = part_of((s.inputs + column_unit - 1) / column_unit, tile % g.columns, g.columns);
  const std::uint32_t left = units.first * column_unit, right = std::min(s.inputs, units.end() * column_unit);
  const std::uint32_t top = groups.first * unit, bottom = std::min(s.outputs, groups.end() * unit);
  return {{top, bottom - top}, {left, right - left}};
}

range partition::slots(std::uint32_t layer, std::uint32_t tile) const {
  const std::uint32_t n = shapes[layer].live, each = n / tiles, more = n % tiles;
  return {tile * each + std::min(tile, more), each + (tile < more)};
}

range partition::biases(std::uint32_t layer, std::uint32_t tile) const {
  const range fours = part_of(shapes[layer].outputs / 4, tile, tiles);
  return {fours.first * 4, fours.count * 4};
}

range partition::score_blocks(std::uint32_t layer, std::uint32_t tile) const {
  const std::uint32_t blocks = shapes[layer].blocks;
  const range fours = part_of((blocks + 3) / 4, tile, tiles);
  const std::uint32_t first = std::min(blocks, fours.first * 4);
  return {first, std::min(blocks, fours.end() * 4) - first};
}

bool partition::owns(std::uint32_t layer, std::uint32_t tile) const {
  return shapes[layer].sparse ? slots(layer, tile).count > 0 : !weights(layer, tile).empty();
}

std::uint64_t partition::most_score_blocks(std::uint32_t layer) const {
  std::uint32_t most = 0;
  for (std::uint32_t t = 0; t < tiles; ++t) most = std::max(most, score_blocks(layer, t).count);
  return most;
}

std::uint32_t partition::widest(std::uint32_t layer) const {
  std::uint32_t most = 0;
  for (std::uint32_t t = 0; t < tiles; ++t) {
    const slice w = weights(layer, t);
    most = std::max(most, shapes[layer].sparse ? slots(layer, t).count * 16 : w.rows.count * w.columns.count);
  }
  return most;
}

} // namespace acf::compiler
