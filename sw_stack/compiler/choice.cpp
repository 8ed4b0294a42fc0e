#include "sw_stack/compiler/choice.hpp"

namespace acf::compiler {
namespace {

using namespace hal;

constexpr std::uint32_t histogram_bytes = select_bins * 4;

struct exchange {
  const design& d;
  tile_code& code;
  const choice& c;

  std::uint16_t tag() const { return tagged(c.phase, c.l); }
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

// The first command of a digit waits for the digit before, or for scores and mask.
void count(const exchange& e, std::uint32_t digit, bool first, const tensor& to, raise then) {
  link how{.then = then, .tag = e.tag()};
  if (!first)
    how.first = {semaphore::selected, 1};
  else
    how.first = e.c.first, how.second = e.c.second;
  if (e.c.own.count == 0) { // nothing of its own to count
    tensor zeros = to;
    zeros.view.type = static_cast<std::uint8_t>(element::f32);
    e.code.fill_zero(zeros, how);
    return;
  }
  const tensor chosen = e.d.selection_of(e.c.l, e.c.which);
  command c = e.code.start(opcode::select_k, how, {&e.c.scores, e.c.mask ? &*e.c.mask : nullptr, &chosen, &to});
  c.param = {e.c.order, e.c.eligible, 0, select_step::count, digit, e.c.own.first};
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
  const tensor chosen = e.d.selection_of(e.c.l, e.c.which), all = e.height() > 1 ? e.row(0) : e.column(0);
  command c = e.code.start(opcode::select_k, {.then = {semaphore::chosen, 1}, .tag = e.tag()},
                           {nullptr, nullptr, &chosen, &all});
  c.param = {e.c.order, 0, scalar::change, select_step::choose, digit, 0};
  const tensor diverged = e.d.rows_not_finite(); // masks stay as they are then
  if (e.c.phase == tag::regrow)
    e.code.append(c, e.code.extend({nullptr, &diverged}));
  else
    e.code.append(c);
  e.code.send(chosen, e.d.all_tiles(),
              {.first = {semaphore::chosen, 1}, .then = {semaphore::selected, 1}, .tag = e.tag()});
}

// Digits of the index that are 0 in every number are left out.
bool matters(std::uint32_t digit, std::uint32_t numbers) {
  return digit < 4 || digit == 7 || numbers > std::uint32_t{1} << (56 - 8 * digit);
}

} // namespace

void emit_choice(const design& d, tile_code& code, const choice& c) {
  const exchange e{d, code, c};
  bool first = true;
  for (std::uint32_t digit = 0; digit < select_digits; ++digit) {
    if (!matters(digit, c.numbers)) continue;
    gather_counts(e, digit, first);
    if (code.tile == 0) choose(e, digit);
    first = false;
  }
}

} // namespace acf::compiler
