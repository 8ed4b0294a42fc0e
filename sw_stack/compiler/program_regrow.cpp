// The regrow job, right after a step: blocks with the smallest weights die, blocks with the largest gradients grow in
// their place (program_growth.cpp). The root, which has the scores of all live blocks, writes the new lists, and
// masters and momenta move to their new owners through tables in DRAM.
#include "sw_stack/compiler/operators/operator.hpp"

#include <algorithm>
#include <cstddef>
#include <tuple>

namespace acf::compiler {
namespace {

using namespace hal;

constexpr std::uint32_t block_bytes = 64; // of a block of fp32

// Masters and momenta that have no place in SRAM pass through the two stages of the update. All stages are empty
// between these two, whatever was listed.
void open_stages(const design& d, tile_code& code) {
  for (const std::uint32_t i : {0, 1}) {
    code.add(semaphore::masters_free + i, 1, d.only(code.tile));
    code.add(semaphore::momenta_free + i, 1, d.only(code.tile));
  }
}
void close_stages(const design& d, tile_code& code) { // everything has been stored
  emit_finished(d, code);                             // so that these waits take nothing from a load
  for (const std::uint32_t i : {0, 1}) {
    code.wait(semaphore::masters_free + i, 1);
    code.wait(semaphore::momenta_free + i, 1);
  }
}

struct stage_of_blocks {
  range slots;
  tensor masters, momenta;
  wait_for masters_free, momenta_free, masters_here, momenta_here;
};

std::vector<stage_of_blocks> stages(const design& d, const tile_code& code, std::uint32_t l) {
  const range own = d.part.slots(l, code.tile);
  std::vector<stage_of_blocks> all;
  for (std::uint32_t done = 0, turn = 0; done < own.count; done += master_chunk_blocks, turn ^= 1) {
    const range slots{own.first + done, std::min(master_chunk_blocks, own.count - done)};
    all.push_back({slots,
                   matrix_of(element::f32, d.mem.stage_master[turn], slots.count, 16),
                   matrix_of(element::f32, d.mem.stage_momentum[turn], slots.count, 16 * d.states()),
                   {semaphore::masters_free + turn, 1},
                   {semaphore::momenta_free + turn, 1},
                   {semaphore::masters_loaded + turn, 1},
                   {semaphore::momenta_loaded + turn, 1}});
  }
  return all;
}

tensor scores_of(const design& d, std::uint32_t l, range slots) {
  return vector_of(element::f32, d.mem.layers[l].slot_scores, slots.count).at(slots.first * 4);
}

void score(tile_code& code, std::uint32_t l, const tensor& masters, const tensor& scores, link how) {
  how.tag = tagged(tag::regrow, l);
  code.append(code.start(opcode::score, how, {&masters, &scores}));
}

void save_resident(const design& d, tile_code& code, std::uint32_t l, range own) {
  const auto& b = d.mem.layers[l];
  const auto& table = d.dram.layers[l];
  const tensor masters = matrix_of(element::f32, b.masters, own.count, 16),
               momenta = matrix_of(element::f32, b.momenta, own.count, 16 * d.states());
  score(code, l, masters, scores_of(d, l, own), {.then = {semaphore::scored, 1}});
  for (const auto& [from, to, states] :
       {std::tuple{masters, table.old_masters, 1u}, std::tuple{momenta, table.old_momenta, d.states()}})
    code.store(from, to + std::uint64_t{own.first} * block_bytes * states,
               {.then = {semaphore::stored, 1}, .tag = tagged(tag::regrow, l)});
}

void save_streamed(const design& d, tile_code& code, std::uint32_t l) {
  const auto& table = d.dram.layers[l];
  const std::uint16_t t = tagged(tag::regrow, l);
  open_stages(d, code);
  for (const auto& c : stages(d, code, l)) {
    const std::uint64_t at = std::uint64_t{c.slots.first} * block_bytes;
    code.load(c.momenta, table.momenta + at * d.states(),
              {.first = c.momenta_free, .then = c.momenta_here, .channel1 = true, .tag = t});
    code.load(c.masters, table.masters + at,
              {.first = c.masters_free, .then = c.masters_here, .channel1 = true, .tag = t});
    score(code, l, c.masters, scores_of(d, l, c.slots), {.first = c.masters_here, .then = {semaphore::scored, 1}});
    code.store(c.momenta, table.old_momenta + at * d.states(),
               {.first = c.momenta_here, .then = c.momenta_free, .tag = t});
    code.store(c.masters, table.old_masters + at, {.first = {semaphore::scored, 1}, .then = c.masters_free, .tag = t});
  }
  close_stages(d, code);
}

// Own masters and momenta to the tables that the new owners read; scores of own blocks to the root, behind them.
void save_and_score(const design& d, tile_code& code, std::uint32_t l) {
  if (const range own = d.part.slots(l, code.tile); own.count) {
    link how{.then = {semaphore::scores, 1}, .tag = tagged(tag::regrow, l)};
    if (d.where.masters_resident[l]) {
      save_resident(d, code, l, own);
      how.first = {semaphore::scored, 1}, how.second = {semaphore::stored, 2};
    } else
      save_streamed(d, code, l);
    code.send(scores_of(d, l, own), d.root_only(), how);
  }
}

// The root's decision: which blocks die, and what lives where then.
void decide(const design& d, tile_code& code, std::uint32_t l, std::uint32_t which) {
  const auto& s = d.layers[l];
  const auto& b = d.mem.layers[l];
  const std::uint16_t t = tagged(tag::regrow, l);
  const tensor blocks = vector_of(element::u32, b.blocks, s.live), scores = scores_of(d, l, {0, s.live}),
               mask = matrix_of(element::u8, b.mask, s.outputs / 4, s.inputs / 4), drop = d.selection_of(l, 0),
               lists = d.blocks(l, false), remap = vector_of(element::u32, b.remap, s.live),
               list = matrix_of(element::u32, b.list, s.live, 2);
  if (d.run.growth_threshold > 0) { // as many as grow, which may be fewer than planned
    code.store(d.selection_of(l, 1), d.dram.grown, {.then = {semaphore::taken, 1}, .tag = t});
    code.wait(semaphore::taken, 1);
    code.load_scalar(scalar::change, d.dram.grown + offsetof(selection, count));
  } else
    code.load_scalar(scalar::change, d.dram.changes + which * 4, scalar::event);
  command least = code.start(opcode::select_k, {.tag = t}, {&scores, nullptr, &drop});
  least.param = {order::smallest, 0, scalar::change, select_step::whole, 0, 0};
  const tensor diverged = d.rows_not_finite(); // masks stay as they are then
  code.append(least, code.extend({&blocks, &diverged}));
  command change =
      code.start(opcode::mask_update, {.then = {semaphore::listed, 1}, .tag = t}, {&mask, &scores, nullptr, &drop});
  extension outputs = code.extend({&lists, &blocks, &remap, &list});
  outputs.param[0] = d.tiles();
  outputs.param[1] = d.hardware.owners == block_owners::random ? owner_order::in_turn : owner_order::columns;
  code.append(change, outputs);
  code.send(vector_of(element::u32, b.pointers, b.topology_bytes / 4), d.all_tiles(),
            {.first = {semaphore::listed, 1}, .then = {semaphore::topology, 1}, .tag = t});
}

// The values of own blocks, in the storage type, to all tiles.
void spread(const design& d, tile_code& code, std::uint32_t l, range slots, const tensor& masters, wait_for here,
            std::uint32_t readers) {
  const std::uint16_t t = tagged(tag::regrow, l);
  const std::uint32_t base = d.mem.layers[l].weights, bytes = 16 * d.mem.element_bytes;
  code.copy(masters, matrix_of(d.mem.type, base, slots.count, 16).at(slots.first * bytes),
            {.first = here, .then = {semaphore::cast, readers}, .tag = t});
  code.send(vector_of(d.mem.type, base, slots.count * 16).at(slots.first * bytes), d.all_tiles(),
            {.first = {semaphore::cast, 1}, .then = {semaphore::ready, 1}, .tag = t});
}

tensor moved_from(const design& d, std::uint32_t l, range slots) {
  return vector_of(element::u32, d.mem.layers[l].remap, slots.count).at(slots.first * 4);
}

void move_resident(const design& d, tile_code& code, std::uint32_t l, range own) {
  const auto& b = d.mem.layers[l];
  const auto& table = d.dram.layers[l];
  const std::uint16_t t = tagged(tag::regrow, l);
  const tensor index = moved_from(d, l, own), masters = matrix_of(element::f32, b.masters, own.count, 16),
               momenta = matrix_of(element::f32, b.momenta, own.count, 16 * d.states());
  code.gather(index, masters, table.old_masters, block_bytes, {.then = {semaphore::moved, 1}, .tag = t});
  code.gather(index, momenta, table.old_momenta, block_bytes * d.states(), {.then = {semaphore::ready, 1}, .tag = t});
  spread(d, code, l, own, masters, {semaphore::moved, 1}, 1);
}

void move_streamed(const design& d, tile_code& code, std::uint32_t l) {
  const auto& table = d.dram.layers[l];
  const std::uint16_t t = tagged(tag::regrow, l);
  open_stages(d, code);
  for (const auto& c : stages(d, code, l)) {
    const std::uint64_t at = std::uint64_t{c.slots.first} * block_bytes;
    const tensor index = moved_from(d, l, c.slots);
    code.gather(index, c.momenta, table.old_momenta, block_bytes * d.states(),
                {.first = c.momenta_free, .then = c.momenta_here, .channel1 = true, .tag = t});
    code.gather(index, c.masters, table.old_masters, block_bytes,
                {.first = c.masters_free, .then = c.masters_here, .channel1 = true, .tag = t});
    spread(d, code, l, c.slots, c.masters, c.masters_here, 2);
    code.store(c.masters, table.masters + at, {.first = {semaphore::cast, 1}, .then = c.masters_free, .tag = t});
    code.store(c.momenta, table.momenta + at * d.states(), {.first = c.momenta_here, .then = c.momenta_free, .tag = t});
  }
  close_stages(d, code);
}

// Masters and momenta of the slots that are now here. Returns what this tile raises at itself beside the values.
std::uint32_t move_in(const design& d, tile_code& code, std::uint32_t l) {
  std::uint32_t raised = 0;
  if (d.layers[l].passes_back) {
    code.append(d.turn_lists(code, l, {.then = {semaphore::ready, 1}, .tag = tagged(tag::regrow, l)}));
    ++raised;
  }
  const range own = d.part.slots(l, code.tile);
  if (own.count == 0) return raised;
  if (!d.where.masters_resident[l]) {
    move_streamed(d, code, l);
    return raised;
  }
  move_resident(d, code, l, own);
  return raised + 1;
}

// How many times the values of a layer arrive.
std::uint32_t arrivals(const design& d, std::uint32_t l) {
  std::uint32_t n = 0;
  for (std::uint32_t t = 0; t < d.tiles(); ++t) {
    const std::uint32_t own = d.part.slots(l, t).count;
    n += d.where.masters_resident[l] ? own > 0 : (own + master_chunk_blocks - 1) / master_chunk_blocks;
  }
  return n;
}

// Gradients of all blocks need all columns of all rows of the last step, of which a step brings the owners' only. The
// images of the next one have been dealt to those who own the blocks until now.
void share_inputs(const design& d, tile_code& code, const own_rows& r) {
  std::uint32_t sends = 0;
  const auto send = [&](const tensor& what, std::uint32_t l) {
    ++sends;
    if (r.rows.count)
      code.send(what, d.all_tiles(), {.then = {semaphore::inputs, 1}, .packed = true, .tag = tagged(tag::regrow, l)});
  };
  if (d.dealt_images())
    for (const auto buffer : {r.image_scalar, std::uint32_t{scalar::images_now}})
      send(d.own_image_rows(buffer, r.rows), *d.dealt_images());
  for (std::uint32_t n = 0; n < d.nodes.size(); ++n)
    if (const auto l = d.dealt(n)) send(d.rows_to_send(d.mem.nodes[n].outputs, n, r.rows), *l);
  code.wait(semaphore::inputs, sends * d.part.row_tiles);
}

} // namespace

void emit_regrow(const design& d, tile_code& code) {
  std::vector<std::uint32_t> sparse;
  std::uint32_t scores = 0, masks = 0, values = 0, own = 0;
  for (std::uint32_t l = 0; l <= d.last(); ++l)
    if (d.moves(l)) {
      sparse.push_back(l);
      scores += std::min(d.tiles(), d.layers[l].live); // tiles that have slots
      values += arrivals(d, l);
      for (std::uint32_t t = 1; t < d.tiles(); ++t) masks += d.part.score_blocks(l, t).count > 0;
    }
  own_rows rows = d.training_rows(code.tile);
  rows.image_scalar = d.fill_scalar(); // images of the last step
  if (rows.rows.count)
    for (const auto l : sparse) {
      const std::uint32_t n = d.node_of(l);
      operator_of(d.nodes[n].kind).own_growth(d, code, n, rows);
    }
  share_inputs(d, code, rows);
  for (const auto l : sparse) emit_growth_scores(d, code, l);
  for (const auto l : sparse) save_and_score(d, code, l);
  for (std::uint32_t i = 0; i < sparse.size(); ++i) emit_growth(d, code, sparse[i], i);
  if (code.tile == 0) {
    code.wait(semaphore::scores, scores);
    code.wait(semaphore::masks, masks);
    for (std::uint32_t i = 0; i < sparse.size(); ++i) decide(d, code, sparse[i], i);
    code.set(scalar::event, setreg_op::add, sparse.size() * 4);
  }
  code.wait(semaphore::topology, static_cast<std::uint32_t>(sparse.size()));
  for (const auto l : sparse) own += move_in(d, code, l);
  code.wait(semaphore::ready, values + own);
  emit_fence(d, code);
}

} // namespace acf::compiler
