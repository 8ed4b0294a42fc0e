// Entries, single weights or 4x4 blocks, live and die. Masters, momenta and copies are dense, with zeros where the mask
// of the tile that owns them says so: products bypass the zeros of the copies, which do not travel either. Every change
// of the mask drops the smallest entries of a layer; how many, and what grows in their place, is what recipes differ
// in. Blocks that are listed, whose number never changes, are no recipe of this kind: program_regrow.cpp. Layers that
// are layer_shape::fixed() have no mask: all their weights live, as in dense training.
#pragma once

#include "sw_stack/compiler/methods/method.hpp"

namespace acf::compiler {

class elements : public method {
public:
  explicit elements(std::uint32_t edge_of_an_entry) : edge(edge_of_an_entry) {}

  void shape_layers(const training&, const std::vector<node>&, std::vector<layer_shape>& layers) const override;
  void plan(const training& t, std::uint32_t all_steps, recipe& r) const override;
  bool resident() const override { return true; }
  bool has_masks() const override { return true; }
  bool packed() const override { return true; }
  bool changes_masks(const training& t) const override { return t.regrow_period != 0; }
  std::vector<room> rooms(const room_request& r) const override;
  void load(const design& d, tile_code& code, setup_loader& to, std::uint32_t l) const override;
  wait_for gate_gradient(const design& d, tile_code& code, std::uint32_t l, const chunk& c,
                         wait_for first_wait) const override;
  void change_masks(const design& d, tile_code& code) const override;
  std::uint32_t at_end(const design& d, tile_code& code) const override;

protected:
  // --- what recipes differ in ----------------------------------------------------------------------------------------
  virtual bool starts_full() const { return false; }          // else with as many as the sparsity leaves
  virtual bool moves_between_layers() const { return false; } // entries, so that only their sum stays
  virtual bool grows() const { return true; }
  virtual bool dead_ones_have_moments() const { return false; }

  // A change of the mask behind `step`: what it drops goes into the recipe. `alive`: of each layer, brought up to date.
  struct change_time {
    std::uint32_t step, last, all_steps; // last: step of the run's last change
  };
  virtual void plan_change(const training& t, const change_time& when, recipe& r,
                           std::vector<std::uint32_t>& alive) const = 0;
  virtual void before_changes(const design&, tile_code&) const {}
  // Scores of what might grow, fp32 [entries of the tile]; `own`: the tile's weights, whose gradient may be written.
  virtual void growth_scores(const design&, tile_code&, std::uint32_t, const chunk& /*own*/,
                             const tensor& /*to*/) const {}
  // How many the next choice takes, of the root: as many grow as die. `changed`: layers before this one.
  virtual void load_count(const design& d, tile_code& code, std::uint32_t changed, bool growth) const;
  virtual void after_changes(const design& d, tile_code& code, std::uint32_t changed) const;

  // --- for them ------------------------------------------------------------------------------------------------------
  const std::uint32_t edge; // 1 or 4 weights each way

  // Weights with a mask.
  static bool owns(const design& d, std::uint32_t l, std::uint32_t tile) {
    return !d.layers[l].fixed() && d.part.owns(l, tile);
  }
  // Of the network, without padding; blocks of the padded matrix.
  std::uint32_t entries(const layer_shape& s) const {
    return edge == 1 ? s.real_outputs * s.real_inputs : s.outputs / 4 * (s.inputs / 4);
  }
  static std::uint32_t count_of(std::uint32_t all, double sparsity);
  // As many as that share of what lives die in each layer, and as many grow.
  void drop_share(double share, recipe& r, const std::vector<std::uint32_t>& alive) const;

  // Number of this tile's first entry.
  std::uint32_t first(const design& d, std::uint32_t l, std::uint32_t tile) const;
  // Where scores of single weights lie, and weights of blocks block by block while they are summed up.
  static std::uint32_t room_of_scores(const design& d, std::uint32_t l);
  // The mask of a part of this tile's weights, as an operand beside them.
  tensor mask_of(const design& d, std::uint32_t l, std::uint32_t tile, const slice& where) const;
  // Zeros for what is dead.
  void gate(tile_code& code, const tensor& values, const tensor& mask, const link& how) const;
  // What entries are worth: magnitudes of own weights, or of blocks their sums.
  void score(const design& d, tile_code& code, std::uint32_t l, const tensor& values, const tensor& to,
             const link& how) const;

private:
  // Of the matrix as it lies, where a tile's part has them side by side.
  std::uint32_t entries_of_a_row(const layer_shape& s) const { return s.inputs / edge; }
  std::uint32_t entries_of_rows(const layer_shape& s, std::uint32_t rows) const {
    return rows / edge * entries_of_a_row(s);
  }
  std::uint32_t mask_pitch(const layer_shape& s) const { return (entries_of_a_row(s) + 3) / 4 * 4; }
  tensor own_mask(const design& d, std::uint32_t l, std::uint32_t tile) const;

  std::vector<std::uint32_t> plan_changes(const training& t, std::uint32_t all_steps, recipe& r) const;
  [[noreturn]] void refuse_start(const std::string& where, std::uint64_t given, std::uint64_t all,
                                 std::uint64_t wanted) const;
  std::uint32_t set_mask(const training& t, std::size_t l, const layer_shape& s, std::uint32_t wanted,
                         layer_start& start) const;
  void change_layer(const design& d, tile_code& code, std::uint32_t l, std::uint32_t changed) const;
};

// Of single weights or of blocks, one each.
template <class Recipe>
const method& of_entries(pattern entries) {
  static const Recipe single{1}, blocks{4};
  return entries == pattern::masked_blocks ? blocks : single;
}

} // namespace acf::compiler
