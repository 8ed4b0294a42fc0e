#include "platform/soc/training_curve.hpp"

#include "platform/soc/guest_memory.hpp"
#include "sw_stack/hal/command_names.hpp"
#include "sw_stack/hal/memory_map.hpp"

#include <cstring>
#include <fmt/format.h>
#include <limits>

namespace acf::platform {
namespace {

// `real`: share of what is no padding, which is zero.
double share_of_zeros(const zbcc::zero_count& now, const zbcc::zero_count& before, double real) {
  const double all = static_cast<double>(now.elements - before.elements) * real;
  if (all == 0) return std::numeric_limits<double>::quiet_NaN();
  return 1 - static_cast<double>(now.non_zeros - before.non_zeros) / all;
}

} // namespace

training_curve::training_curve(soc& chip, std::span<const std::uint8_t> job) : chip_(chip) {
  hal::job::header head;
  if (job.size() < sizeof head) return;
  std::memcpy(&head, job.data(), sizeof head);
  stats_ = hal::map::job_image + head.train_stats;
  steps_before_ = head.steps_before;
  steps_ = head.steps;
  layers_.resize(head.layer_count);
  std::memcpy(layers_.data(), job.data() + head.layers, layers_.size() * sizeof layers_[0]);
  chip.bridge.observe(*this);
}

void training_curve::rung(std::uint32_t tile, std::uint32_t ring) {
  if (tile == 0 && ring == hal::job::step && !last_) last_ = look();
  jobs_.rung(tile, ring);
}

void training_curve::fence() {
  const auto ring = jobs_.fence();
  if (!last_ || !ring || (*ring != hal::job::step && *ring != hal::job::regrow)) return;
  state now = look();
  if (ring == hal::job::step) {
    points_.emplace_back();
    points_.back().step = steps_before_ + points_.size();
    for (const auto& [layer, weights] : now.weights) {
      auto& shares = zeros_[layer];
      shares.resize(points_.size(),
                    {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()});
      const bool known = layer <= layers_.size(); // tags are the guest's
      const auto shape = known ? layers_[layer - 1] : hal::job::layer_record{1, 1, 1, 1};
      const double outputs = double{1} * shape.real_outputs / shape.outputs,
                   inputs = double{1} * shape.real_inputs / shape.inputs;
      shares.back() = {share_of_zeros(weights, last_->weights[layer], outputs * inputs),
                       share_of_zeros(now.gradients[layer], last_->gradients[layer], outputs)};
    }
  }
  if (points_.empty()) return;
  auto& p = points_.back();
  p.samples += now.loss.rows - last_->loss.rows;
  p.correct += now.loss.correct - last_->loss.correct;
  p.loss += static_cast<double>(now.loss.loss_q16 - last_->loss.loss_q16) / 65536.0;
  p.cycles += now.at - last_->at;
  p.products += static_cast<double>(now.executed - last_->executed);
  p.dense_products += static_cast<double>(now.of_regrowth - last_->of_regrowth);
  last_ = std::move(now);
}

training_curve::state training_curve::look() {
  state s;
  s.at = chip_.fabric_clock().now();
  std::vector<hal::loss_record> totals(chip_.tiles.size());
  const auto bytes = read_memory(chip_, stats_, totals.size() * sizeof(hal::loss_record));
  std::memcpy(totals.data(), bytes.data(), bytes.size());
  for (const auto& t : totals) s.loss.loss_q16 += t.loss_q16, s.loss.correct += t.correct, s.loss.rows += t.rows;
  for (const auto& t : chip_.tiles) {
    s.executed += t->matrix().macs_executed();
    for (const auto& [tag, phase] : t->phases_that_ended()) {
      const auto layer = hal::layer_of_tag(tag);
      if (layer == 0) continue;
      if ((tag & 0xFF00) == hal::tag::regrow) s.of_regrowth += phase.lanes.executed + phase.lanes.skipped;
      if ((tag & 0xFF00) == hal::tag::forward && phase.lanes.b.elements) s.weights[layer] += phase.lanes.b;
      if ((tag & 0xFF00) == hal::tag::gradient && phase.lanes.a.elements) s.gradients[layer] += phase.lanes.a;
    }
  }
  return s;
}

std::string training_curve::progress() const {
  if (points_.empty()) return {};
  const auto& p = points_.back();
  return fmt::format(", step {} of {}, loss {:.3f}", points_.size(), steps_,
                     p.samples ? p.loss / static_cast<double>(p.samples) : 0.0);
}

training_curves training_curve::curves(std::uint64_t dense_products) const {
  training_curves c;
  c.points = points_;
  for (auto& p : c.points) p.dense_products += static_cast<double>(dense_products);
  for (const auto& [layer, shares] : zeros_) {
    c.layers.push_back(fmt::format("layer{}", layer));
    for (std::size_t i = 0; i < c.points.size(); ++i) {
      const bool known = i < shares.size();
      c.points[i].weight_zeros.push_back(known ? shares[i][0] : std::numeric_limits<double>::quiet_NaN());
      c.points[i].gradient_zeros.push_back(known ? shares[i][1] : std::numeric_limits<double>::quiet_NaN());
    }
  }
  return c;
}

} // namespace acf::platform
