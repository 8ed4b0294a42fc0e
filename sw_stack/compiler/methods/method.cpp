#include "sw_stack/compiler/methods/method.hpp"

#include <cstddef>

namespace acf::compiler {

using namespace hal;

const method& method_of(const training& run) {
  static const method plain;
  switch (run.method) {
  case method_kind::plain: break;
  case method_kind::srste:
  case method_kind::bdwp: return n_of_m_method(run.method);
  case method_kind::rigl:
  case method_kind::set:
  case method_kind::magnitude: return growth_method(run.method, run.weights);
  case method_kind::momentum: return momentum_method(run.weights);
  case method_kind::dts:
  case method_kind::held:
  case method_kind::topk:
  case method_kind::gaussian:
  case method_kind::random: return thinning_method(run.method);
  }
  return plain;
}

tensor method::backward_weights(const design& d, std::uint32_t l, range columns) const {
  return d.dense_weights(l, d.all_columns(l), columns);
}

std::vector<tensor> method::update(const design& d, tile_code& code, std::uint32_t l, const chunk& c,
                                   wait_for first) const {
  emit_update_command(d, code, c, &c.copy,
                      {.first = first, .then = {semaphore::updated, 1}, .tag = tagged(tag::update, l)});
  return {copy_to_send(d, l, c)};
}

tensor copy_to_send(const design& d, std::uint32_t l, const chunk& c) {
  if (!d.layers[l].sparse) return part_to_send(d, l, d.mem.layers[l].weights, c.where);
  const std::uint32_t bytes = 16 * d.mem.element_bytes;
  return vector_of(d.mem.type, d.mem.layers[l].weights, c.slots.count * 16).at(c.slots.first * bytes);
}

chunk own_weights(const design& d, std::uint32_t l, std::uint32_t tile) {
  const auto& b = d.mem.layers[l];
  const slice own = d.part.weights(l, tile);
  const auto of = [&](std::uint32_t base) { return matrix_of(element::f32, base, own.rows.count, own.columns.count); };
  const auto [first, second] = d.moments_of(b.momenta, own.rows.count, own.columns.count, own.columns.count);
  return {of(b.masters), first, of(b.weight_gradient), part_of_matrix(d, l, b.weights, own), own, {}, second};
}

tensor part_of_matrix(const design& d, std::uint32_t l, std::uint32_t base, const slice& where) {
  const std::uint32_t bytes = d.mem.element_bytes, pitch = d.layers[l].inputs * bytes;
  return matrix_of(d.mem.type, base, where.rows.count, where.columns.count, pitch)
      .at(where.rows.first * pitch + where.columns.first * bytes);
}

tensor part_to_send(const design& d, std::uint32_t l, std::uint32_t base, const slice& where) {
  const std::uint32_t inputs = d.layers[l].inputs;
  if (where.columns.count < inputs) return part_of_matrix(d, l, base, where);
  return vector_of(d.mem.type, base, where.rows.count * inputs).at(where.rows.first * inputs * d.mem.element_bytes);
}

void emit_update_command(const design& d, tile_code& code, const tensor& master, const design::moments& states,
                         const tensor& gradient, const tensor* copy, float decay, const link& how,
                         gradient_factor factor) {
  const auto bits = [](float x) { return std::bit_cast<std::uint32_t>(x); };
  const bool adamw = d.run.rule == optimiser::adamw;
  command c = code.start(opcode::update, how, {&master, &states.first, &gradient, copy});
  c.param = {adamw ? update_rule::adamw : update_rule::momentum, scalar::rate, bits(d.run.momentum), bits(decay), 0, 0};
  if (adamw) c.param[4] = bits(d.run.beta2), c.param[5] = bits(d.run.epsilon);
  const bool controlled = d.run.controlled();
  // A row whose loss is not finite ends all updates, for good; where all gradients are looked at, the decision has it.
  const tensor held = controlled ? d.step_word(offsetof(hal::step_record, held), element::u32) : d.rows_not_finite(),
               of_step = d.step_word(offsetof(hal::step_record, factor));
  const bool multiplies = controlled && factor == gradient_factor::of_step;
  extension e = code.extend({adamw ? &states.second : nullptr, &held, multiplies ? &of_step : nullptr});
  if (adamw) e.param[0] = scalar::corrections;
  e.param[1] = bits(d.run.clip_value);
  code.append(c, e);
}

void emit_ewise(tile_code& code, std::uint32_t function, const tensor* v0, const tensor* v1, const tensor& v2,
                const link& how, float constant) {
  command c = code.start(opcode::ewise, how, {v0, v1, &v2});
  c.param[0] = function;
  c.param[1] = std::bit_cast<std::uint32_t>(constant);
  code.append(c);
}

} // namespace acf::compiler
