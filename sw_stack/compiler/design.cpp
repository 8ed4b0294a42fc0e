#include "sw_stack/compiler/design.hpp"

#include <cstddef>

namespace acf::compiler {

using hal::command;
using hal::element;
using hal::opcode;

tensor design::gradients(std::uint32_t l, range rows, range columns) const {
  return matrix_of(mem.type, mem.layers[l].gradients, rows.count, columns.count, activation_pitch(l))
      .at(rows.first * activation_pitch(l) + columns.first * mem.element_bytes);
}

std::uint32_t design::node_of(std::uint32_t l) const {
  std::uint32_t n = 0;
  while (!nodes[n].has_weights || nodes[n].layer != l) ++n;
  return n;
}

std::uint32_t design::number_thinned(std::uint32_t l) const {
  return static_cast<std::uint32_t>(
      std::count_if(layers.begin(), layers.begin() + l, [](const layer_shape& s) { return s.passes_back; }));
}

std::optional<std::uint32_t> design::dealt(std::uint32_t n) const {
  if (!outputs_shared(n) || forks(n)) return std::nullopt;
  const std::uint32_t l = nodes[nodes[n].readers[0]].layer;
  return layers[l].sparse ? std::optional(l) : std::nullopt;
}

std::optional<std::uint32_t> design::dealt_images() const {
  const auto readers = std::count_if(nodes.begin(), nodes.end(), [](const node& x) { return x.reads_images(); });
  return images_shared() && readers == 1 && layers[0].sparse ? std::optional(0u) : std::nullopt;
}

tensor design::block_list(std::uint32_t l) const {
  return matrix_of(element::u32, mem.layers[l].list, layers[l].live, 2);
}

own_rows design::training_rows(std::uint32_t tile) const {
  const range rows = part.rows(tile);
  return {rows, 0, scalar::images_now, image_at(rows), 0};
}

tensor design::outputs_of(std::uint32_t n, const own_rows& r, range columns) const {
  const std::uint32_t pitch = nodes[n].out.elements() * mem.element_bytes;
  return matrix_of(mem.type, mem.nodes[n].outputs, r.rows.count, columns.count, pitch)
      .at((outputs_shared(n) ? r.rows.first : r.local) * pitch + columns.first * mem.element_bytes);
}

tensor design::gradients_of(std::uint32_t n, const own_rows& r, range columns) const {
  const std::uint32_t pitch = nodes[n].out.elements() * mem.element_bytes;
  return matrix_of(mem.type, mem.nodes[n].gradients, r.rows.count, columns.count, pitch)
      .at((gradients_shared(n) ? r.rows.first : r.local) * pitch + columns.first * mem.element_bytes);
}

tensor design::inputs_of(std::uint32_t n, std::uint32_t input, const own_rows& r, range columns) const {
  const std::uint32_t from = nodes[n].from[input];
  return from == node::images ? own_images(r, columns) : outputs_of(from, r, columns);
}

// What a node gives back has a place of its own if its input has other readers: rows of this tile.
tensor design::input_gradients_of(std::uint32_t n, std::uint32_t input, const own_rows& r, range columns) const {
  const std::uint32_t from = nodes[n].from[input];
  if (!forks(from)) return gradients_of(from, r, columns);
  const std::uint32_t pitch = nodes[from].out.elements() * mem.element_bytes;
  return matrix_of(mem.type, mem.nodes[n].input_gradients[input], r.rows.count, columns.count, pitch)
      .at(r.local * pitch + columns.first * mem.element_bytes);
}

tensor design::own_sums(std::uint32_t norm, std::uint32_t base, const own_rows& r) const {
  const std::uint32_t each = 2 * norms[norm].channels;
  return vector_of(element::f32, base, groups_in(r.rows.count) * each).at(r.rows.first / rows_of_a_group * each * 4);
}

tensor design::own_image_rows(std::uint32_t scalar, range rows) const {
  return matrix_of(element::u8, mem.images, rows.count, mem.image_bytes, mem.image_bytes).from(scalar, image_at(rows));
}

tensor design::own_images(const own_rows& r, range columns) const {
  return matrix_of(element::u8, mem.images, r.rows.count, columns.count, mem.image_bytes)
      .from(r.image_scalar, r.image_offset + columns.first);
}

tensor design::images(std::uint32_t scalar, range rows, range columns) const {
  return matrix_of(element::u8, mem.images, rows.count, columns.count, mem.image_bytes)
      .from(scalar, rows.first * mem.image_bytes + columns.first);
}

tensor design::image_bytes(std::uint32_t scalar, std::uint32_t first, std::uint32_t bytes) const {
  return vector_of(element::u8, mem.images, bytes).from(scalar, first);
}

void design::gather_images(tile_code& code, std::uint32_t batch, std::uint32_t scalar, range rows,
                           const link& how) const {
  const std::uint32_t each = mem.index_bytes(), at = mem.indices + batch * rows.count * each;
  const tensor sizes = matrix_of(element::u16, at + 4, rows.count, mem.image_pieces, each);
  code.gather(vector_of(element::u32, at, rows.count, each), own_image_rows(scalar, rows), dram.train_images,
              dram.image_pitch, how, images_packed() ? &sizes : nullptr);
}

tensor design::test_image_sizes(std::uint32_t turn) const {
  return matrix_of(element::u16, mem.test_sizes, evaluation_rows, mem.image_pieces)
      .at(turn * evaluation_rows * mem.image_pieces * 2);
}

// The label of an image is the byte behind its pixels.
tensor design::labels(const own_rows& r) const {
  return vector_of(element::u8, mem.images, r.rows.count, mem.image_bytes)
      .from(r.image_scalar, r.image_offset + image_elements());
}

tensor design::logits(std::uint32_t first, std::uint32_t rows) const {
  const std::uint32_t pitch = layers.back().outputs * 4;
  return matrix_of(element::f32, mem.layers.back().activations, rows, layers.back().outputs, pitch).at(first * pitch);
}

tensor design::layer_input(std::uint32_t l, std::uint32_t image_scalar, range rows, range columns) const {
  const node& x = nodes[node_of(l)];
  return x.reads_images() ? images(image_scalar, rows, columns) : outputs_of(x.from[0], {.rows = rows}, columns);
}

tensor design::blocks(std::uint32_t l, bool turned) const {
  const auto& s = layers[l];
  const auto& b = mem.layers[l];
  tensor t;
  t.view.base = b.weights;
  t.view.type = static_cast<std::uint8_t>(mem.type);
  t.view.layout = static_cast<std::uint8_t>(hal::format::bsr4x4);
  t.view.dim =
      turned ? std::array{s.turned_rows(), s.outputs * s.taps(), 1u, 1u} : std::array{s.outputs, s.inputs, 1u, 1u};
  t.view.pointers = turned ? b.turned_pointers : b.pointers;
  t.view.indices = turned ? b.turned_entries : b.entries;
  t.view.capacity = s.live;
  return t;
}

tensor design::dense_weights(std::uint32_t l, range rows, range columns) const {
  const std::uint32_t pitch = layers[l].inputs * mem.element_bytes;
  return matrix_of(mem.type, mem.layers[l].weights, rows.count, columns.count, pitch)
      .at(rows.first * pitch + columns.first * mem.element_bytes);
}

tensor design::rows_to_send(std::uint32_t base, std::uint32_t n, range rows) const {
  const std::uint32_t elements = nodes[n].out.elements();
  return vector_of(mem.type, base, rows.count * elements).at(rows.first * elements * mem.element_bytes);
}

tensor design::token(std::uint32_t semaphore, std::uint32_t tile) const {
  return vector_of(element::u32, mem.tokens, 1).at((semaphore * tiles() + tile) * 4);
}

tensor design::record(std::uint32_t base) const { return vector_of(element::u64, base, 4); }

tensor design::rows_not_finite() const {
  return matrix_of(element::u32, mem.train_records, part.row_tiles, 2, sizeof(hal::loss_record))
      .at(offsetof(hal::loss_record, first_not_finite));
}

tensor design::gradient_records(std::uint32_t first, std::uint32_t count) const {
  constexpr std::uint32_t bytes = sizeof(hal::gradient_record);
  return vector_of(element::u64, mem.gradient_records, count * bytes / 8).at(first * bytes);
}
tensor design::step_record() const { return vector_of(element::u32, mem.step_record, sizeof(hal::step_record) / 4); }
tensor design::step_word(std::size_t offset, element type) const {
  return vector_of(type, mem.step_record, 1).at(static_cast<std::uint32_t>(offset));
}

tensor design::selection_of(std::uint32_t l, std::uint32_t which) const {
  return vector_of(element::u32, mem.layers[l].selections, sizeof(hal::selection) / 4)
      .at(which * std::uint32_t{sizeof(hal::selection)});
}

std::uint32_t design::product_flags(hal::phase p) const {
  return (run.skip_a ? hal::mm_flag::skip_a : 0) | (run.skip_b ? hal::mm_flag::skip_b : 0) |
         static_cast<std::uint32_t>(p) << hal::mm_flag::phase_shift;
}

command design::turn_lists(tile_code& code, std::uint32_t l, const link& how) const {
  const tensor lists = blocks(l, false), turned = blocks(l, true);
  command c = code.start(opcode::transpose, how, {&lists, &turned});
  if (layers[l].taps() > 1) c.param[0] = layers[l].taps();
  return c;
}

// A command raises one semaphore; where two units wait for one product, two short commands of the vector unit help.
void emit_relay(const design& d, tile_code& code, raise one, raise other) {
  const tensor word = vector_of(hal::element::f32, d.mem.relay, 1);
  code.fill_zero(word, {.first = {semaphore::relay, 1}, .then = one});
  code.fill_zero(word, {.then = other});
}

void emit_to_channel(const design& d, tile_code& code, raise then) {
  code.fill_zero(vector_of(hal::element::f32, d.mem.relay, 1), {.then = then});
}

void emit_finished(const design& d, tile_code& code) {
  code.fill_zero(vector_of(hal::element::f32, d.mem.relay, 1), {.then = {semaphore::finished, 1}});
  code.wait(semaphore::finished, 1);
}

void emit_token(const design& d, tile_code& code, std::uint32_t semaphore, wait_for first) {
  code.send(d.token(semaphore, code.tile), d.all_tiles(), {.first = first, .then = {semaphore, 1}});
}

void emit_barrier(const design& d, tile_code& code, std::uint32_t semaphore) {
  emit_token(d, code, semaphore);
  code.wait(semaphore, d.tiles());
}

void emit_fence(const design& d, tile_code& code) {
  code.set(scalar::fences, hal::setreg_op::add, 1);
  if (code.tile == 0) code.fence(d.dram.fence_word, scalar::fences, {});
}

} // namespace acf::compiler
