// Small input gradients of linear layers and convolutions are stored as zeros, before the derivative of the ReLU behind
// them: SparTANN's dynamic threshold scaling in the store path, and the rules it is compared with. A tensor's threshold
// is one, whatever tiles it lies on: every tile counts its rows, all get all counts, and each computes the next step's.
// Exact top-k is over the whole tensor, too: tiles choose among all their rows (choice.hpp) before any is stored.
#include "sw_stack/compiler/choice.hpp"
#include "sw_stack/compiler/methods/method.hpp"
#include "sw_stack/compiler/operators/pixels.hpp"

#include <cmath>
#include <cstddef>

namespace acf::compiler {
namespace {

using namespace hal;

constexpr std::uint32_t held_after = 50; // "static": steps in which the threshold is found

enum rooms_used : std::size_t { record = 0, others = 1, squares = 2 };

// What `share` of a normal distribution's magnitudes, in units of its deviation, are below.
float normal_magnitude(double share) {
  double low = 0, high = 8;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (std::erf(middle / std::sqrt(2.0)) < share ? low : high) = middle;
  }
  return static_cast<float>(low);
}

class thinning final : public method {
public:
  explicit thinning(method_kind k) : kind(k) {}

  threshold first_threshold(const training& t, std::size_t number) const override {
    if (!has_threshold()) return std::nullopt;
    threshold_record r;
    r.target = static_cast<float>(t.gradient_sparsity);
    r.hold = kind == method_kind::held ? held_after : kind == method_kind::gaussian ? 1 : 0;
    if (!t.start.empty() && t.start[number].threshold) {
      r.threshold = t.start[number].threshold->value * (t.scales_loss() ? t.loss_scale : 1.f);
      r.commits = t.start[number].threshold->commits;
    }
    return r;
  }

  std::vector<room> rooms(const room_request& r) const override {
    if (!has_threshold() || !r.net.layers[r.l].passes_back) return {};
    std::vector<room> all{{"threshold", sizeof(threshold_record)},
                          {"counts of all tiles", r.part.row_tiles * sizeof(threshold_record)}};
    if (kind == method_kind::gaussian) all.push_back({"sums of squares", r.run.batch * std::uint64_t{4}});
    return all;
  }

  bool chooses(const room_request& r) const override {
    return kind == method_kind::topk && r.net.layers[r.l].passes_back;
  }

  void load(const design& d, tile_code& code, setup_loader& to, std::uint32_t l) const override {
    if (!follows(d, l) || d.part.rows(code.tile).count == 0) return;
    const auto& room = d.mem.layers[l].of_method;
    to.load(words(room[record], 1), d.dram.layers[l].start_threshold);
    to.clear(room[others], d.part.row_tiles * record_words); // this tile's own stays so
  }

  bool thins(const design& d, std::uint32_t n) const override {
    return d.nodes[n].has_weights && !d.nodes[n].reads_images();
  }

  void thin(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, const link& how) const override {
    const std::uint32_t l = d.nodes[n].layer;
    const volume& v = d.nodes[d.nodes[n].from[0]].out;
    const range all{0, v.elements()};
    const tensor g = d.input_gradients_of(n, 0, r, all), gate = d.inputs_of(n, 0, r, all);
    link now{.first = how.first, .tag = how.tag};
    if (kind == method_kind::gaussian) {
      const tensor sums = own_sums(d, l, r.rows);
      command c = code.start(opcode::rowred, now, {&g, &sums});
      c.param = {rowred_op::sum_squares, 1, 0, 0, 0, 0};
      code.append(c);
      now.first = {};
    } else if (kind == method_kind::topk) {
      choose(d, code, n, g, r.rows, now.first);
      now.first = all_digits;
    }
    if (!d.gates(n, 0)) {
      now.then = how.then;
      return store(d, code, n, r, g, now);
    }
    store(d, code, n, r, g, now);
    emit_ewise(code, ewise_fn::gate, &g, &gate, g, {.then = how.then, .tag = how.tag});
  }

  void thin_without_rows(const design& d, tile_code& code, std::uint32_t n) const override {
    if (kind != method_kind::topk) return;
    choose(d, code, n, {}, {}, {});
    code.fill_zero(vector_of(element::f32, d.mem.relay, 1), {.first = all_digits});
  }

  void exchange(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, wait_for first) const override {
    const std::uint32_t l = d.nodes[n].layer;
    const link how{.first = first, .then = {semaphore::acts, 1}, .tag = tagged(tag::share, l)};
    const auto& room = d.mem.layers[l].of_method;
    code.send_to(words(room[record], 1), words(room[others], 1).at(code.tile * record_bytes), d.all_tiles(), how);
    if (kind == method_kind::gaussian)
      code.send(own_sums(d, l, r.rows), d.all_tiles(), {.then = how.then, .tag = how.tag});
  }

  std::uint32_t exchanges(const design& d, std::uint32_t n) const override {
    return has_threshold() && thins(d, n) ? exchanges_of_layer() : 0;
  }

  void after_exchange(const design& d, tile_code& code) const override {
    if (!has_threshold() || d.part.rows(code.tile).count == 0) return;
    const raise ready = d.run.scales_loss() ? raise{} : committed(code);
    for (std::uint32_t l = 0; l <= d.last(); ++l) {
      if (!follows(d, l)) continue;
      const std::uint16_t t = tagged(tag::backward, l);
      const auto& room = d.mem.layers[l].of_method;
      const tensor own = words(room[record], 1), all = words(room[others], d.part.row_tiles);
      const bool last = kind != method_kind::gaussian;
      command c =
          code.start(opcode::dts_store, {.then = last ? ready : raise{}, .tag = t}, {nullptr, nullptr, &own, &all});
      c.param = {dts_step::commit, d.part.row_tiles, 0, 0, 0, 0};
      code.append(c);
      if (!last) { // takes the place of the threshold that the counts gave, or did not change
        const tensor sums = vector_of(element::f32, room[squares], d.run.batch);
        command deviation = code.start(opcode::sparsify, {.then = ready, .tag = t}, {nullptr, nullptr, &own, &sums});
        const float factor = normal_magnitude(d.run.gradient_sparsity);
        deviation.param = {sparsify_rule::deviation,
                           std::bit_cast<std::uint32_t>(factor),
                           d.run.batch * elements_of(d, d.node_of(l)),
                           0,
                           0,
                           0};
        code.append(deviation);
      }
      if (!d.run.scales_loss()) log(d, code, l);
    }
    emit_finished(d, code); // whoever owns no weights says `ready` without waiting for its vector unit
  }

  // Thresholds are of gradients with the loss scale in them.
  void after_decision(const design& d, tile_code& code) const override {
    if (!has_threshold() || !d.run.scales_loss() || d.part.rows(code.tile).count == 0) return;
    const tensor by = d.step_word(offsetof(step_record, rescale));
    for (std::uint32_t l = 0; l <= d.last(); ++l) {
      if (!follows(d, l)) continue;
      const tensor value = vector_of(element::f32, d.mem.layers[l].of_method[record], 1)
                               .at(static_cast<std::uint32_t>(offsetof(threshold_record, threshold)));
      emit_ewise(code, ewise_fn::mul, &value, &by, value, {.then = committed(code), .tag = tagged(tag::backward, l)});
      log(d, code, l);
    }
  }

  void step_end(const design& d, tile_code& code) const override {
    if (kind == method_kind::random) code.set(scalar::draws, setreg_op::add, 1);
    if (!has_threshold() || code.tile != 0) return;
    const std::uint32_t tensors = d.number_thinned(d.last() + 1);
    if (tensors == 0) return;
    code.wait(semaphore::logged, tensors); // before the next step writes it
    code.set(scalar::log, setreg_op::add, tensors * job::threshold_line);
  }

private:
  const method_kind kind;
  static constexpr wait_for all_digits{semaphore::selected, 1};
  static constexpr std::uint32_t record_bytes = sizeof(threshold_record), record_words = record_bytes / 4;

  bool has_threshold() const {
    return kind == method_kind::dts || kind == method_kind::held || kind == method_kind::gaussian;
  }
  bool follows(const design& d, std::uint32_t l) const { return has_threshold() && d.layers[l].passes_back; }
  static std::uint32_t elements_of(const design& d, std::uint32_t n) { // of a sample's gradient, without padding
    const volume& v = d.nodes[d.nodes[n].from[0]].out;
    return v.pixels() * v.real_channels;
  }
  std::uint32_t exchanges_of_layer() const { return kind == method_kind::gaussian ? 2 : 1; }

  static tensor words(std::uint32_t base, std::uint32_t records) {
    return vector_of(element::u32, base, records * record_words);
  }
  static tensor own_sums(const design& d, std::uint32_t l, range rows) {
    return vector_of(element::f32, d.mem.layers[l].of_method[squares], rows.count).at(rows.first * 4);
  }

  static raise committed(const tile_code& code) { return {semaphore::committed, code.tile == 0 ? 1u : 0u}; }
  // The first tile notes for all what the record is behind committed().
  static void log(const design& d, tile_code& code, std::uint32_t l) {
    if (code.tile != 0) return;
    const tensor own = words(d.mem.layers[l].of_method[record], 1);
    command c = code.start(opcode::copy,
                           {.first = {semaphore::committed, 1}, .then = {semaphore::logged, 1}, .tag = tag::statistics},
                           {&own});
    const std::uint64_t to = d.dram.thresholds + d.number_thinned(l) * job::threshold_line;
    c.offset[2] = from_scalar(scalar::log);
    c.param = {copy_mode::store, static_cast<std::uint32_t>(to), static_cast<std::uint32_t>(to >> 32), 0, 0, 0};
    code.append(c);
  }

  // Numbers of elements have padding in them: it is zero, so whether it is taken makes no difference.
  void choose(const design& d, tile_code& code, std::uint32_t n, const tensor& rows, range own, wait_for first) const {
    const std::uint32_t pitch = d.nodes[d.nodes[n].from[0]].out.elements();
    if (code.tile == 0) {
      const std::uint64_t all = std::uint64_t{d.run.batch} * elements_of(d, n);
      const auto dropped =
          static_cast<std::uint64_t>(std::floor(d.run.gradient_sparsity * static_cast<double>(all) + 0.5));
      code.set(scalar::change, setreg_op::set, all - dropped);
    }
    emit_choice(d, code,
                {.l = d.nodes[n].layer,
                 .order = order::largest_magnitude,
                 .numbers = d.run.batch * pitch,
                 .own = {own.first * pitch, own.count * pitch},
                 .scores = rows,
                 .first = first,
                 .phase = tag::backward});
  }

  // rows: [own rows, elements] of what node n gives back.
  void store(const design& d, tile_code& code, std::uint32_t n, const own_rows& r, const tensor& rows,
             const link& how) const {
    const std::uint32_t l = d.nodes[n].layer, elements = elements_of(d, n);
    const volume& v = d.nodes[d.nodes[n].from[0]].out;
    tensor g = as_channels(rows, v); // padding is no element
    g.view.dim[1] = v.real_channels;
    if (has_threshold()) {
      const tensor own = words(d.mem.layers[l].of_method[record], 1);
      command c = code.start(opcode::dts_store, how, {&g, &g, &own});
      c.param[0] = dts_step::store;
      return code.append(c);
    }
    const double share = d.run.gradient_sparsity;
    if (kind == method_kind::topk) {
      const tensor chosen = d.selection_of(l, 0);
      command c = code.start(opcode::sparsify, how, {&rows, &rows, &chosen});
      c.param = {sparsify_rule::selected, r.rows.first * v.elements(), 0, 0, 0, 0};
      return code.append(c);
    }
    command c = code.start(opcode::sparsify, how, {&g, &g});
    c.param = {sparsify_rule::random,
               static_cast<std::uint32_t>(share * 4294967296.0),
               (d.number_thinned(l) << draws_of_a_layer) + r.rows.first * elements,
               scalar::draws,
               static_cast<std::uint32_t>(d.run.seed),
               static_cast<std::uint32_t>(d.run.seed >> 32)};
    code.append(c);
  }
};

} // namespace

const method& thinning_method(method_kind k) {
  static const thinning dts(method_kind::dts), held(method_kind::held), topk(method_kind::topk),
      gaussian(method_kind::gaussian), random(method_kind::random);
  switch (k) {
  case method_kind::held: return held;
  case method_kind::topk: return topk;
  case method_kind::gaussian: return gaussian;
  case method_kind::random: return random;
  default: return dts;
  }
}

} // namespace acf::compiler
