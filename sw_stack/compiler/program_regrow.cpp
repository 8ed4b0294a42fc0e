// The regrow job, right after a step: blocks with the smallest weights die, blocks with the largest gradients grow in
// their place. Scores come from all tiles, the root decides, and masters and momenta move to their new owners through
// tables in DRAM. Gradients of dead blocks are formed only here, from the batch that is still in SRAM.
#include "sw_stack/compiler/design.hpp"

namespace acf::compiler {
namespace {

using namespace hal;

constexpr std::uint32_t block_bytes = 64; // of a block of fp32

// Own masters and momenta to DRAM; scores of own blocks to the root, behind them. Returns signals raised at the root.
void save_and_score(const design& d, tile_code& code, std::uint32_t l) {
  const auto& b = d.mem.layers[l];
  if (const range own = d.part.slots(l, code.tile); own.count) {
    const tensor masters = matrix_of(element::f32, b.masters, own.count, 16),
                 momenta = matrix_of(element::f32, b.momenta, own.count, 16),
                 scores = vector_of(element::f32, b.slot_scores, own.count).at(own.first * 4);
    code.append(code.start(opcode::score, {.then = {semaphore::scored, 1}, .tag = tagged(tag::regrow, l)},
                           {&masters, &scores}));
    for (const auto& [from, table] :
         {std::pair{masters, d.dram.layers[l].masters}, {momenta, d.dram.layers[l].momenta}})
      code.store(from, table + own.first * block_bytes,
                 {.then = {semaphore::stored, 1}, .tag = tagged(tag::regrow, l)});
    code.send(scores, d.root_only(),
              {.first = {semaphore::scored, 1},
               .second = {semaphore::stored, 2},
               .then = {semaphore::scores, 1},
               .tag = tagged(tag::regrow, l)});
  }
  if (const range own = d.part.score_blocks(l, code.tile); own.count) {
    const tensor gradients = d.gradients(l, d.all_rows(), d.all_columns(l)),
                 inputs = d.layer_input(l, d.fill_scalar(), d.all_rows(), {0, d.layers[l].inputs}), // of the last step
        scores = vector_of(element::f32, b.dense_scores, own.count).at(own.first * 4);
    command c = code.start(opcode::sddmm, {.then = {semaphore::ranged, 1}, .tag = tagged(tag::regrow, l)},
                           {&gradients, &inputs, &scores});
    const std::uint32_t sides = mm_flag::skip_a | mm_flag::skip_b, flags = d.product_flags(phase::weight_gradient);
    c.param = {sddmm_out::score_sum | (flags & ~sides), 0, own.first, own.count, flags & sides, 0};
    code.append(c);
    code.send(scores, d.root_only(),
              {.first = {semaphore::ranged, 1}, .then = {semaphore::scores, 1}, .tag = tagged(tag::regrow, l)});
  }
}

// How many signals a tile raises with the scores of all layers. At least one: the root must know that every tile is in
// this job, see registers_used.hpp.
std::uint32_t score_signals(const design& d, std::uint32_t tile) {
  std::uint32_t n = 0;
  for (std::uint32_t l = 0; l <= d.last(); ++l)
    if (d.layers[l].sparse) n += (d.part.slots(l, tile).count > 0) + (d.part.score_blocks(l, tile).count > 0);
  return n;
}

// The root's decision.
void decide(const design& d, tile_code& code, std::uint32_t l, std::uint32_t which) {
  const auto& s = d.layers[l];
  const auto& b = d.mem.layers[l];
  const std::uint16_t t = tagged(tag::regrow, l);
  const tensor blocks = vector_of(element::u32, b.blocks, s.live),
               by_slot = matrix_of(element::f32, b.slot_scores, s.live, 1),
               table = matrix_of(element::f32, b.live_scores, s.blocks, 1),
               live = vector_of(element::f32, b.live_scores, s.blocks),
               dense = vector_of(element::f32, b.dense_scores, s.blocks),
               mask = matrix_of(element::u8, b.mask, s.outputs / 4, s.inputs / 4),
               both = matrix_of(element::u32, b.selections, 2, 4), drop = vector_of(element::u32, b.selections, 4),
               grow = drop.at(sizeof(selection)), lists = d.blocks(l, false),
               remap = vector_of(element::u32, b.remap, s.live), list = matrix_of(element::u32, b.list, s.live, 2);
  code.load_scalar(scalar::change, d.dram.changes + which * 4, scalar::event);
  command scatter = code.start(opcode::scatter, {.tag = t}, {&blocks, &by_slot, &table});
  scatter.param[0] = table_in::sram;
  code.append(scatter);
  command least = code.start(opcode::select_k, {.tag = t}, {&live, &mask, &drop});
  least.param = {order::smallest, 1, scalar::change, 0, 0, 0};
  code.append(least);
  command most = code.start(opcode::select_k, {.tag = t}, {&dense, &mask, &grow});
  most.param = {order::largest, 0, scalar::change, 0, 0, 0};
  code.append(most);
  command change =
      code.start(opcode::mask_update, {.then = {semaphore::listed, 1}, .tag = t}, {&mask, &live, &dense, &both});
  extension outputs = code.extend({&lists, &blocks, &remap, &list});
  outputs.param[0] = d.tiles();
  code.append(change, outputs);
  code.send(vector_of(element::u32, b.pointers, b.topology_bytes / 4), d.all_tiles(),
            {.first = {semaphore::listed, 1}, .then = {semaphore::topology, 1}, .tag = t});
}

// Masters and momenta of the slots that are now here; their values to all tiles. Returns what this tile raises at
// itself beside the values.
std::uint32_t move_in(const design& d, tile_code& code, std::uint32_t l) {
  const auto& b = d.mem.layers[l];
  const std::uint16_t t = tagged(tag::regrow, l);
  std::uint32_t raised = 0;
  if (l > 0) {
    const tensor lists = d.blocks(l, false), turned = d.blocks(l, true);
    code.append(code.start(opcode::transpose, {.then = {semaphore::ready, 1}, .tag = t}, {&lists, &turned}));
    ++raised;
  }
  const range own = d.part.slots(l, code.tile);
  if (own.count == 0) return raised;
  const tensor index = vector_of(element::u32, b.remap, own.count).at(own.first * 4),
               masters = matrix_of(element::f32, b.masters, own.count, 16),
               momenta = matrix_of(element::f32, b.momenta, own.count, 16),
               values = matrix_of(d.mem.type, b.weights, own.count, 16).at(own.first * 16 * d.mem.element_bytes);
  code.gather(index, masters, d.dram.layers[l].masters, block_bytes, {.then = {semaphore::moved, 1}, .tag = t});
  code.gather(index, momenta, d.dram.layers[l].momenta, block_bytes, {.then = {semaphore::ready, 1}, .tag = t});
  ++raised;
  code.copy(masters, values, {.first = {semaphore::moved, 1}, .then = {semaphore::cast, 1}, .tag = t});
  code.send(vector_of(d.mem.type, b.weights, own.count * 16).at(own.first * 16 * d.mem.element_bytes), d.all_tiles(),
            {.first = {semaphore::cast, 1}, .then = {semaphore::ready, 1}, .tag = t});
  return raised;
}

} // namespace

void emit_regrow(const design& d, tile_code& code) {
  std::vector<std::uint32_t> sparse;
  std::uint32_t scores = 0, values = 0, own = 0;
  for (std::uint32_t l = 0; l <= d.last(); ++l)
    if (d.layers[l].sparse) {
      sparse.push_back(l);
      values += std::min(d.tiles(), d.layers[l].live); // tiles that have slots
    }
  for (std::uint32_t t = 0; t < d.tiles(); ++t) scores += std::max(1u, score_signals(d, t));
  for (const auto l : sparse) save_and_score(d, code, l);
  if (score_signals(d, code.tile) == 0)
    code.send(d.token(semaphore::ready, code.tile), d.root_only(), {.then = {semaphore::scores, 1}});
  if (code.tile == 0) {
    code.wait(semaphore::scores, scores);
    for (std::uint32_t i = 0; i < sparse.size(); ++i) decide(d, code, sparse[i], i);
    code.set(scalar::event, setreg_op::add, sparse.size() * 4);
  }
  code.wait(semaphore::topology, static_cast<std::uint32_t>(sparse.size()));
  for (const auto l : sparse) own += move_in(d, code, l);
  code.wait(semaphore::ready, values + own);
  emit_fence(d, code);
}

} // namespace acf::compiler
