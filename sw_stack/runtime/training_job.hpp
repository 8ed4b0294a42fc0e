// Runs a training job image on the fabric: checks it, programs rings, scalars and windows, then one doorbell per
// training step. Integer arithmetic only; portable: everything outside comes through the driver.
//
//   training_job job(fabric, image);
//   job.prepare();  job.train(report);  job.evaluate();  job.totals(...)
#pragma once

#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/job_image.hpp"

#include <cstddef>
#include <cstdint>

namespace acf::runtime {

enum class stage : std::uint8_t { other = 0, training = 1, evaluation = 2 };

class training_job {
public:
  // `image` as the fabric sees it and as this processor sees it are the same address.
  training_job(driver::fabric& fabric, std::byte* image);

  const hal::job::header& header() const { return *head_; }
  // What is wrong with the image; empty when it can be run. To be asked before anything else.
  const char* unusable() const;

  driver::problem prepare();
  // After every epoch `epoch_done` is called with its number, from 1.
  using epoch_function = void (*)(void* context, std::uint32_t epoch);
  driver::problem train(epoch_function epoch_done, void* context);
  driver::problem evaluate();

  std::uint32_t steps_done() const { return step_; }
  // Sums over all tiles, since the setup job.
  hal::loss_record train_totals() const { return totals(head_->train_stats); }
  hal::loss_record test_totals() const { return totals(head_->test_stats); }
  hal::job::results& results() { return *at<hal::job::results>(head_->results); }

private:
  template <class T>
  T* at(std::uint64_t offset) const {
    return reinterpret_cast<T*>(base_ + offset);
  }
  driver::problem program_tiles();
  driver::problem run(hal::job::ring ring);
  driver::problem wait_for_fence();
  void mark(stage s);
  hal::loss_record totals(std::uint64_t offset) const;

  driver::fabric& fabric_;
  std::byte* base_;
  const hal::job::header* head_;
  std::uint32_t tiles_ = 0;
  std::uint32_t rings_done_ = 0; // jobs with a fence that were started
  std::uint32_t step_ = 0, next_regrow_ = 0;
};

} // namespace acf::runtime
