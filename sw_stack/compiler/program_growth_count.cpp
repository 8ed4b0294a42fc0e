// ACF's regrowth by a gradient threshold: how many blocks grow is how many zero blocks have a gradient of at least that
// mean magnitude, but no more than a share of those that live, since as many die. Tiles count their parts of the blocks
// with the counter of the store path (DTS_STORE), the root adds up and takes the number as a scalar, by way of DRAM.
#include "sw_stack/compiler/methods/method.hpp"
#include "sw_stack/hal/threshold_commands.hpp"

#include <cstddef>

namespace acf::compiler {

using namespace hal;

namespace {

constexpr std::uint32_t record_bytes = sizeof(threshold_record), record_words = record_bytes / 4;

tensor records(std::uint32_t base, std::uint32_t n) { return vector_of(element::u32, base, n * record_words); }

// Zero blocks with large gradients stay, everything else becomes zero and is counted.
void count_own(const design& d, tile_code& code, std::uint32_t l, const tensor& scores, const tensor& mask, range own,
               wait_for scored, wait_for masked, raise then) {
  const auto& b = d.mem.layers[l];
  const std::uint16_t t = tagged(tag::regrow, l);
  const tensor record = records(b.growth_record, 1), words = vector_of(element::f32, b.growth_record, record_words),
               threshold = vector_of(element::f32, b.growth_record + offsetof(threshold_record, threshold), 1),
               candidates = vector_of(element::f32, b.growth_candidates, own.count);
  code.fill_zero(words, {.first = scored, .second = masked, .tag = t});
  emit_ewise(code, ewise_fn::fill, nullptr, nullptr, threshold, {.tag = t}, 16 * d.run.growth_threshold);
  emit_ewise(code, ewise_fn::fill, nullptr, nullptr, candidates, {.tag = t}, 1);
  emit_ewise(code, ewise_fn::sub, &candidates, &mask, candidates, {.tag = t}); // 1 where nothing lives
  emit_ewise(code, ewise_fn::gate, &scores, &candidates, candidates, {.tag = t});
  if (d.run.scales_loss()) { // scores have the loss scale of the step that is over
    const tensor scale = d.step_word(offsetof(step_record, loss_scale)),
                 by = all_the_same(d.step_word(offsetof(step_record, rescale)), candidates);
    emit_ewise(code, ewise_fn::mul, &threshold, &scale, threshold, {.tag = t});
    emit_ewise(code, ewise_fn::mul, &candidates, &by, candidates, {.tag = t});
  }
  command count = code.start(opcode::dts_store, {.then = then, .tag = t}, {&candidates, &candidates, &record});
  count.param[0] = dts_step::store;
  code.append(count);
}

// scalar::change of the root becomes a word of SRAM.
void take(const design& d, tile_code& code, const tensor& words, std::uint32_t offset, std::uint32_t l,
          wait_for first) {
  code.store(words, d.dram.counts, {.first = first, .then = {semaphore::taken, 1}, .tag = tagged(tag::regrow, l)});
  code.wait(semaphore::taken, 1);
  code.load_scalar(scalar::change, d.dram.counts + offset);
}

} // namespace

void emit_growth_count(const design& d, tile_code& code, std::uint32_t l, const tensor& scores, const tensor& mask,
                       wait_for scored, wait_for masked) {
  const auto& b = d.mem.layers[l];
  const std::uint16_t t = tagged(tag::regrow, l);
  const range own = d.part.score_blocks(l, code.tile);
  const tensor record = records(b.growth_record, 1);
  const bool root = code.tile == 0;
  const raise counted{semaphore::rated, root ? 0u : 1u};
  if (own.count)
    count_own(d, code, l, scores, mask, own, scored, masked, counted);
  else
    code.fill_zero(vector_of(element::f32, b.growth_record, record_words), {.then = counted, .tag = t});
  if (!root)
    return code.send_to(record, records(b.growth_records + (code.tile - 1) * record_bytes, 1), design::root_only(),
                        {.first = {semaphore::rated, 1}, .then = {semaphore::ratings, 1}, .tag = t});
  const std::uint32_t others = d.tiles() - 1;
  const tensor all = records(b.growth_records, others);
  command add =
      code.start(opcode::dts_store, {.first = {semaphore::ratings, others}, .then = {semaphore::rated, 1}, .tag = t},
                 {nullptr, nullptr, &record, others ? &all : nullptr});
  add.param = {dts_step::commit, others, 0, 0, 0, 0};
  code.append(add);
  take(d, code, record, offsetof(threshold_record, last_zeros), l, {semaphore::rated, 1});
  code.set(scalar::change, setreg_op::exclusive_or, ~std::uint64_t{0}); // blocks that are no zero: blocks - zeros
  code.set(scalar::change, setreg_op::add, std::uint64_t{d.layers[l].blocks} + 1);

  // Chosen first among no more than may grow, which brings the number down to theirs, then among all that live.
  const tensor drop = d.selection_of(l, 0);
  const auto choose = [&](std::uint32_t among, raise chosen) {
    const tensor live = vector_of(element::f32, b.slot_scores, among),
                 blocks = vector_of(element::u32, b.blocks, among);
    command least = code.start(opcode::select_k, {.then = chosen, .tag = t}, {&live, nullptr, &drop});
    least.param = {order::smallest, 0, scalar::change, select_step::whole, 0, 0};
    code.append(least, code.extend({&blocks}));
  };
  choose(most_grown_by_threshold(d.layers[l].live), {semaphore::rated, 1});
  take(d, code, drop, offsetof(selection, count), l, {semaphore::rated, 1});
  choose(d.layers[l].live, {});
}

} // namespace acf::compiler
