// Weight gradients, momentum and update of this tile's part of every layer; the new weights go to all tiles. Parts are
// cut into chunks, so that a chunk is updated and sent while the matrix engine computes the next one.
#include "sw_stack/compiler/methods/method.hpp"

#include <algorithm>

namespace acf::compiler {
namespace {

using namespace hal;

void weight_gradient(const design& d, tile_code& code, std::uint32_t l, const chunk& c, const link& how) {
  const std::uint32_t n = d.node_of(l);
  operator_of(d.nodes[n].kind).weight_gradient(d, code, n, c, how);
}

// Choices, see README.md. Only the last chunk's way to all tiles is not hidden behind a product.
constexpr std::uint32_t dense_chunks = 8;            // of a part
constexpr std::uint32_t sparse_chunks = 2;           // of a part, unless
constexpr std::uint32_t least_bytes_of_chunk = 1024; // they would not fill a packet

std::vector<chunk> resident_chunks(const design& d, std::uint32_t l, std::uint32_t tile) {
  const auto& b = d.mem.layers[l];
  const std::uint32_t element_size = d.mem.element_bytes;
  std::vector<chunk> all;
  if (d.layers[l].sparse) {
    const range own = d.part.slots(l, tile);
    const std::uint32_t parts = std::clamp(own.count * 16 * element_size / least_bytes_of_chunk, 1u, sparse_chunks);
    for (std::uint32_t i = 0; i < parts && own.count; ++i) {
      const range p = part_of(own.count, i, parts), slots{own.first + p.first, p.count};
      const auto of = [&](std::uint32_t base) { return matrix_of(element::f32, base, p.count, 16).at(p.first * 64); };
      const auto [first, second] = d.moments_of(b.momenta, p.count, 16, 16, p.first);
      all.push_back({of(b.masters),
                     first,
                     of(b.weight_gradient),
                     matrix_of(d.mem.type, b.weights, p.count, 16).at(slots.first * 16 * element_size),
                     {},
                     slots,
                     second});
    }
    return all;
  }
  const slice own = d.part.weights(l, tile);
  if (own.empty()) return all;
  // Groups of rows first, because their rows of memory are long; then columns, in sixteens.
  const std::uint32_t unit = d.layers[l].output_unit;
  const std::uint32_t groups = (own.rows.count + unit - 1) / unit, units = (own.columns.count + 15) / 16;
  const std::uint32_t most = d.layers[l].convolution ? 1 : dense_chunks; // few weights: they are there at once
  const std::uint32_t row_parts = std::min(most, groups), column_parts = std::min(most / row_parts, units);
  for (std::uint32_t i = 0; i < row_parts * column_parts; ++i) {
    const range g = part_of(groups, i / column_parts, row_parts),
                rows{g.first * unit, std::min(own.rows.count, g.end() * unit) - g.first * unit},
                u = part_of(units, i % column_parts, column_parts),
                columns{u.first * 16, std::min(own.columns.count, u.end() * 16) - u.first * 16};
    const slice where{{own.rows.first + rows.first, rows.count}, {own.columns.first + columns.first, columns.count}};
    const auto of = [&](element type, std::uint32_t base) {
      const std::uint32_t bytes = bytes_of(type), pitch = own.columns.count * bytes;
      return matrix_of(type, base, rows.count, columns.count, pitch).at(rows.first * pitch + columns.first * bytes);
    };
    const auto [first, second] =
        d.moments_of(b.momenta, rows.count, columns.count, own.columns.count, rows.first, columns.first);
    all.push_back({of(element::f32, b.masters),
                   first,
                   of(element::f32, b.weight_gradient),
                   d.where.weights_resident[l] ? d.dense_weights(l, where.rows, where.columns) : of(d.mem.type, b.copy),
                   where,
                   {},
                   second});
  }
  return all;
}

std::uint64_t dram_of(const design& d, std::uint32_t l, const slice& w, std::uint64_t table, std::uint32_t bytes) {
  return table + (std::uint64_t{w.rows.first} * d.layers[l].inputs + w.columns.first) * bytes;
}

void store_copy(const design& d, tile_code& code, std::uint32_t l, const chunk& c, raise then) {
  code.store(c.copy, dram_of(d, l, c.where, d.dram.layers[l].weights, d.mem.element_bytes),
             {.first = {semaphore::updated, 1}, .then = then, .tag = tagged(tag::share, l)},
             d.layers[l].inputs * d.mem.element_bytes);
}

void send_copy(const design& d, tile_code& code, std::uint32_t l, const tensor& copy) {
  code.send(copy, d.all_tiles(),
            {.first = {semaphore::updated, 1},
             .then = {semaphore::ready, 1},
             .packed = method_of(d.run).packed() && !d.layers[l].fixed(),
             .tag = tagged(tag::share, l)});
}

// Returns how many stores of weights raise semaphore::stored.
std::uint32_t update_resident(const design& d, tile_code& code, std::uint32_t l) {
  std::uint32_t stores = 0;
  for (const chunk& c : resident_chunks(d, l, code.tile)) {
    weight_gradient(d, code, l, c, {.then = {semaphore::gradient, 1}, .tag = tagged(tag::gradient, l)});
    const method& how = method_of(d.run);
    const auto copies = how.update(d, code, l, c, how.gate_gradient(d, code, l, c, {semaphore::gradient, 1}));
    if (d.where.weights_resident[l])
      for (const tensor& copy : copies) send_copy(d, code, l, copy);
    else
      store_copy(d, code, l, c, {semaphore::stored, 1}), ++stores;
  }
  return stores;
}

// A chunk whose masters and momenta are in DRAM, rows `pitch` bytes apart (0: packed).
struct streamed_chunk {
  chunk in_stage;
  tensor states; // of the optimiser, all of them: as many rows each as the masters
  std::uint64_t masters, momenta;
  std::uint32_t pitch;
};

// They take turns in the two stages, `turn` first.
std::vector<streamed_chunk> streamed_chunks(const design& d, std::uint32_t l, std::uint32_t tile, std::uint32_t turn) {
  const auto& table = d.dram.layers[l];
  std::vector<streamed_chunk> all;
  if (d.layers[l].sparse) {
    const range own = d.part.slots(l, tile);
    for (std::uint32_t done = 0; done < own.count; done += master_chunk_blocks, turn ^= 1) {
      const range slots{own.first + done, std::min(master_chunk_blocks, own.count - done)};
      const auto stage = [&](const std::uint32_t* base) {
        return matrix_of(element::f32, base[turn], slots.count, 16);
      };
      const std::uint64_t at = std::uint64_t{slots.first} * 64;
      const auto [first, second] = d.moments_of(d.mem.stage_momentum[turn], slots.count, 16, 16);
      all.push_back(
          {{stage(d.mem.stage_master),
            first,
            stage(d.mem.stage_gradient),
            matrix_of(d.mem.type, d.mem.layers[l].weights, slots.count, 16).at(slots.first * 16 * d.mem.element_bytes),
            {},
            slots,
            second},
           matrix_of(element::f32, d.mem.stage_momentum[turn], slots.count * d.states(), 16),
           table.masters + at,
           table.momenta + at * d.states(),
           0});
    }
    return all;
  }
  const slice own = d.part.weights(l, tile);
  if (own.empty()) return all;
  const std::uint32_t each = master_chunk_rows(own);
  for (std::uint32_t row = 0; row < own.rows.count; row += each, turn ^= 1) {
    const slice where{{own.rows.first + row, std::min(each, own.rows.count - row)}, own.columns};
    const auto stage = [&](element type, const std::uint32_t* base) {
      return matrix_of(type, base[turn], where.rows.count, where.columns.count);
    };
    const std::uint32_t rows = where.rows.count, columns = where.columns.count;
    const auto [first, second] = d.moments_of(d.mem.stage_momentum[turn], rows, columns, columns);
    const slice all_states{{where.rows.first * d.states(), rows * d.states()}, where.columns};
    all.push_back({{stage(element::f32, d.mem.stage_master),
                    first,
                    stage(element::f32, d.mem.stage_gradient),
                    d.where.weights_resident[l] ? d.dense_weights(l, where.rows, where.columns)
                                                : stage(d.mem.type, d.mem.stage_copy),
                    where,
                    {},
                    second},
                   matrix_of(element::f32, d.mem.stage_momentum[turn], rows * d.states(), columns),
                   dram_of(d, l, where, table.masters, 4),
                   dram_of(d, l, all_states, table.momenta, 4),
                   d.layers[l].inputs * 4});
  }
  return all;
}

constexpr std::uint32_t empty = 2; // signals of an empty stage of masters: they and the copy have been stored

// Masters and momenta in DRAM pass through two stages. `turn` goes on from layer to layer.
void update_streamed(const design& d, tile_code& code, std::uint32_t l, std::uint32_t& turn) {
  for (const auto& [c, states, masters, momenta, pitch] : streamed_chunks(d, l, code.tile, turn)) {
    const std::uint32_t masters_free = semaphore::masters_free + turn, momenta_free = semaphore::momenta_free + turn,
                        gradient_free = semaphore::gradient_free + turn, loaded = semaphore::masters_loaded + turn;
    const std::uint16_t t = tagged(tag::update, l);
    code.load(c.master, masters, {.first = {masters_free, empty}, .then = {loaded, 1}, .channel1 = true, .tag = t},
              pitch);
    code.load(states, momenta, {.first = {momenta_free, 1}, .then = {loaded, 1}, .channel1 = true, .tag = t}, pitch);
    weight_gradient(d, code, l, c,
                    {.first = {gradient_free, 1}, .then = {semaphore::gradient, 1}, .tag = tagged(tag::gradient, l)});
    emit_update_command(
        d, code, c, &c.copy,
        {.first = {semaphore::gradient, 1}, .second = {loaded, 2}, .then = {semaphore::updated, 1}, .tag = t});
    code.fill_zero(vector_of(element::f32, d.mem.relay, 1), {.then = {gradient_free, 1}, .tag = t}); // after the update
    const bool resident = d.where.weights_resident[l];
    if (resident)
      send_copy(d, code, l, copy_to_send(d, l, c));
    else
      store_copy(d, code, l, c, {masters_free, 1});
    code.store(c.master, masters, {.then = {masters_free, resident ? 2u : 1u}, .tag = t},
               pitch); // behind the copy: same channel
    code.store(states, momenta, {.then = {momenta_free, 1}, .tag = t}, pitch);
    turn ^= 1;
  }
}

tensor bias_gradient(const design& d, std::uint32_t l, range own) {
  return vector_of(element::f32, d.mem.layers[l].bias_gradient, own.count);
}

void add_up_bias(const design& d, tile_code& code, std::uint32_t l) {
  const range own = d.part.biases(l, code.tile);
  if (own.count == 0) return;
  const std::uint32_t n = d.node_of(l);
  const tensor gradients = operator_of(d.nodes[n].kind).bias_terms(d, n, own), sum = bias_gradient(d, l, own);
  command c = code.start(opcode::rowred, {.tag = tagged(tag::gradient, l)}, {&gradients, &sum});
  c.param = {rowred_op::sum, 0, 0, 0, 0, 0};
  code.append(c);
}

void update_bias(const design& d, tile_code& code, std::uint32_t l) {
  const range own = d.part.biases(l, code.tile);
  if (own.count == 0) return;
  const auto& b = d.mem.layers[l];
  const tensor sum = bias_gradient(d, l, own), bias = vector_of(element::f32, b.bias, own.count).at(own.first * 4),
               first = vector_of(element::f32, b.bias_momentum, own.count), second = first.at(own.count * 4);
  emit_update_command(d, code, bias, {first, second}, sum, nullptr, 0, // biases do not decay
                      {.then = {semaphore::updated, 1}, .tag = tagged(tag::update, l)});
  code.send(bias, d.all_tiles(),
            {.first = {semaphore::updated, 1}, .then = {semaphore::ready, 1}, .tag = tagged(tag::share, l)});
}

// --- all gradients before any update ---------------------------------------------------------------------------------

void collect(const design& d, tile_code& code, const tensor& gradient, wait_for first) {
  const tensor own = d.gradient_records(code.tile, 1);
  command c = code.start(opcode::gradients, {.first = first, .tag = tag::update}, {&gradient, &own});
  c.param[0] = gradients_step::collect;
  code.append(c);
}

// Sums of squares of own gradients to all tiles; each decides the same from all of them. What all tiles have, the first
// one counts.
void decide(const design& d, tile_code& code) {
  const tensor own = d.gradient_records(code.tile, 1), all = d.gradient_records(0, d.tiles()), result = d.step_record();
  command clear = code.start(opcode::gradients, {.tag = tag::update}, {nullptr, &own});
  clear.param[0] = gradients_step::clear;
  code.append(clear);
  for (std::uint32_t i = 0; i < d.norms.size() && code.tile == 0; ++i)
    collect(d, code, vector_of(element::f32, d.mem.norms[i].gradient, 2 * d.norms[i].channels), {});
  for (std::uint32_t l = d.last() + 1; l-- > 0;) {
    for (const chunk& c : resident_chunks(d, l, code.tile)) {
      weight_gradient(d, code, l, c, {.then = {semaphore::gradient, 1}, .tag = tagged(tag::gradient, l)});
      collect(d, code, c.gradient, method_of(d.run).gate_gradient(d, code, l, c, {semaphore::gradient, 1}));
    }
    add_up_bias(d, code, l);
    if (const range biases = d.part.biases(l, code.tile); biases.count)
      collect(d, code, bias_gradient(d, l, biases), {});
  }
  emit_to_channel(d, code, {semaphore::to_channel, 1});
  code.send(own, d.all_tiles(),
            {.first = {semaphore::to_channel, 1}, .then = {semaphore::normed, 1}, .tag = tag::update});
  const tensor diverged = d.rows_not_finite();
  command c = code.start(opcode::gradients, {.first = {semaphore::normed, d.tiles()}, .tag = tag::update},
                         {&all, &result, &diverged});
  c.param = {gradients_step::decide,
             std::bit_cast<std::uint32_t>(d.run.clip_norm),
             d.run.scales_loss() ? d.run.loss_scale_interval : 0,
             0,
             0,
             0};
  code.append(c);
}

void update_controlled(const design& d, tile_code& code) {
  decide(d, code);
  method_of(d.run).after_decision(d, code);
  for (std::uint32_t n = 0; n < d.nodes.size(); ++n) operator_of(d.nodes[n].kind).update(d, code, n);
  for (std::uint32_t l = d.last() + 1; l-- > 0;) {
    for (const chunk& c : resident_chunks(d, l, code.tile))
      for (const tensor& copy : method_of(d.run).update(d, code, l, c, {})) send_copy(d, code, l, copy);
    update_bias(d, code, l);
  }
  emit_finished(d, code); // whoever owns no weights says `ready` without waiting for its vector unit
}

} // namespace

void emit_update(const design& d, tile_code& code) {
  if (d.run.controlled()) return update_controlled(d, code);
  std::uint32_t stores = 0, turn = 0;
  bool stages = false, new_in_dram = false;
  for (std::uint32_t l = 0; l <= d.last(); ++l)
    if (d.part.owns(l, code.tile)) {
      stages |= !d.where.masters_resident[l];
      new_in_dram |= !d.where.weights_resident[l];
    }
  if (stages)
    for (const std::uint32_t i : {0, 1}) {
      code.add(semaphore::masters_free + i, empty, d.only(code.tile));
      code.add(semaphore::momenta_free + i, 1, d.only(code.tile));
      code.add(semaphore::gradient_free + i, 1, d.only(code.tile));
    }
  for (std::uint32_t n = 0; n < d.nodes.size(); ++n) operator_of(d.nodes[n].kind).update(d, code, n);
  for (std::uint32_t l = d.last() + 1; l-- > 0;) {
    if (d.where.masters_resident[l])
      stores += update_resident(d, code, l);
    else
      update_streamed(d, code, l, turn);
    add_up_bias(d, code, l);
    update_bias(d, code, l);
  }
  if (stages) { // first behind the last update, so that these waits take nothing from a load
    emit_finished(d, code);
    for (const std::uint32_t i : {0, 1}) {
      code.wait(semaphore::masters_free + i, empty);
      code.wait(semaphore::momenta_free + i, 1);
      code.wait(semaphore::gradient_free + i, 1);
    }
  }
  if (new_in_dram) // this part of the weights is not sent: tell all tiles that DRAM has it
    emit_token(d, code, semaphore::ready, {semaphore::stored, stores});
}

} // namespace acf::compiler
