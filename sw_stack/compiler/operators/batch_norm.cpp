// Batch normalisation, on the vector unit. Every tile adds up its own rows, in groups of four; all tiles get all
// groups' sums, so that each has the statistics of the whole batch, and the parameters, which all tiles update alike.
#include "sw_stack/compiler/methods/method.hpp"
#include "sw_stack/compiler/operators/pixels.hpp"
#include "sw_stack/hal/norm_commands.hpp"

namespace acf::compiler {
namespace {

using namespace hal;

// A node, for a tile.
struct norm_of {
  const design& d;
  tile_code& code;
  std::uint32_t n;
  const node& x = d.nodes[n];
  const norm_buffers& b = d.mem.norms[x.norm];
  std::uint32_t channels = x.in.channels;

  tensor pair(std::uint32_t base) const { return matrix_of(element::f32, base, 2, channels); }
  tensor parameters() const { return pair(b.state); }
  tensor running() const { return pair(b.state + 2 * channels * 4); }
  tensor statistics() const { return pair(b.statistics); }
  tensor gradient() const { return vector_of(element::f32, b.gradient, 2 * channels); }
  tensor all_sums(std::uint32_t base) const {
    return matrix_of(element::f32, base, groups_in(d.run.batch), 2 * channels);
  }
  tensor own_sums(std::uint32_t base, const own_rows& r) const { return d.own_sums(x.norm, base, r); }
  tensor inputs(const own_rows& r) const { return as_pixels(d.inputs_of(n, 0, r, {0, x.in.elements()}), x.in); }
  std::uint32_t inverse_pixels() const { return std::bit_cast<std::uint32_t>(1.f / static_cast<float>(x.in.pixels())); }
  std::uint16_t tag(std::uint16_t phase) const { return tagged(phase, x.layer); }
};

// Exchanges of a step follow each other: forwards, then backwards. A tile that is two ahead has got the signals of the
// one between from all others, who had taken those of the first: two semaphores are enough.
wait_for arrived(const design& d, std::uint32_t exchange) {
  return {semaphore::norm_sums + exchange % 2, d.part.row_tiles};
}
std::uint32_t exchange_of(const norm_of& m, bool backward) {
  const auto all = static_cast<std::uint32_t>(m.d.norms.size());
  return backward ? 2 * all - 1 - m.x.norm : m.x.norm;
}

void send_sums(const norm_of& m, std::uint32_t base, const own_rows& r, bool backward) {
  m.code.send(m.own_sums(base, r), m.d.all_tiles(),
              {.first = {semaphore::summed, 1},
               .then = {arrived(m.d, exchange_of(m, backward)).semaphore, 1},
               .tag = m.tag(tag::share)});
}

void add_up(const norm_of& m, const own_rows& r, const link& how) {
  const tensor x = m.inputs(r), labels = m.d.labels(r), own = m.own_sums(m.b.sums, r);
  command sums = m.code.start(opcode::norm, how, {&x, &labels, &own});
  sums.param = {norm_step::sums, rows_of_a_group, 0, 0, 0, 0};
  m.code.append(sums);
}

void make_statistics(const norm_of& m, wait_for first) {
  const tensor sums = m.all_sums(m.b.sums), result = m.statistics(), running = m.running();
  command c = m.code.start(opcode::norm, {.first = first, .tag = m.tag(tag::forward)}, {&sums, &result, &running});
  c.param = {norm_step::statistics,
             scalar::inverse_batch,
             m.inverse_pixels(),
             std::bit_cast<std::uint32_t>(m.x.epsilon),
             std::bit_cast<std::uint32_t>(m.x.momentum),
             0};
  m.code.append(c);
}

void add_gradients(const norm_of& m, wait_for first) {
  const tensor sums = m.all_sums(m.b.gradient_sums), gradient = m.gradient();
  command c = m.code.start(opcode::rowred, {.first = first, .tag = m.tag(tag::gradient)}, {&sums, &gradient});
  c.param[0] = rowred_op::sum;
  m.code.append(c);
}

class batch_norm final : public layer_operator {
public:
  unit runs_on() const override { return unit::vector; }

  void forward(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, const link& how) const override {
    const norm_of m{d, code, n};
    const tensor x = m.inputs(r), labels = d.labels(r),
                 y = as_pixels(d.outputs_of(n, r, {0, m.x.out.elements()}), m.x.out), statistics = m.statistics(),
                 parameters = m.parameters();
    link apply = how;
    if (r.training) {
      const link now{.first = how.first, .then = {semaphore::summed, 1}, .tag = how.tag};
      if (d.sums_for(m.x.from[0]) == n)
        code.fill_zero(vector_of(element::f32, d.mem.relay, 1), now); // the product has made them
      else
        add_up(m, r, now);
      send_sums(m, m.b.sums, r, false);
      make_statistics(m, arrived(d, exchange_of(m, false)));
      apply.first = {};
    }
    command c = code.start(opcode::norm, apply, {&x, &labels, &y, &statistics});
    c.param = {norm_step::forward, m.x.relu ? norm_flag::relu : 0, 0, 0, 0, 0};
    code.append(c, code.extend({&parameters}));
  }

  void input_gradient(const design& d, tile_code& code, std::uint32_t n, const own_rows& r,
                      const link& how) const override {
    const norm_of m{d, code, n};
    const tensor x = m.inputs(r), labels = d.labels(r),
                 dy = as_pixels(d.gradients_of(n, r, {0, m.x.out.elements()}), m.x.out),
                 dx = as_pixels(d.input_gradients_of(n, 0, r, {0, m.x.in.elements()}), m.x.in),
                 statistics = m.statistics(), parameters = m.parameters(), own = m.own_sums(m.b.gradient_sums, r),
                 totals = m.pair(m.b.gradient);
    command sums = code.start(opcode::norm, {.first = how.first, .then = {semaphore::summed, 1}, .tag = how.tag},
                              {&dy, &labels, &own, &statistics});
    sums.param = {norm_step::gradient_sums, rows_of_a_group, 0, 0, 0, 0};
    code.append(sums, code.extend({&x}));
    send_sums(m, m.b.gradient_sums, r, true);
    add_gradients(m, arrived(d, exchange_of(m, true)));
    command c = code.start(opcode::norm, {.then = how.then, .tag = how.tag}, {&dy, &labels, &dx, &statistics});
    c.param = {
        norm_step::backward, d.gates(n, 0) ? norm_flag::gate : 0, scalar::inverse_batch, m.inverse_pixels(), 0, 0};
    code.append(c, code.extend({&parameters, &x, &totals}));
  }

  void load(const design& d, setup_loader& to, std::uint32_t n) const override {
    const std::uint32_t channels = d.nodes[n].in.channels, i = d.nodes[n].norm;
    to.load(vector_of(element::f32, d.mem.norms[i].state, d.run.norm_parts() * channels), d.dram.norms[i].state);
  }

  // The first of them waits for the sums of all, which nobody overwrites before this tile has said so.
  void without_rows(const design& d, tile_code& code, std::uint32_t n) const override {
    const norm_of m{d, code, n};
    make_statistics(m, {});
    add_gradients(m, {});
  }

  void update(const design& d, tile_code& code, std::uint32_t n) const override {
    const norm_of m{d, code, n};
    emit_update_command(d, code, m.parameters(), {m.pair(m.b.momenta), m.pair(m.b.momenta + 2 * m.channels * 4)},
                        m.pair(m.b.gradient), nullptr, 0, // no decay
                        {.tag = m.tag(tag::update)});
  }

  void start_evaluation(const design& d, tile_code& code, std::uint32_t n) const override {
    const norm_of m{d, code, n};
    const tensor running = m.running(), result = m.statistics();
    command c = code.start(opcode::norm, {.tag = tag::evaluate}, {&running, &result});
    c.param = {norm_step::running, 0, 0, std::bit_cast<std::uint32_t>(m.x.epsilon), 0, 0};
    code.append(c);
  }

  std::uint32_t store(const design& d, tile_code& code, std::uint32_t n) const override {
    if (code.tile != 0) return 0;
    const norm_of m{d, code, n};
    code.store(vector_of(element::f32, m.b.state, d.run.norm_parts() * m.channels), d.dram.norms[m.x.norm].state,
               {.then = {semaphore::stored, 1}, .tag = tag::evaluate});
    return 1;
  }
};

} // namespace

const layer_operator& norm_operator() {
  static const batch_norm it;
  return it;
}

} // namespace acf::compiler
