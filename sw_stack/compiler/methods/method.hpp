// What tells one recipe from another, beside what all have in common (RECIPE.md): numbers before the run, room in SRAM,
// and commands in the jobs. Every recipe, or a few that differ in a line, has a file in this folder; method_of() is the
// only place that knows them all. What a method does not say is as in dense training.
#pragma once

#include "sw_stack/compiler/operators/operator.hpp"
#include "sw_stack/compiler/recipe.hpp"
#include "sw_stack/compiler/setup_loader.hpp"
#include "sw_stack/hal/threshold_commands.hpp"

#include <optional>

namespace acf::compiler {

struct room { // in the SRAM of every tile
  const char* what;
  std::uint64_t bytes;
};

struct room_request {
  const training& run;
  const network& net;
  const partition& part;
  std::uint32_t l;
  std::uint32_t element_bytes; // of the storage type
};

class method {
public:
  virtual ~method() = default;

  // --- numbers -------------------------------------------------------------------------------------------------------
  // How the weights may be cut. Throws input_error: networks that this recipe does not know.
  virtual void shape_layers(const training&, const std::vector<node>&, std::vector<layer_shape>&) const {}
  // Changes what dense training starts with, and adds changes of the mask. all_steps: of the run without a limit.
  virtual void plan(const training&, std::uint32_t, recipe&) const {}
  using threshold = std::optional<hal::threshold_record>;
  virtual threshold first_threshold(const training&, std::size_t) const { return {}; } // of a tensor that is thinned

  // --- room ----------------------------------------------------------------------------------------------------------
  virtual bool resident() const { return false; }                           // weights and masters must be in SRAM
  virtual std::vector<room> rooms(const room_request&) const { return {}; } // of a layer: layer_buffers::of_method
  virtual bool has_masks() const { return false; }                          // stored by at_end()
  virtual bool changes_masks(const training&) const { return false; }       // by change_masks()
  virtual bool chooses(const room_request& r) const {                       // by emit_choice(), entries of a layer
    return changes_masks(r.run) && !r.net.layers[r.l].fixed();
  }

  // --- commands ------------------------------------------------------------------------------------------------------
  // Setup, when masters have been loaded: what is sent to all tiles raises semaphore::ready, first_copies() times.
  virtual bool makes_first_copies() const { return false; } // instead of weights that are loaded
  virtual void load(const design&, tile_code&, setup_loader&, std::uint32_t) const {}
  virtual void at_start(const design&, tile_code&) const {}
  virtual std::uint32_t first_copies(const design&) const { return 0; }

  // Weights [outputs][inputs] that the input gradient of layer l reads.
  virtual tensor backward_weights(const design& d, std::uint32_t l, range columns) const;

  // Thins out what node n, a layer with weights, gives back, before the derivative of the ReLU in front of it, which is
  // then this function's; both on the vector unit. exchange() sends what all tiles need to know of it, behind `first`,
  // and raises semaphore::acts exchanges() times at every tile.
  virtual bool thins(const design&, std::uint32_t) const { return false; }
  virtual void thin(const design&, tile_code&, std::uint32_t, const own_rows&, const link&) const {}
  virtual void thin_without_rows(const design&, tile_code&, std::uint32_t) const {}
  virtual std::uint32_t exchanges(const design&, std::uint32_t) const { return 0; }
  virtual void exchange(const design&, tile_code&, std::uint32_t, const own_rows&, wait_for) const {}
  virtual void after_exchange(const design&, tile_code&) const {} // when everybody's rows have arrived
  virtual void after_decision(const design&, tile_code&) const {} // of a controlled run: the step record is there

  // Zeros where the recipe has no gradient in a chunk of layer l, which `first` announces, before anything looks at it.
  // Returns what there is left to wait for.
  virtual wait_for gate_gradient(const design&, tile_code&, std::uint32_t, const chunk&, wait_for first) const {
    return first;
  }
  // New masters, momenta and copies of a chunk of layer l whose gated gradient `first` announces. Returns what all
  // tiles need of it; each has raised semaphore::updated.
  virtual std::vector<tensor> update(const design& d, tile_code& code, std::uint32_t l, const chunk& c,
                                     wait_for first) const;
  virtual bool packed() const { return false; } // zeros of the copies stay at home

  virtual void step_end(const design&, tile_code&) const {}
  virtual void change_masks(const design&, tile_code&) const {} // the whole regrow job, up to its fence
  // Evaluate job: returns how often semaphore::stored is raised.
  virtual std::uint32_t at_end(const design&, tile_code&) const { return 0; }
};

const method& method_of(const training& run);

// One for each file.
const method& n_of_m_method(method_kind k);
const method& thinning_method(method_kind k);
const method& growth_method(method_kind k, pattern entries); // of entries
const method& momentum_method(pattern entries);

// What several need.

// This tile's part of a resident dense layer as one chunk.
chunk own_weights(const design& d, std::uint32_t l, std::uint32_t tile);
// A part of a dense matrix [outputs][inputs] of the storage type at `base`; one piece of memory if it has all columns.
tensor part_to_send(const design& d, std::uint32_t l, std::uint32_t base, const slice& where);
tensor part_of_matrix(const design& d, std::uint32_t l, std::uint32_t base, const slice& where);

// The copy of a chunk: a part of a dense matrix, or blocks side by side.
tensor copy_to_send(const design& d, std::uint32_t l, const chunk& c);

// What UPDATE multiplies gradients by, of controlled runs: the factor of the step record, or nothing, because it is in
// them already.
enum class gradient_factor { of_step, taken };

// copy: none, for values that are copied otherwise.
void emit_update_command(const design& d, tile_code& code, const tensor& master, const design::moments& states,
                         const tensor& gradient, const tensor* copy, float decay, const link& how,
                         gradient_factor factor = gradient_factor::of_step);
inline void emit_update_command(const design& d, tile_code& code, const chunk& c, const tensor* copy, const link& how,
                                gradient_factor factor = gradient_factor::of_step) {
  emit_update_command(d, code, c.master, {c.momentum, c.second}, c.gradient, copy, d.run.weight_decay, how, factor);
}
// v2 = f(v0, v1)
void emit_ewise(tile_code& code, std::uint32_t function, const tensor* v0, const tensor* v1, const tensor& v2,
                const link& how, float constant = 0);

} // namespace acf::compiler
