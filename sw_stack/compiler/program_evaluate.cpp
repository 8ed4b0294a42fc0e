// The evaluate job: every tile classifies its own share of the test set, two batches in flight, and nothing is sent.
// Then the trained weights go to DRAM. It uses the buffer of images that the next step would fill, and the buffers of
// activations: run the regrow job, which reads these, before it.
#include "sw_stack/compiler/methods/method.hpp"

#include <tuple>

namespace acf::compiler {
namespace {

using namespace hal;

void classify(const design& d, tile_code& code, std::uint32_t turn) {
  const std::uint32_t rows = d.evaluation_rows, at = turn * rows * d.mem.image_bytes;
  const tensor images = matrix_of(element::u8, d.mem.images, rows, d.mem.image_bytes).from(d.fill_scalar(), at);
  const tensor sizes = d.test_image_sizes(turn);
  if (d.images_packed())
    code.load(sizes, d.dram.test_sizes,
              {.first = {semaphore::test_free + turn, 1},
               .then = {semaphore::test_sized + turn, 1},
               .channel1 = true,
               .tag = tag::evaluate},
              0, from_scalar(scalar::test_sizes));
  code.load(images, d.dram.test_images,
            {.first = {(d.images_packed() ? semaphore::test_sized : semaphore::test_free) + turn, 1},
             .then = {semaphore::test_loaded + turn, 1},
             .channel1 = true,
             .tag = tag::evaluate},
            d.dram.image_pitch, from_scalar(scalar::test_rows), d.images_packed() ? &sizes : nullptr);
  const own_rows r{{0, rows}, 0, d.fill_scalar(), at, turn * rows, false};
  emit_forward(d, code, r, {semaphore::test_loaded + turn, 1});
  const tensor logits = d.logits(turn * rows, rows), labels = d.labels(r), record = d.record(d.mem.test_record);
  command loss =
      code.start(opcode::softmax_xent,
                 {.first = {semaphore::logits, 1}, .then = {semaphore::test_free + turn, 1}, .tag = tag::evaluate},
                 {&logits, &labels, nullptr, &record});
  loss.param[0] = d.layers.back().real_outputs;
  loss.param[1] = scalar::inverse_batch;
  code.append(loss);
  code.set(scalar::test_rows, setreg_op::add, std::uint64_t{rows} * d.tiles() * d.dram.image_pitch);
  if (d.images_packed())
    code.set(scalar::test_sizes, setreg_op::add, std::uint64_t{rows} * d.tiles() * d.mem.image_pieces * 2);
}

// Masters and momenta that live in SRAM go to their tables; streamed ones are there already. Returns the number of
// stores.
std::uint32_t store_weights(const design& d, tile_code& code) {
  std::uint32_t stores = 0;
  const auto store = [&](const tensor& from, std::uint64_t address, std::uint32_t pitch = 0) {
    code.store(from, address, {.then = {semaphore::stored, 1}, .tag = tag::evaluate}, pitch);
    ++stores;
  };
  for (std::uint32_t l = 0; l <= d.last(); ++l) {
    const auto& s = d.layers[l];
    const auto& b = d.mem.layers[l];
    const auto& table = d.dram.layers[l];
    if (d.where.masters_resident[l] && d.part.owns(l, code.tile)) {
      const slice w = d.part.weights(l, code.tile);
      const range slots = d.part.slots(l, code.tile);
      for (const auto& [own, to, states] :
           {std::tuple{b.masters, table.masters, 1u}, std::tuple{b.momenta, table.momenta, d.states()}})
        if (s.sparse)
          store(vector_of(element::f32, own, slots.count * 16 * states), to + std::uint64_t{slots.first} * 64 * states);
        else
          store(matrix_of(element::f32, own, w.rows.count * states, w.columns.count),
                to + (std::uint64_t{w.rows.first} * states * s.inputs + w.columns.first) * 4, s.inputs * 4);
    }
    if (const range own = d.part.biases(l, code.tile); own.count)
      store(matrix_of(element::f32, b.bias_momentum, d.states(), own.count), table.bias_momenta + own.first * 4,
            s.outputs * 4);
    if (code.tile != 0) continue;
    store(vector_of(element::f32, b.bias, s.outputs), table.bias);
    if (s.sparse) store(vector_of(element::u32, b.blocks, s.live), table.blocks);
  }
  if (d.run.controlled() && code.tile == 0) store(d.step_record(), d.dram.step_record);
  for (std::uint32_t n = 0; n < d.nodes.size(); ++n) stores += operator_of(d.nodes[n].kind).store(d, code, n);
  return stores;
}

} // namespace

void emit_evaluate(const design& d, tile_code& code) {
  emit_barrier(d, code, semaphore::evaluating);
  const std::uint32_t stride = d.evaluation_rows * d.dram.image_pitch;
  code.set(scalar::test_rows, setreg_op::set, std::uint64_t{code.tile} * stride);
  if (d.images_packed())
    code.set(scalar::test_sizes, setreg_op::set, std::uint64_t{code.tile} * d.evaluation_rows * d.mem.image_pieces * 2);
  code.set(scalar::test_left, setreg_op::set, d.evaluation_pairs);
  code.fill_zero(vector_of(element::f32, d.mem.test_record, sizeof(loss_record) / 4), {.tag = tag::evaluate});
  for (std::uint32_t n = 0; n < d.nodes.size(); ++n) operator_of(d.nodes[n].kind).start_evaluation(d, code, n);
  for (const std::uint32_t turn : {0, 1}) code.add(semaphore::test_free + turn, 1, d.only(code.tile));

  const std::size_t body = code.position();
  for (const std::uint32_t turn : {0, 1}) classify(d, code, turn);
  command loop = code.start(opcode::loop, {}, {});
  loop.param = {static_cast<std::uint32_t>(code.position() - body), scalar::test_left, 0, 0, 0, 0};
  code.append(loop);
  emit_finished(d, code); // so that these waits take nothing from a load
  for (const std::uint32_t turn : {0, 1}) code.wait(semaphore::test_free + turn, 1);

  code.store(d.record(d.mem.test_record), d.dram.test_stats + code.tile * sizeof(loss_record),
             {.then = {semaphore::stored, 1}, .tag = tag::evaluate});
  const std::uint32_t weights = store_weights(d, code), masks = method_of(d.run).at_end(d, code);
  code.wait(semaphore::stored, 1 + weights + masks);
  emit_barrier(d, code, semaphore::evaluated);
  emit_fence(d, code);
}

} // namespace acf::compiler
