// Runs a training job image on the fabric: checks it, programs rings, scalars and windows, then one doorbell per
// training step. Integer arithmetic only; portable: everything outside comes through the driver.
//
//   training_job job(fabric);
//   job.prepare();  while (!job.done()) job.step();  job.settle();  job.evaluate();  job.record();
//
// train() is such a loop with a report after each epoch. The fabric works behind step(): what train_totals() says
// belongs to the last steps only after settle().
#pragma once

#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/job_image.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace acf::runtime {

enum class stage : std::uint8_t { other = 0, training = 1, evaluation = 2 };

// Where the loader puts the job image. A program that has this symbol is one that trains: `acf-vp run` compiles the
// network for it.
extern "C" std::byte* const acf_job_image;

class training_job {
public:
  // `image` as the fabric sees it and as this processor sees it are the same address.
  explicit training_job(driver::fabric& fabric, std::byte* image = acf_job_image);

  const hal::job::header& header() const { return *head_; }
  // What is wrong with the image; empty when it can be run. To be asked before anything else.
  const char* unusable() const;

  driver::problem prepare();
  // One doorbell, and another one if the mask is to change after this step. Returns while the fabric still has work.
  driver::problem step();
  driver::problem settle(); // until everything that was rung has ended
  bool done() const { return step_ == head_->steps || diverged_ != 0; }
  bool epoch_ended() const { return (head_->steps_before + step_) % head_->steps_per_epoch == 0 || done(); }
  std::uint32_t epochs_begun() const { // by this run and the ones before it
    return (head_->steps_before + step_ + head_->steps_per_epoch - 1) / head_->steps_per_epoch;
  }
  // After every epoch `epoch_done` is called with its number, from 1.
  using epoch_function = void (*)(void* context, std::uint32_t epoch);
  driver::problem train(epoch_function epoch_done, void* context);
  driver::problem evaluate();

  // The first step of the whole run (from 1) in which a logit was not finite or too large; 0: none. Its gradients have
  // changed no weight, and step() does nothing more: what is left is to settle(), to find out by diagnose() which layer
  // it was, to evaluate() and to record().
  std::uint32_t diverged_step() const { return diverged_; }
  // `layer`: the first one whose outputs are not finite, or null.
  driver::problem diagnose(const char*& layer);
  const char* last_layer() const { return at<hal::job::node_record>(head_->nodes)[head_->node_count - 1].name; }

  std::uint32_t steps_done() const { return step_; } // by this run
  // Sums over all tiles, since the setup job.
  hal::loss_record train_totals() const { return totals(head_->train_stats); }
  hal::loss_record test_totals() const { return totals(head_->test_stats); }
  // Tells the platform what came of it: steps, test_totals(), and the loss of `last_epoch`.
  void record(const hal::loss_record& last_epoch);

private:
  template <class T>
  T* at(std::uint64_t offset) const {
    return reinterpret_cast<T*>(base_ + offset);
  }
  std::optional<driver::route_plan> route_plan() const; // none: as the hardware has it
  driver::problem program_tiles();
  driver::problem run(hal::job::ring ring);
  driver::problem wait_for_fence(std::uint32_t number);
  driver::problem look_up_to(std::uint32_t fence);
  driver::problem change_masks();
  void redistribute();
  void look_at_losses(std::uint32_t step);
  std::uint32_t diverged_since(std::uint32_t step) const;
  std::uint64_t rows_of_tile(std::uint32_t tile, std::uint32_t step) const;
  void mark(stage s);
  hal::loss_record totals(std::uint64_t offset) const;

  driver::fabric& fabric_;
  std::byte* base_;
  const hal::job::header* head_;
  std::uint32_t tiles_ = 0, tiles_with_rows_ = 0;
  std::uint32_t rings_done_ = 0; // jobs with a fence that were started
  std::uint32_t step_ = 0, next_regrow_ = 0;
  std::uint32_t diverged_ = 0;
  std::uint32_t looked_at_ = 1;        // fences; the first is that of the setup job
  std::uint32_t steps_of_fences_[8]{}; // of the last fences; 0: another job's
  stage marked_ = stage::other;
};

} // namespace acf::runtime
