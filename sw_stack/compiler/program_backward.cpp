// Loss and gradients of this tile's rows. They are the longest chain of a step: every product is sent as soon as it is
// there.
#include "sw_stack/compiler/methods/method.hpp"
#include "sw_stack/compiler/unit_chain.hpp"

#include <bit>
#include <cstddef>
#include <utility>

namespace acf::compiler {
namespace {

using namespace hal;

class backward_pass {
public:
  backward_pass(const design& the_design, tile_code& the_code, const own_rows& rows)
      : d(the_design), code(the_code), r(rows), chain(d, code, {semaphore::logits, 1}) {}

  void emit() {
    const auto last = static_cast<std::uint32_t>(d.nodes.size()) - 1;
    loss(last);
    for (std::uint32_t n = last + 1; n-- > 0;) {
      if (d.forks(n)) join(n);
      const auto& op = operator_of(d.nodes[n].kind);
      if (op.sums_own_rows())
        chain.add({.where = unit::matrix,
                   .emit = [this, &op, n](const link& how) { op.own_gradients(d, code, n, r, how.first); },
                   .both = true});
      if (!d.nodes[n].reads_images() && op.has_input_gradient(d, n)) give_back(n);
    }
    chain.finish();
    const tensor record = d.train_record(code.tile);
    code.store(
        record, d.dram.train_stats + code.tile * sizeof(loss_record),
        {.first = {semaphore::loss, 1}, .then = {semaphore::reported, 1}, .channel1 = true, .tag = tag::statistics});
  }

private:
  // Gradients of node n to all tiles, if owners of weights need them.
  std::function<void(wait_for)> share(std::uint32_t n) {
    if (!d.gradients_shared(n)) return {};
    return [this, n](wait_for first) {
      code.send(
          d.rows_to_send(d.mem.nodes[n].gradients, n, r.rows), d.all_tiles(),
          {.first = first, .then = {semaphore::acts, 1}, .packed = true, .tag = tagged(tag::share, d.nodes[n].layer)});
    };
  }

  // What node n gives back alone is somebody's whole gradient: one, or two of a sum.
  std::function<void(wait_for)> share_inputs(std::uint32_t n) {
    std::vector<std::function<void(wait_for)>> all;
    for (const auto from : d.nodes[n].from)
      if (auto send = d.forks(from) ? std::function<void(wait_for)>{} : share(from)) all.push_back(std::move(send));
    if (all.empty()) return {};
    return [all](wait_for first) {
      for (const auto& send : all) send(std::exchange(first, {}));
    };
  }

  void loss(std::uint32_t last) {
    // Three wait for the loss: its send, the next product, and the statistics.
    const std::uint32_t readers = last > 0 ? 3 : 2;
    chain.add({.where = unit::vector,
               .emit =
                   [this, readers](const link& how) {
                     const std::uint32_t l = d.last();
                     const tensor logits = d.logits(0, r.rows.count), labels = d.labels(r),
                                  gradient = d.gradients(l, r.rows, d.all_columns(l)),
                                  record = d.train_record(code.tile);
                     command c = code.start(opcode::softmax_xent,
                                            {.first = how.first, .then = {semaphore::loss, readers}, .tag = how.tag},
                                            {&logits, &labels, &gradient, &record});
                     c.param[0] = d.layers[l].real_outputs;
                     c.param[1] = scalar::inverse_batch;
                     c.param[2] = std::bit_cast<std::uint32_t>(d.run.largest_logit);
                     if (!d.run.scales_loss()) return code.append(c);
                     const tensor scale = d.step_word(offsetof(hal::step_record, loss_scale));
                     code.append(c, code.extend({&scale}));
                   },
               .tag = tag::loss,
               .send =
                   [this, gradients = share(last)](wait_for first) {
                     gradients(first);
                     // Nobody updates weights from a loss that is not finite: see emit_update_command().
                     code.send(d.train_record(code.tile), d.all_tiles(),
                               {.then = {semaphore::acts, 1}, .tag = tag::statistics});
                   },
               .raises = wait_for{semaphore::loss, 1}});
  }

  // What the readers of node n have given back becomes its gradient.
  void join(std::uint32_t n) {
    chain.add({.where = unit::vector,
               .emit =
                   [this, n](const link& how) {
                     const node& x = d.nodes[n];
                     const range all{0, x.out.elements()};
                     const tensor sum = d.gradients_of(n, r, all), outputs = d.outputs_of(n, r, all);
                     link now{.first = how.first, .tag = how.tag};
                     tensor so_far = given_back(n, 0);
                     for (std::size_t i = 1; i < x.readers.size(); ++i, so_far = sum) {
                       const tensor more = given_back(n, i);
                       if (i + 1 == x.readers.size() && !x.relu) now.then = how.then;
                       emit_ewise(code, ewise_fn::add, &so_far, &more, sum, now);
                       now.first = {};
                     }
                     now.then = how.then;
                     if (x.relu) emit_ewise(code, ewise_fn::gate, &sum, &outputs, sum, now);
                   },
               .tag = tagged(tag::backward, d.nodes[n].layer),
               .send = share(n)});
  }
  tensor given_back(std::uint32_t n, std::size_t i) const {
    const std::uint32_t reader = d.nodes[n].readers[i];
    const auto input = static_cast<std::uint32_t>(d.nodes[reader].input_from(n));
    return d.input_gradients_of(reader, input, r, {0, d.nodes[n].out.elements()});
  }

  void give_back(std::uint32_t n) {
    const auto& op = operator_of(d.nodes[n].kind);
    piece p{.where = op.runs_on(),
            .emit = [this, &op, n](const link& how) { op.input_gradient(d, code, n, r, how); },
            .tag = tagged(tag::backward, d.nodes[n].layer),
            .relayed = d.streams(n)};
    const method& recipe = method_of(d.run);
    if (!recipe.thins(d, n)) {
      p.send = share_inputs(n);
      return chain.add(std::move(p));
    }
    chain.add(std::move(p));
    piece thinned{.where = unit::vector,
                  .emit = [this, &recipe, n](const link& how) { recipe.thin(d, code, n, r, how); },
                  .tag = tagged(tag::backward, d.nodes[n].layer),
                  .send = share_inputs(n)};
    if (recipe.exchanges(d, n))
      thinned.send = [this, &recipe, n, gradient = std::move(thinned.send)](wait_for first) {
        if (gradient) gradient(std::exchange(first, {}));
        recipe.exchange(d, code, n, r, first);
      };
    chain.add(std::move(thinned));
  }

  const design& d;
  tile_code& code;
  const own_rows& r;
  unit_chain chain;
};

} // namespace

void emit_backward(const design& d, tile_code& code, const own_rows& r) { backward_pass(d, code, r).emit(); }

} // namespace acf::compiler
