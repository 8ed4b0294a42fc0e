// Convolutions. Every tile computes outputs and gradients of its own rows, which nobody else sees; what groups of rows
// add to the gradients of weights and biases goes to the owners, who add the groups up in their order (RECIPE.md 6.4).
#include "sw_stack/compiler/methods/method.hpp"
#include "sw_stack/compiler/operators/pixels.hpp"

#include <algorithm>
#include <utility>

namespace acf::compiler {
namespace {

using namespace hal;

// A node, for this tile.
struct convolution_of {
  const design& d;
  tile_code& code;
  std::uint32_t n;
  const own_rows& r;
  const node& x = d.nodes[n];
  std::uint32_t l = x.layer;
  const layer_shape& s = d.layers[l];
  const layer_buffers& b = d.mem.layers[l];

  tensor inputs(const own_rows& rows) const { // under the window
    return under_window(as_pixels(d.inputs_of(n, 0, rows, {0, x.in.elements()}), x.in), x.window, x.out);
  }
  tensor outputs(const own_rows& rows) const {
    return as_channels(d.outputs_of(n, rows, {0, x.out.elements()}), x.out);
  }
  tensor gradient_rows(const own_rows& rows) const { return d.gradients_of(n, rows, {0, x.out.elements()}); }
  tensor gradients(const own_rows& rows) const { return as_channels(gradient_rows(rows), x.out); }
  tensor weights() const { return s.sparse ? d.blocks(l, false) : d.dense_weights(l, d.all_columns(l), {0, s.inputs}); }

  std::uint32_t groups() const { return groups_in(r.rows.count); }
  std::uint32_t first_group() const { return r.rows.first / rows_of_a_group; }
  own_rows group(std::uint32_t i) const {
    own_rows g = r;
    const std::uint32_t skipped = i * rows_of_a_group;
    g.rows = {r.rows.first + skipped, std::min(rows_of_a_group, r.rows.count - skipped)};
    g.local += skipped, g.image_offset += skipped * d.mem.image_bytes;
    return g;
  }

  // What group i adds to all weights, and the part of it that belongs to a tile.
  std::uint32_t partial_at(std::uint32_t i) const { return b.partial + i * d.partial_bytes(l); }
  tensor partial(std::uint32_t i) const {
    return s.sparse ? matrix_of(element::f32, partial_at(i), s.live, 16)
                    : matrix_of(element::f32, partial_at(i), s.outputs, s.inputs);
  }
  tensor part_from(std::uint32_t i, std::uint32_t owner) const {
    if (s.sparse) {
      const range slots = d.part.slots(l, owner);
      return matrix_of(element::f32, partial_at(i), slots.count, 16).at(slots.first * 64);
    }
    const slice w = d.part.weights(l, owner);
    return matrix_of(element::f32, partial_at(i), w.rows.count, w.columns.count, s.inputs * 4)
        .at((w.rows.first * s.inputs + w.columns.first) * 4);
  }
  tensor part_to(std::uint32_t i, std::uint32_t owner) const {
    const std::uint32_t at = b.inbox + (first_group() + i) * d.part.widest(l) * 4;
    if (s.sparse) return matrix_of(element::f32, at, d.part.slots(l, owner).count, 16);
    const slice w = d.part.weights(l, owner);
    return matrix_of(element::f32, at, w.rows.count, w.columns.count);
  }
};

void sum_up(const convolution_of& c, std::uint32_t i, const link& how) {
  const own_rows g = c.group(i);
  const tensor dy = c.gradients(g), x = c.inputs(g), sum = c.partial(i),
               list = matrix_of(element::u32, c.b.list, c.s.live, 2);
  const std::uint32_t flags = c.d.product_flags(phase::weight_gradient), sides = mm_flag::skip_a | mm_flag::skip_b;
  if (c.s.sparse) {
    command sddmm = c.code.start(opcode::sddmm, how, {&dy, &x, &sum, &list});
    sddmm.param[0] = sddmm_out::blocks | (flags & ~sides);
    sddmm.param[4] = flags & sides;
    c.code.append(sddmm);
  } else {
    command mm = c.code.start(opcode::mm, how, {&dy, &x, &sum});
    mm.param[0] = flags | mm_flag::transpose_a | mm_flag::transpose_b;
    c.code.append(mm);
  }
}

void multiply_back(const convolution_of& c, const tensor& dy, const tensor& w, const tensor& dx, const tensor& gate,
                   const link& how) {
  const bool gated = c.d.gates(c.n, 0) && !method_of(c.d.run).thins(c.d, c.n);
  command mm = c.code.start(opcode::mm, how, {&dy, &w, &dx});
  mm.param[0] =
      c.d.product_flags(phase::input_gradient) | (gated ? mm_flag::gate : 0) | (c.s.sparse ? mm_flag::transpose_b : 0);
  if (gated)
    c.code.append(mm, c.code.extend({nullptr, &gate}));
  else
    c.code.append(mm);
}

// Pixels of the inputs whose gradient comes through the same taps: one product. Stride 1 has one phase.
void phase_gradient(const convolution_of& c, const gradient_phase& down, const gradient_phase& across,
                    const std::array<std::uint32_t, 2>& first, const link& how) {
  const auto& [d, code, n, r, x, l, s, b] = c;
  const std::uint32_t size = d.mem.element_bytes;
  tensor dy = as_pixels(c.gradient_rows(r), x.out), w = d.blocks(l, true);
  window_shape window{{down.taps, across.taps}, {1, 1}, {0, 0}, {down.dilation, across.dilation}};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t padding = (i == 0 ? down : across).padding;
    window.padding[i] = static_cast<std::uint32_t>(std::max<std::int64_t>(0, padding));
    const auto unseen = static_cast<std::uint32_t>(std::max<std::int64_t>(0, -padding));
    dy = dy.at(unseen * dy.view.stride[1 + i]);
    dy.view.dim[1 + i] -= std::min(unseen, dy.view.dim[1 + i] - 1);
  }
  dy = under_window(dy, window, {down.pixels, across.pixels, 0, 0});
  dy.view.window_flags = window_flag::reversed;
  if (!s.sparse) { // [channels, taps down, taps across, outputs] of the weights as they lie
    const std::uint32_t tap = s.group_inputs * size, row = x.window.kernel[1] * tap;
    w = method_of(d.run).backward_weights(d, l, {0, s.inputs}).at(down.first_tap * row + across.first_tap * tap);
    w.view.dim = {s.group_inputs, down.taps, across.taps, s.outputs};
    w.view.stride = {size, down.tap_step * row, across.tap_step * tap, s.inputs * size};
  }
  const auto some = [&](const tensor& rows) {
    tensor t = as_pixels(rows, x.in);
    if (x.window.stride == std::array{1u, 1u}) return as_channels(rows, x.in);
    t = t.at(first[0] * t.view.stride[1] + first[1] * t.view.stride[2]);
    t.view.dim[1] = down.pixels, t.view.dim[2] = across.pixels;
    t.view.stride[1] *= x.window.stride[0], t.view.stride[2] *= x.window.stride[1];
    return t;
  };
  const range all{0, x.in.elements()};
  multiply_back(c, dy, w, some(d.input_gradients_of(n, 0, r, all)), some(d.inputs_of(n, 0, r, all)), how);
}

// All pixels at once: gradients of the positions as far apart as these are, with zeros between them. Weights in lists
// of blocks cannot be taken apart by phases.
void spread_gradient(const convolution_of& c, const link& how) {
  const auto& [d, code, n, r, x, l, s, b] = c;
  window_shape window = x.window;
  for (std::size_t i = 0; i < 2; ++i)
    window.padding[i] = (window.kernel[i] - 1) * window.dilation[i] - x.window.padding[i];
  tensor dy = under_window(as_pixels(c.gradient_rows(r), x.out), window, x.in);
  dy.view.window_flags = window_flag::reversed | window_flag::spread;
  const range all{0, x.in.elements()};
  multiply_back(c, dy, d.blocks(l, true), as_channels(d.input_gradients_of(n, 0, r, all), x.in),
                as_channels(d.inputs_of(n, 0, r, all), x.in), how);
}

struct phase_pair {
  gradient_phase down, across;
  std::array<std::uint32_t, 2> first;
};

// Phase by phase; pixels that no tap sees are cleared before, on the vector unit.
void gradient_by_phases(const convolution_of& c, link how) {
  const auto& [d, code, n, r, x, l, s, b] = c;
  const auto [down, across] = x.window.stride;
  std::vector<phase_pair> seen;
  bool unseen = false;
  for (std::uint32_t i = 0; i < down; ++i)
    for (std::uint32_t j = 0; j < across; ++j) {
      const phase_pair p{phase_of(x.window, 0, i, x.in.height), phase_of(x.window, 1, j, x.in.width), {i, j}};
      if (p.down.pixels == 0 || p.across.pixels == 0) continue;
      if (p.down.taps == 0 || p.across.taps == 0)
        unseen = true;
      else
        seen.push_back(p);
    }
  if (unseen) {
    code.fill_zero(d.input_gradients_of(n, 0, r, {0, x.in.elements()}),
                   {.then = {semaphore::to_matrix, 1}, .tag = how.tag});
    if (how.first.count && how.first.semaphore == semaphore::to_matrix)
      ++how.first.count;
    else
      how.second = {semaphore::to_matrix, 1};
  }
  const raise then = std::exchange(how.then, {});
  for (const phase_pair& p : seen) {
    if (&p == &seen.back()) how.then = then;
    phase_gradient(c, p.down, p.across, p.first, how);
    how.first = how.second = {};
  }
}

class convolution final : public layer_operator {
public:
  unit runs_on() const override { return unit::matrix; }
  std::uint64_t forward_macs(const node& n, const layer_shape& s) const override {
    return std::uint64_t{n.out.pixels()} * s.stored();
  }
  std::uint64_t input_gradient_macs(const node& n, const layer_shape& s) const override {
    std::uint64_t taps[2]{}; // seen by all pixels of a row or column
    for (const std::uint32_t i : {0u, 1u})
      for (std::uint32_t first = 0; first < n.window.stride[i]; ++first) {
        const auto p = phase_of(n.window, i, first, i == 0 ? n.in.height : n.in.width);
        taps[i] += std::uint64_t{p.taps} * p.pixels;
      }
    const std::uint64_t all = taps[0] * taps[1] * s.group_inputs * s.outputs;
    return s.fixed() ? all / (std::uint64_t{s.outputs} * s.inputs / 4) * (s.stored() / 4) : all;
  }

  void forward(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, const link& how) const override {
    const convolution_of c{d, code, n, r};
    const tensor x = c.inputs(r), w = c.weights(), y = c.outputs(r),
                 bias = vector_of(element::f32, c.b.bias, c.s.outputs);
    command mm = code.start(opcode::mm, how, {&x, &w, &y});
    mm.param[0] = d.product_flags(phase::forward) | mm_flag::bias | (c.x.relu ? mm_flag::relu : 0);
    const auto norm = r.training ? d.sums_for(n) : std::nullopt;
    if (!norm) return code.append(mm, code.extend({&bias}));
    const std::uint32_t number = d.nodes[*norm].norm;
    const tensor sums = d.own_sums(number, d.mem.norms[number].sums, r), labels = d.labels(r);
    extension e = code.extend({&bias, nullptr, &sums, &labels});
    e.param[0] = rows_of_a_group, e.param[1] = c.x.out.pixels();
    code.append(mm, e);
  }

  void input_gradient(const design& d, tile_code& code, std::uint32_t n, const own_rows& r,
                      const link& how) const override {
    const convolution_of c{d, code, n, r};
    const auto& w = c.x.window;
    if (c.s.sparse && w.taps() > 1 && w.stride != std::array{1u, 1u})
      spread_gradient(c, how);
    else
      gradient_by_phases(c, how);
  }

  bool sums_own_rows() const override { return true; }
  void own_gradients(const design& d, tile_code& code, std::uint32_t n, const own_rows& r,
                     wait_for first) const override {
    const convolution_of c{d, code, n, r};
    const std::uint16_t t = tagged(tag::gradient, c.l), moves = tagged(tag::share, c.l);
    const std::uint32_t count = c.groups();
    for (std::uint32_t i = 0; i < count; ++i) {
      sum_up(c, i, {.first = first, .then = {semaphore::to_vector, i + 1 == count ? 1u : 0u}, .tag = t});
      first = {};
    }
    first = {semaphore::to_vector, 1};
    if (d.part.owns(c.l, code.tile))
      for (std::uint32_t i = 0; i < count; ++i) {
        code.copy(c.part_from(i, code.tile), c.part_to(i, code.tile), {.first = first, .tag = moves});
        first = {};
      }
    for (std::uint32_t i = 0; i < count; ++i) {
      const tensor dy = c.gradients(c.group(i)), sum = bias_sums(c, i);
      command sums = code.start(opcode::rowred,
                                {.first = first, .then = {semaphore::to_channel, i + 1 == count ? 1u : 0u}, .tag = t},
                                {&dy, &sum});
      sums.param[0] = rowred_op::sum;
      code.append(sums);
      first = {};
    }
    first = {semaphore::to_channel, 1};
    for (std::uint32_t i = 0; i < count; ++i) {
      code.send(bias_sums(c, i), d.all_tiles(), {.first = first, .then = {semaphore::acts, 1}, .tag = moves});
      first = {};
      for (std::uint32_t step = 1; step < d.tiles(); ++step) { // everybody begins with another owner
        const std::uint32_t owner = (code.tile + step) % d.tiles();
        if (d.part.owns(c.l, owner))
          code.send_to(c.part_from(i, owner), c.part_to(i, owner), d.only(owner),
                       {.then = {semaphore::acts, 1}, .tag = moves});
      }
    }
  }

  std::uint32_t arrivals(const design& d, std::uint32_t n, std::uint32_t tile) const override {
    const std::uint32_t all = groups_in(d.run.batch), own = groups_in(d.part.rows(tile).count);
    return all + (d.part.owns(d.nodes[n].layer, tile) ? all - own : 0);
  }

  void weight_gradient(const design& d, tile_code& code, std::uint32_t n, const chunk& k,
                       const link& how) const override {
    const std::uint32_t l = d.nodes[n].layer;
    const auto& s = d.layers[l];
    std::uint32_t first, count;
    if (s.sparse) {
      first = (k.slots.first - d.part.slots(l, code.tile).first) * 16, count = k.slots.count * 16;
    } else { // whole rows of this tile's part
      first = (k.where.rows.first - d.part.weights(l, code.tile).rows.first) * k.where.columns.count;
      count = k.where.rows.count * k.where.columns.count;
    }
    const tensor terms =
        matrix_of(element::f32, d.mem.layers[l].inbox, groups_in(d.run.batch), count, d.part.widest(l) * 4)
            .at(first * 4);
    link adding = how, cutting = how;
    if (s.cuts_blocks()) adding.then = {}, cutting.first = cutting.second = {};
    command sums = code.start(opcode::rowred, adding, {&terms, &k.gradient});
    sums.param[0] = rowred_op::sum;
    code.append(sums);
    if (!s.cuts_blocks()) return;
    const tensor mask = matrix_of(element::u8, d.mem.layers[l].group_mask, k.slots.count, 16).at(first);
    emit_ewise(code, ewise_fn::gate, &k.gradient, &mask, k.gradient, cutting);
  }

  void own_growth(const design& d, tile_code& code, std::uint32_t n, const own_rows& r) const override {
    const convolution_of c{d, code, n, r};
    const std::uint16_t t = tagged(tag::regrow, c.l);
    const std::uint32_t count = c.groups(), most = blocks_of_a_tile(d, c.l);
    const auto at = [&](std::uint32_t i) { return c.b.partial + i * c.s.outputs * c.s.inputs * 4; };
    const auto from = [&](std::uint32_t i, range part) {
      return matrix_of(element::f32, at(i), part.count, 16).at(part.first * 64);
    };
    const auto to = [&](std::uint32_t i, range part) {
      return matrix_of(element::f32, c.b.inbox + (c.first_group() + i) * most * 64, part.count, 16);
    };
    for (std::uint32_t i = 0; i < count; ++i) {
      const own_rows g = c.group(i);
      const tensor dy = c.gradients(g), x = c.inputs(g), sums = matrix_of(element::f32, at(i), c.s.blocks, 16);
      command sddmm = code.start(opcode::sddmm, {.then = {semaphore::to_vector, i + 1 == count ? 1u : 0u}, .tag = t},
                                 {&dy, &x, &sums});
      const std::uint32_t flags = d.product_flags(phase::weight_gradient), sides = mm_flag::skip_a | mm_flag::skip_b;
      sddmm.param = {sddmm_out::blocks | (flags & ~sides), 0, 0, c.s.blocks, flags & sides, 0};
      code.append(sddmm);
    }
    wait_for first{semaphore::to_vector, 1};
    if (const range own = d.part.score_blocks(c.l, code.tile); own.count)
      for (std::uint32_t i = 0; i < count; ++i, first = {})
        code.copy(from(i, own), to(i, own), {.first = first, .tag = t});
    code.fill_zero(vector_of(element::f32, d.mem.relay, 1),
                   {.first = first, .then = {semaphore::to_channel, 1}, .tag = t});
    first = {semaphore::to_channel, 1};
    for (std::uint32_t step = 1; step < d.tiles(); ++step) {
      const std::uint32_t other = (code.tile + step) % d.tiles();
      if (const range part = d.part.score_blocks(c.l, other); part.count)
        for (std::uint32_t i = 0; i < count; ++i, first = {})
          code.send_to(from(i, part), to(i, part), d.only(other),
                       {.first = first, .then = {semaphore::blocks_added, 1}, .tag = t});
    }
    // Nobody to send to: the signal is taken where nothing else waits for it.
    if (first.count) code.wait(first.semaphore, first.count);
  }

  void growth_scores(const design& d, tile_code& code, std::uint32_t n, range own, const tensor& scores,
                     const link& how) const override {
    const std::uint32_t l = d.nodes[n].layer, all = groups_in(d.run.batch);
    const tensor terms =
                     matrix_of(element::f32, d.mem.layers[l].inbox, all, own.count * 16, blocks_of_a_tile(d, l) * 64),
                 sums = matrix_of(element::f32, d.mem.layers[l].growth, own.count, 16);
    command add =
        code.start(opcode::rowred, {.first = blocks_to_await(d, l, code.tile), .tag = how.tag}, {&terms, &sums});
    add.param[0] = rowred_op::sum;
    code.append(add);
    code.append(code.start(opcode::score, how, {&sums, &scores}));
  }

  tensor bias_terms(const design& d, std::uint32_t n, range own) const override {
    const std::uint32_t l = d.nodes[n].layer;
    return matrix_of(element::f32, d.mem.layers[l].inbox_bias, groups_in(d.run.batch), own.count,
                     d.layers[l].outputs * 4)
        .at(own.first * 4);
  }

private:
  static std::uint32_t blocks_of_a_tile(const design& d, std::uint32_t l) {
    return static_cast<std::uint32_t>(d.part.most_score_blocks(l));
  }
  // Blocks of several layers may overtake each other, so the first layer with own blocks waits for all of them.
  static wait_for blocks_to_await(const design& d, std::uint32_t l, std::uint32_t tile) {
    const std::uint32_t others = groups_in(d.run.batch) - groups_in(d.part.rows(tile).count);
    std::uint32_t sum = 0;
    for (std::uint32_t k = 0; k <= d.last(); ++k)
      if (d.layers[k].convolution && d.moves(k) && d.part.score_blocks(k, tile).count) {
        if (k < l) return {};
        sum += others;
      }
    return {semaphore::blocks_added, sum};
  }
  static tensor bias_sums(const convolution_of& c, std::uint32_t i) {
    return vector_of(element::f32, c.b.inbox_bias, c.s.outputs).at((c.first_group() + i) * c.s.outputs * 4);
  }
};

} // namespace

const layer_operator& convolution_operator() {
  static const convolution it;
  return it;
}

} // namespace acf::compiler
