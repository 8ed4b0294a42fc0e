// Which blocks grow: those with the largest gradients among all that are zero, which are formed only here, from the
// batch that is still in SRAM. There may be more of them than a tile has room for, so every tile keeps the scores of
// its part of the blocks, and the exact choice is a radix selection: for each digit, histograms of all tiles are added
// up, along rows of the mesh and then at the root, which chooses the digit and tells all tiles. What is chosen depends
// on no mesh.
#include "sw_stack/compiler/operators/operator.hpp"

namespace acf::compiler {
namespace {

using namespace hal;

constexpr std::uint32_t histogram_bytes = select_bins * 4;

struct exchange {
  const design& d;
  tile_code& code;
  std::uint32_t l;
  range own;
  tensor scores, mask;

  std::uint16_t tag() const { return tagged(tag::regrow, l); }
  std::uint32_t width() const { return d.hardware.mesh_width; }
  std::uint32_t height() const { return d.hardware.mesh_height; }
  std::uint32_t x() const { return code.tile % width(); }
  std::uint32_t y() const { return code.tile / width(); }
  tensor row(std::uint32_t i) const {
    return vector_of(element::u32, d.mem.row_counts, select_bins).at(i * histogram_bytes);
  }
  tensor column(std::uint32_t i) const {
    return vector_of(element::u32, d.mem.column_counts, select_bins).at(i * histogram_bytes);
  }
};

exchange make_exchange(const design& d, tile_code& code, std::uint32_t l) {
  const range own = d.part.score_blocks(l, code.tile);
  const auto& b = d.mem.layers[l];
  return {d,
          code,
          l,
          own,
          vector_of(element::f32, b.dense_scores, own.count),
          vector_of(element::u8, b.mask, own.count).at(own.first)};
}

// Masks of several layers may overtake each other, so the first layer that needs its part waits for all of them.
std::uint32_t masks_to_await(const exchange& e) {
  if (e.code.tile == 0) return 0; // has them
  std::uint32_t n = 0;
  for (std::uint32_t l = 0; l <= e.d.last(); ++l)
    if (e.d.layers[l].sparse && e.d.part.score_blocks(l, e.code.tile).count) {
      if (l < e.l) return 0;
      ++n;
    }
  return n;
}

// Scores that the vector unit has summed up itself need no signal.
std::uint32_t scores_from_matrix(const design& d, std::uint32_t l) { return d.layers[l].convolution ? 0 : 1; }

// The first command of a digit waits for the digit before, or for scores and mask.
void count(const exchange& e, std::uint32_t digit, bool first, const tensor& to, raise then) {
  link how{.then = then, .tag = e.tag()};
  if (!first)
    how.first = {semaphore::selected, 1};
  else if (e.own.count) {
    how.first = {semaphore::ranged, scores_from_matrix(e.d, e.l)};
    how.second = {semaphore::masked, masks_to_await(e)};
  }
  if (e.own.count == 0) { // nothing of its own to count
    tensor zeros = to;
    zeros.view.type = static_cast<std::uint8_t>(element::f32);
    e.code.fill_zero(zeros, how);
    return;
  }
  const tensor chosen = e.d.selection_of(e.l, 1);
  command c = e.code.start(opcode::select_k, how, {&e.scores, &e.mask, &chosen, &to});
  c.param = {order::largest, 0, 0, select_step::count, digit, e.own.first};
  e.code.append(c);
}

void add_up(const exchange& e, std::uint32_t base, std::uint32_t n, const tensor& to, std::uint32_t arrived,
            raise then) {
  const tensor all = matrix_of(element::u32, base, n, select_bins);
  command c = e.code.start(opcode::rowred, {.first = {arrived, n - 1}, .then = then, .tag = e.tag()}, {&all, &to});
  c.param = {rowred_op::sum, 0, 0, 0, 0, 0};
  e.code.append(c);
}

void send_counts(const exchange& e, const tensor& what, std::uint32_t to, std::uint32_t arrived) {
  e.code.send(what, e.d.only(to), {.first = {semaphore::counted, 1}, .then = {arrived, 1}, .tag = e.tag()});
}

// Own histogram, that of the row, that of the mesh; the root has the last one.
void gather_counts(const exchange& e, std::uint32_t digit, bool first) {
  const bool alone_in_row = e.width() == 1;
  const raise sent{semaphore::counted, 1}, kept{};
  if (alone_in_row)
    count(e, digit, first, e.column(e.y()), e.y() ? sent : kept);
  else
    count(e, digit, first, e.row(e.x()), e.x() ? sent : kept);
  if (e.x() != 0) return send_counts(e, e.row(e.x()), e.y() * e.width(), semaphore::row_counts);
  if (!alone_in_row)
    add_up(e, e.d.mem.row_counts, e.width(), e.column(e.y()), semaphore::row_counts, e.y() ? sent : kept);
  if (e.y() != 0) return send_counts(e, e.column(e.y()), 0, semaphore::column_counts);
  if (e.height() > 1) add_up(e, e.d.mem.column_counts, e.height(), e.row(0), semaphore::column_counts, kept);
}

void choose(const exchange& e, std::uint32_t digit) {
  const tensor chosen = e.d.selection_of(e.l, 1), all = e.height() > 1 ? e.row(0) : e.column(0);
  command c = e.code.start(opcode::select_k, {.then = {semaphore::chosen, 1}, .tag = e.tag()},
                           {nullptr, nullptr, &chosen, &all});
  c.param = {order::largest, 0, scalar::change, select_step::choose, digit, 0};
  e.code.append(c);
  e.code.send(chosen, e.d.all_tiles(),
              {.first = {semaphore::chosen, 1}, .then = {semaphore::selected, 1}, .tag = e.tag()});
}

// Digits of the index that are 0 in every block's number are left out.
bool matters(std::uint32_t digit, std::uint32_t blocks) {
  return digit < 4 || digit == 7 || blocks > std::uint32_t{1} << (56 - 8 * digit);
}

} // namespace

void emit_growth_scores(const design& d, tile_code& code, std::uint32_t l) {
  if (code.tile == 0) // which has the whole mask
    for (std::uint32_t t = 1; t < d.tiles(); ++t)
      if (const range part = d.part.score_blocks(l, t); part.count)
        code.send(vector_of(element::u8, d.mem.layers[l].mask, part.count).at(part.first), d.only(t),
                  {.then = {semaphore::masked, 1}, .channel1 = true, .tag = tagged(tag::regrow, l)});
  const auto e = make_exchange(d, code, l);
  if (e.own.count == 0) return;
  const std::uint32_t n = d.node_of(l);
  operator_of(d.nodes[n].kind)
      .growth_scores(d, code, n, e.own, e.scores,
                     {.then = {semaphore::ranged, scores_from_matrix(d, l)}, .tag = e.tag()});
}

void emit_growth(const design& d, tile_code& code, std::uint32_t l, std::uint32_t which) {
  const auto e = make_exchange(d, code, l);
  if (code.tile == 0) code.load_scalar(scalar::change, d.dram.changes + which * 4, scalar::event);
  bool first = true;
  for (std::uint32_t digit = 0; digit < select_digits; ++digit) {
    if (!matters(digit, d.layers[l].blocks)) continue;
    gather_counts(e, digit, first);
    if (code.tile == 0) choose(e, digit);
    first = false;
  }
  const wait_for all_digits{semaphore::selected, 1};
  if (e.own.count == 0) return code.fill_zero(vector_of(element::f32, d.mem.relay, 1), {.first = all_digits});
  const bool sent = code.tile != 0;
  const tensor chosen = d.selection_of(l, 1);
  command c =
      code.start(opcode::mask_update, {.first = all_digits, .then = {semaphore::grown, sent ? 1u : 0u}, .tag = e.tag()},
                 {&e.mask, nullptr, &e.scores, &chosen});
  c.param[0] = e.own.first;
  code.append(c);
  if (sent)
    code.send(e.mask, d.root_only(), {.first = {semaphore::grown, 1}, .then = {semaphore::masks, 1}, .tag = e.tag()});
}

} // namespace acf::compiler
