#include "platform/soc/training_progress.hpp"

#include "platform/soc/guest_memory.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/job_image.hpp"
#include "sw_stack/hal/memory_map.hpp"

#include <cstring>
#include <fmt/format.h>
#include <vector>

namespace acf::platform {

training_progress::training_progress(std::span<const std::uint8_t> job) {
  hal::job::header head;
  if (job.size() < sizeof head) return;
  std::memcpy(&head, job.data(), sizeof head);
  stats_ = hal::map::job_image + head.train_stats;
  steps_ = head.steps;
  batch_ = head.batch;
  tiles_ = std::uint64_t{head.mesh_width} * head.mesh_height;
}

std::string training_progress::text(soc& chip) {
  if (batch_ == 0) return {};
  std::vector<hal::loss_record> totals(tiles_);
  const auto bytes = read_memory(chip, stats_, tiles_ * sizeof(hal::loss_record));
  std::memcpy(totals.data(), bytes.data(), bytes.size());
  std::uint64_t samples = 0, loss_q16 = 0;
  for (const auto& t : totals) {
    samples += t.rows;
    loss_q16 += t.loss_q16;
  }
  if (samples > samples_ && loss_q16 >= loss_q16_)
    loss_ = static_cast<double>(loss_q16 - loss_q16_) / 65536.0 / static_cast<double>(samples - samples_);
  samples_ = samples;
  loss_q16_ = loss_q16;
  if (samples == 0) return {};
  return fmt::format(", step {} of {}, loss {:.3f}", samples / batch_, steps_, loss_);
}

} // namespace acf::platform
