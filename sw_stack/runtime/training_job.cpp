#include "sw_stack/runtime/training_job.hpp"

#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/tile_registers.hpp"
#include "sw_stack/runtime/redistribution.hpp"

#include <algorithm>
#include <array>

namespace acf::runtime {

namespace {

constexpr std::uint32_t ahead = 3;                // jobs rung before the first of them has ended
constexpr std::uint32_t ahead_fences = 8;         // at least so many as there may be news of
constexpr std::uint64_t patience_us = 10'000'000; // simulated; no job of a training takes that long

} // namespace

std::byte* const acf_job_image = reinterpret_cast<std::byte*>(hal::map::job_image);

training_job::training_job(driver::fabric& fabric, std::byte* image)
    : fabric_(fabric), base_(image), head_(reinterpret_cast<const hal::job::header*>(image)) {}

const char* training_job::unusable() const {
  if (head_->magic != hal::job::magic) return "no job image where one is expected";
  if (head_->version != hal::job::version) return "job image of another version";
  if (head_->routing > hal::job::routing::table) return "job image with an unknown routing";
  if (head_->steps == 0 || head_->batch == 0 || head_->rows_per_tile == 0) return "job image without training steps";
  return nullptr;
}

driver::problem training_job::prepare() {
  if (auto p = fabric_.identify()) return p;
  if (auto p = fabric_.require({head_->mesh_width, head_->mesh_height, head_->sram_kib, head_->lanes})) return p;
  tiles_ = head_->mesh_width * head_->mesh_height;
  tiles_with_rows_ = std::min(tiles_, (head_->batch + head_->rows_per_tile - 1) / head_->rows_per_tile);
  const auto base = reinterpret_cast<std::uint64_t>(base_);
  const std::array windows{
      driver::dma_window{base, base + head_->bytes, true, false},
      driver::dma_window{base + head_->writable_begin, base + head_->writable_end, true, true},
  };
  const auto plan = route_plan();
  if (auto p = fabric_.bring_up(windows, plan ? &*plan : nullptr)) return p;
  fabric_.enable_interrupts();
  if (auto p = program_tiles()) return p;
  if (auto p = run(hal::job::setup)) return p;
  return settle();
}

std::optional<driver::route_plan> training_job::route_plan() const {
  using hal::job::routing;
  driver::route_plan plan;
  plan.checked = head_->routes_unchecked == 0;
  switch (head_->routing) {
  case routing::xy: return std::nullopt;
  case routing::yx: plan.choose = driver::yx; break;
  case routing::west_first: plan.choose = driver::west_first; break;
  case routing::table: plan.ports = at<const std::uint8_t>(head_->routes); break;
  }
  return plan;
}

driver::problem training_job::program_tiles() {
  const auto* rings = at<hal::job::ring_entry>(head_->rings);
  const auto* scalars = at<std::uint64_t>(head_->scalars);
  for (std::uint32_t t = 0; t < tiles_; ++t) {
    const auto registers = fabric_.tile(t);
    for (std::uint32_t r = 0; r < hal::tile::rings; ++r) {
      const auto& ring = rings[t * hal::tile::rings + r];
      registers.write(hal::tile::ring_base, ring.address, r);
      registers.write(hal::tile::ring_length, ring.length, r);
    }
    for (std::uint32_t s = 0; s < hal::tile::scalars; ++s)
      registers.write(hal::tile::scalar, scalars[t * hal::tile::scalars + s], s);
  }
  return {};
}

driver::problem training_job::run(hal::job::ring ring) {
  if (auto p = fabric_.run(ring, 0)) return p; // the whole ring of every tile, long or short
  ++rings_done_;
  steps_of_fences_[rings_done_ % ahead_fences] = 0;
  return {};
}

driver::problem training_job::wait_for_fence(std::uint32_t number) {
  return fabric_.wait(*at<std::uint32_t>(head_->fence_word), number, patience_us, driver::wait_by::interrupt);
}

void training_job::mark(stage s) {
  if (s == marked_) return;
  driver::registers(fabric_.world(), hal::map::global_block).write(hal::global::marker, static_cast<std::uint32_t>(s));
  marked_ = s;
}

// The totals that a step has left which has just ended, and perhaps later ones. Short steps wait for this loop.
void training_job::look_at_losses(std::uint32_t step) {
  const auto* records = at<hal::loss_record>(head_->train_stats);
  std::uint64_t any = 0;
  for (const auto* r = records; r != records + tiles_with_rows_; ++r) any |= r->first_not_finite;
  if (any != 0 && diverged_ == 0) diverged_ = head_->steps_before + diverged_since(step);
}

// The first row without a finite loss says by its number in which step it was: this one, or one rung since.
std::uint32_t training_job::diverged_since(std::uint32_t step) const {
  const auto* records = at<hal::loss_record>(head_->train_stats);
  std::uint32_t first = step_;
  for (std::uint32_t t = 0; t < tiles_with_rows_; ++t) {
    const std::uint64_t row = records[t].first_not_finite;
    std::uint32_t s = step;
    while (s < first && rows_of_tile(t, s) < row) ++s;
    if (row != 0) first = s;
  }
  return first;
}

// Of a tile, in the batches of this run up to a step: the last one of an epoch may be shorter.
std::uint64_t training_job::rows_of_tile(std::uint32_t tile, std::uint32_t step) const {
  const auto rows_in = [&](std::uint32_t samples) {
    const std::uint32_t before = std::min(samples, tile * head_->rows_per_tile);
    return std::min(samples - before, head_->rows_per_tile);
  };
  const std::uint32_t full = rows_in(head_->batch), others = head_->steps_per_epoch - 1,
                      last = rows_in(head_->train_samples - others * head_->batch);
  const auto until = [&](std::uint32_t steps) {
    const std::uint32_t epochs = steps / head_->steps_per_epoch, more = steps % head_->steps_per_epoch;
    return epochs * (std::uint64_t{others} * full + last) + std::uint64_t{more} * full;
  };
  return until(head_->steps_before + step) - until(head_->steps_before);
}

driver::problem training_job::look_up_to(std::uint32_t fence) {
  for (; looked_at_ < fence; ++looked_at_) {
    if (auto p = wait_for_fence(looked_at_ + 1)) return p;
    if (const auto step = steps_of_fences_[(looked_at_ + 1) % ahead_fences]) look_at_losses(step);
  }
  return {};
}

driver::problem training_job::step() {
  if (done()) return {};
  mark(stage::training);
  if (auto p = run(hal::job::step)) return p;
  steps_of_fences_[rings_done_ % ahead_fences] = ++step_;
  const auto* regrow_steps = at<std::uint32_t>(head_->regrow_steps);
  if (next_regrow_ < head_->regrow_count && regrow_steps[next_regrow_] == step_)
    if (auto p = change_masks()) return p;
  return rings_done_ > ahead ? look_up_to(rings_done_ - ahead) : driver::problem{}; // it always has work queued
}

driver::problem training_job::change_masks() {
  if (auto p = run(hal::job::regrow)) return p;
  if (head_->budget != 0) {
    if (auto p = look_up_to(rings_done_)) return p; // the first of its two fences
    redistribute();
    steps_of_fences_[++rings_done_ % ahead_fences] = 0;
  }
  ++next_regrow_;
  return {};
}

void training_job::redistribute() {
  const auto& budget = *at<hal::job::budget_record>(head_->budget);
  runtime::redistribute(base_, budget, at<std::uint32_t>(budget.shares)[next_regrow_]);
  fabric_.tile(0).write(hal::tile::semaphore, 1, budget.semaphore);
}

driver::problem training_job::settle() {
  auto p = rings_done_ > looked_at_ ? look_up_to(rings_done_) : wait_for_fence(rings_done_);
  if (done()) mark(stage::other);
  return p;
}

driver::problem training_job::train(epoch_function epoch_done, void* context) {
  while (!done()) {
    if (auto p = step()) return p;
    if (!epoch_ended()) continue;
    if (auto p = settle()) return p;
    if (epoch_done && diverged_ == 0) epoch_done(context, epochs_begun());
  }
  return {};
}

driver::problem training_job::evaluate() {
  mark(stage::evaluation);
  if (auto p = run(hal::job::evaluate)) return p;
  auto p = wait_for_fence(rings_done_);
  mark(stage::other);
  return p;
}

driver::problem training_job::diagnose(const char*& layer) {
  layer = nullptr;
  const auto* lists = at<hal::job::ring_entry>(head_->diagnose_lists);
  for (std::uint32_t t = 0; t < tiles_; ++t) {
    const auto registers = fabric_.tile(t);
    registers.write(hal::tile::ring_base, lists[t].address, hal::job::setup);
    registers.write(hal::tile::ring_length, lists[t].length, hal::job::setup);
  }
  if (auto p = run(hal::job::setup)) return p;
  if (auto p = wait_for_fence(rings_done_)) return p;
  const auto* finite = at<std::uint32_t>(head_->all_finite);
  for (std::uint64_t n = 0; n < head_->node_count && layer == nullptr; ++n)
    for (std::uint32_t row = 0; row < head_->batch; ++row)
      if (finite[n * head_->batch + row] == 0) layer = at<hal::job::node_record>(head_->nodes)[n].name;
  return {};
}

hal::loss_record training_job::totals(std::uint64_t offset) const {
  const auto* records = at<hal::loss_record>(offset);
  hal::loss_record sum;
  for (std::uint32_t t = 0; t < tiles_; ++t) {
    sum.loss_q16 += records[t].loss_q16;
    sum.correct += records[t].correct;
    sum.rows += records[t].rows;
    if (records[t].first_not_finite != 0) sum.first_not_finite = 1; // of all together: whether there is one
  }
  return sum;
}

void training_job::record(const hal::loss_record& last_epoch) {
  auto& r = *at<hal::job::results>(head_->results);
  const auto test = test_totals();
  r.steps_done = diverged_ != 0 ? diverged_ - 1 - head_->steps_before : steps_done();
  r.diverged_step = diverged_;
  r.test_correct = test.correct;
  r.test_rows = test.rows;
  r.train_loss_q16 = last_epoch.loss_q16;
  r.train_rows = last_epoch.rows;
  r.valid = hal::job::magic;
}

} // namespace acf::runtime
