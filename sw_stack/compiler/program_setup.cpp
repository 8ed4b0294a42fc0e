// The setup job: SRAM is random at power-on, so everything that a step reads is loaded or cleared here, the first
// batches are fetched, and semaphores get the counts that they have between jobs.
#include "sw_stack/compiler/methods/method.hpp"

#include <tuple>

namespace acf::compiler {
namespace {

using namespace hal;

void load_layer(const design& d, tile_code& code, setup_loader& to, std::uint32_t l) {
  const auto& s = d.layers[l];
  const auto& b = d.mem.layers[l];
  const auto& table = d.dram.layers[l];
  if (s.sparse) {
    to.load(vector_of(d.mem.type, b.weights, s.live * 16), table.start_weights);
    to.words(b.pointers, b.topology_bytes / 4, table.topology);
  } else if (d.where.weights_resident[l] && (s.fixed() || !method_of(d.run).makes_first_copies()))
    to.load(vector_of(d.mem.type, b.weights, s.outputs * s.inputs), table.start_weights);
  to.load(vector_of(element::f32, b.bias, s.outputs), table.start_bias);
  if (const range own = d.part.biases(l, code.tile); own.count)
    to.load(matrix_of(element::f32, b.bias_momentum, d.states(), own.count), table.bias_momenta + own.first * 4,
            s.outputs * 4);
  if (d.where.masters_resident[l] && d.part.owns(l, code.tile)) {
    const slice w = d.part.weights(l, code.tile);
    const range slots = d.part.slots(l, code.tile);
    for (const auto& [own, from, states] :
         {std::tuple{b.masters, table.masters, 1u}, std::tuple{b.momenta, table.momenta, d.states()}})
      if (s.sparse)
        to.load(vector_of(element::f32, own, slots.count * 16 * states),
                from + std::uint64_t{slots.first} * 64 * states);
      else
        to.load(matrix_of(element::f32, own, w.rows.count * states, w.columns.count),
                from + (std::uint64_t{w.rows.first} * states * s.inputs + w.columns.first) * 4, s.inputs * 4);
  }
  if (const range slots = d.part.slots(l, code.tile); s.cuts_blocks() && slots.count)
    to.load(vector_of(element::u8, b.group_mask, slots.count * 16), table.group_mask + slots.first * 16);
  method_of(d.run).load(d, code, to, l);
  if (s.sparse && code.tile == 0) {
    to.words(b.blocks, s.live, table.start_blocks);
    if (!d.moves(l)) return;
    to.load(vector_of(element::u8, b.mask, s.blocks), table.start_mask);
  }
}

// Columns that no block of this tile reads never arrive; the buffers as a whole are operands all the same.
void clear_what_is_dealt(const design& d, setup_loader& to) {
  if (d.dealt_images()) // the first batch goes to everybody whole
    to.clear(d.mem.images + d.mem.image_buffer_bytes, d.mem.image_buffer_bytes / 4 * d.where.lookahead);
  for (std::uint32_t n = 0; n < d.nodes.size(); ++n)
    if (d.dealt(n)) to.clear(d.mem.nodes[n].outputs, d.run.batch * d.nodes[n].out.elements() * d.mem.element_bytes / 4);
}

void fetch_first_batches(const design& d, tile_code& code) {
  const range rows = d.part.rows(code.tile);
  if (rows.count == 0) return;
  const std::uint32_t ahead = d.where.lookahead;
  const std::uint32_t each = d.mem.index_bytes();
  code.load(matrix_of(element::u32, d.mem.indices, ahead, rows.count * each / 4),
            d.dram.first_indices + rows.first * each,
            {.then = {semaphore::indexed, 1}, .channel1 = true, .tag = tag::setup}, d.run.batch * each);
  const auto gather = [&](std::uint32_t batch, std::uint32_t buffer, wait_for first) {
    d.gather_images(code, batch, buffer, rows,
                    {.first = first, .then = {semaphore::gathered, 1}, .channel1 = true, .tag = tag::setup});
  };
  gather(0, scalar::images_now, {semaphore::indexed, 1});
  code.send(d.images_shared() ? d.image_bytes(scalar::images_now, d.image_at(rows), rows.count * d.mem.image_bytes)
                              : d.token(semaphore::acts, code.tile), // nobody else needs them
            d.all_tiles(),
            {.first = {semaphore::gathered, 1}, .then = {semaphore::ready, 1}, .channel1 = true, .tag = tag::setup});
  if (ahead == 2) gather(1, scalar::images_next, {}); // stays counted: the first step sends these rows
}

} // namespace

void emit_setup(const design& d, tile_code& code) {
  command define = code.start(opcode::defview, {}, {}); // address and number follow when all views are known
  code.append(define);

  setup_loader to(code);
  code.fill_zero(matrix_of(element::f32, d.mem.tokens + code.tile * 4, layout::token_kinds, 1, d.tiles() * 4),
                 {.then = {semaphore::loaded, 1}, .tag = tag::setup});
  ++to.raised;
  to.clear(d.mem.train_records, d.tiles() * sizeof(loss_record) / 4);
  if (d.run.controlled()) to.load(d.step_record(), d.dram.step_record);
  for (std::uint32_t l = 0; l <= d.last(); ++l) load_layer(d, code, to, l);
  for (std::uint32_t n = 0; n < d.nodes.size(); ++n) operator_of(d.nodes[n].kind).load(d, to, n);
  clear_what_is_dealt(d, to);
  to.await();
  for (std::uint32_t l = 0; l <= d.last(); ++l)
    if (d.layers[l].sparse && d.layers[l].passes_back) {
      code.append(d.turn_lists(code, l, {.then = {semaphore::loaded, 1}, .tag = tag::setup}));
      ++to.raised;
    }
  to.await();

  for (const std::uint32_t i : {0, 1}) code.add(semaphore::weights_free + i, 1, d.only(code.tile));
  code.load_scalar(scalar::rate, d.dram.steps);
  code.load_scalar(scalar::inverse_batch, d.dram.steps + 4);
  if (d.states() > 1) code.set(scalar::corrections, setreg_op::load64, d.dram.steps + dram_tables::step_corrections);

  const method& how = method_of(d.run);
  how.at_start(d, code);
  fetch_first_batches(d, code);
  emit_token(d, code, semaphore::ready);
  code.wait(semaphore::ready, d.tiles() + d.part.row_tiles + how.first_copies(d));
  emit_fence(d, code);
}

} // namespace acf::compiler
