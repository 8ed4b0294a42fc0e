#include "sw_stack/compiler/start_tables.hpp"

#include <map>

namespace acf::compiler {

start_topology make_topology(const layer_shape& s, const std::vector<std::uint32_t>& live,
                             const std::vector<std::uint32_t>& block_of_slot) {
  const std::uint32_t block_columns = s.inputs / 4, block_rows = s.outputs / 4;
  start_topology t;
  t.mask.assign(s.blocks, 0);
  t.blocks = block_of_slot;
  std::map<std::uint32_t, std::uint32_t> slot_of;
  for (std::uint32_t slot = 0; slot < s.live; ++slot) slot_of[block_of_slot[slot]] = slot;
  std::vector<std::uint32_t> pointers(block_rows + 1), entries, list(2 * std::size_t{s.live}), remap(s.live);
  for (std::uint32_t i = 0; i < s.live; ++i) {
    const std::uint32_t slot = slot_of.at(live[i]);
    const std::uint32_t row = live[i] / block_columns, column = live[i] % block_columns;
    t.mask[live[i]] = 1;
    entries.insert(entries.end(), {column, slot});
    list[2 * slot] = row;
    list[2 * slot + 1] = column;
    remap[slot] = slot;
    ++pointers[row + 1];
  }
  for (std::uint32_t r = 0; r < block_rows; ++r) pointers[r + 1] += pointers[r];
  for (const auto* part_of_it : {&pointers, &entries, &list, &remap})
    t.words.insert(t.words.end(), part_of_it->begin(), part_of_it->end());
  return t;
}

std::vector<float> blocks_of(const layer_shape& s, const std::vector<float>& weights,
                             const std::vector<std::uint32_t>& blocks) {
  std::vector<float> out;
  out.reserve(blocks.size() * 16);
  for (const auto b : blocks)
    for (std::uint32_t i = 0; i < 4; ++i)
      for (std::uint32_t j = 0; j < 4; ++j)
        out.push_back(weights[std::size_t{b / (s.inputs / 4) * 4 + i} * s.inputs + b % (s.inputs / 4) * 4 + j]);
  return out;
}

std::vector<float> side_by_side(const std::vector<float>& one, const std::vector<float>& other, std::size_t width) {
  std::vector<float> both;
  both.reserve(2 * one.size());
  for (std::size_t at = 0; at < one.size(); at += width)
    for (const auto* from : {&one, &other})
      both.insert(both.end(), from->begin() + static_cast<std::ptrdiff_t>(at),
                  from->begin() + static_cast<std::ptrdiff_t>(at + width));
  return both;
}

std::vector<std::uint8_t> mask_of_groups(const layer_shape& s, const std::vector<std::uint32_t>& blocks) {
  std::vector<float> all(std::size_t{s.outputs} * s.inputs, 0.f);
  for (std::uint32_t o = 0; o < s.real_outputs; ++o)
    for (std::uint32_t i = 0; i < s.real_inputs; ++i) all[std::size_t{o} * s.inputs + s.column_of(o, i)] = 1.f;
  std::vector<std::uint8_t> mask;
  for (const float v : blocks_of(s, all, blocks)) mask.push_back(v != 0.f);
  return mask;
}

} // namespace acf::compiler
