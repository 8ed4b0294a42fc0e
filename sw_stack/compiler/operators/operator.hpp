// One type of layer: the commands that it adds to a step. Every type has a file in this folder; operator_of() is the
// only place that knows them all. A layer runs its forward and backward commands on one unit, in listed order; who has
// to wait for another unit is told by the links that it is given.
#pragma once

#include "sw_stack/compiler/design.hpp"
#include "sw_stack/compiler/setup_loader.hpp"

namespace acf::compiler {

// Weights of a layer that are computed, updated and sent together: a part of a tile's part.
struct chunk {
  tensor master, momentum, gradient, copy; // same shape; copy is what the products read
  slice where;                             // dense layers
  range slots;                             // sparse layers
  tensor second{};                         // moments, of AdamW
};

enum class unit { matrix, vector };

class layer_operator {
public:
  virtual ~layer_operator() = default;
  virtual unit runs_on() const = 0;

  // Products of one sample without any sparsity.
  virtual std::uint64_t forward_macs(const node&, const layer_shape&) const { return 0; }
  virtual std::uint64_t input_gradient_macs(const node& n, const layer_shape& s) const { return forward_macs(n, s); }

  // Outputs of some rows, from the outputs of the nodes that it reads (or images).
  virtual void forward(const design& d, tile_code& code, std::uint32_t n, const own_rows& rows,
                       const link& how) const = 0;
  // Gradients of the node's inputs, which are no images. It emits nothing if it gives back what it gets.
  virtual bool has_input_gradient(const design& d, std::uint32_t n) const { return !d.nodes[n].reads_images(); }
  virtual void input_gradient(const design& d, tile_code& code, std::uint32_t n, const own_rows& rows,
                              const link& how) const = 0;

  // Layers with weights ----------------------------------------------------------------------------------------------
  // What own rows add to the gradients of all weights, for layers whose inputs other tiles do not see: products, behind
  // `first`, and what the vector unit and channel 0 make of them.
  virtual bool sums_own_rows() const { return false; }
  virtual void own_gradients(const design&, tile_code&, std::uint32_t, const own_rows&, wait_for) const {}
  // How many signals of semaphore::acts own_gradients() of all tiles raise at this one.
  virtual std::uint32_t arrivals(const design&, std::uint32_t, std::uint32_t) const { return 0; }
  // Gradient of a chunk of this tile's weights over the whole batch, when everybody's rows have arrived.
  virtual void weight_gradient(const design&, tile_code&, std::uint32_t, const chunk&, const link&) const {}
  // Changes of the mask: what own rows add to the gradients of all blocks, for layers that exchange it; then the scores
  // of own blocks from the gradients of the whole batch, which is still in SRAM.
  virtual void own_growth(const design&, tile_code&, std::uint32_t, const own_rows&) const {}
  virtual void growth_scores(const design&, tile_code&, std::uint32_t, range, const tensor&, const link&) const {}
  // [rows, own]: what is summed up over the rows for the gradient of own biases.
  virtual tensor bias_terms(const design&, std::uint32_t, range) const { return {}; }

  // Parameters that every tile has, whether it has rows or not
  // ---------------------------------------------------------
  virtual void load(const design&, setup_loader&, std::uint32_t) const {}
  virtual void without_rows(const design&, tile_code&, std::uint32_t) const {} // in a step, once all sums are here
  virtual void update(const design&, tile_code&, std::uint32_t) const {}
  virtual void start_evaluation(const design&, tile_code&, std::uint32_t) const {}
  // Returns how often semaphore::stored is raised.
  virtual std::uint32_t store(const design&, tile_code&, std::uint32_t) const { return 0; }
};

const layer_operator& operator_of(layer_kind kind);
const layer_operator& linear_operator();
const layer_operator& convolution_operator();
const layer_operator& pooling_operator();
const layer_operator& norm_operator();
const layer_operator& sum_operator();
const layer_operator& concat_operator();
const layer_operator& dropout_operator();

} // namespace acf::compiler
