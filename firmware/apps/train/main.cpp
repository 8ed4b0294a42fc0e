// Trains the job image that the loader has put at hal::map::job_image, evaluates the network and reports on the console
// and in the image's results. Nothing here computes with floating point: the fabric does.
#include <cstdio>

#include "firmware/board/fabric_environment.hpp"
#include "firmware/board/fixed_point.hpp"
#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/runtime/training_job.hpp"

namespace {

using namespace acf;

struct progress {
  runtime::training_job& job;
  hal::loss_record before{}, last{}; // totals at the end of the last epoch, and what that epoch added
};

// Mean loss of an epoch with four decimals, from the fabric's fixed-point sums.
board::decimal mean_loss(std::uint64_t loss_q16, std::uint64_t rows) {
  if (rows == 0) return {0, 4};
  return {static_cast<std::int64_t>(loss_q16 / rows * 10000 / 65536 + loss_q16 % rows * 10000 / rows / 65536), 4};
}

void epoch_done(void* context, std::uint32_t epoch) {
  auto& p = *static_cast<progress*>(context);
  const auto now = p.job.train_totals();
  const auto rows = now.rows - p.before.rows;
  std::printf("epoch %u: loss %s, training accuracy %s %%\n", epoch,
              mean_loss(now.loss_q16 - p.before.loss_q16, rows).text(),
              board::percent(static_cast<std::int64_t>(now.correct - p.before.correct), static_cast<std::int64_t>(rows))
                  .text());
  p.last = {.loss_q16 = now.loss_q16 - p.before.loss_q16, .rows = rows};
  p.before = now;
}

// Weights are those before the step, and are kept: the evaluation stores them.
driver::problem explain_divergence(runtime::training_job& job) {
  const char* layer = nullptr;
  if (const auto p = job.diagnose(layer)) return p;
  const auto step = static_cast<unsigned>(job.diverged_step());
  std::printf("training diverged in step %u", step);
  if (layer != nullptr)
    std::printf(": outputs of %s are not finite", layer);
  else
    std::printf(": outputs of %s are beyond train.largest_logit", job.last_layer());
  std::printf("; it stops with the weights before that step\n");
  return {};
}

int give_up(const driver::fabric& fabric, const driver::problem& what) {
  fabric.report(what);
  return 1;
}

} // namespace

int main() {
  board::fabric_environment world;
  driver::fabric fabric(world);
  runtime::training_job job(fabric);
  if (const auto* why = job.unusable()) {
    std::printf("train: %s\n", why);
    return 1;
  }
  world.listen_to(fabric);
  const auto& head = job.header();
  std::printf("training on %u x %u tiles: %u samples, batch %u, %u epochs, %u steps\n", head.mesh_width,
              head.mesh_height, head.train_samples, head.batch, head.epochs, head.steps);

  if (const auto p = job.prepare()) return give_up(fabric, p);
  progress state{job};
  if (const auto p = job.train(epoch_done, &state)) return give_up(fabric, p);
  if (job.diverged_step())
    if (const auto p = explain_divergence(job)) return give_up(fabric, p);
  if (const auto p = job.evaluate()) return give_up(fabric, p);

  const auto test = job.test_totals();
  std::printf("test accuracy %s %% (%u of %u)\n",
              board::percent(static_cast<std::int64_t>(test.correct), static_cast<std::int64_t>(test.rows)).text(),
              static_cast<unsigned>(test.correct), static_cast<unsigned>(test.rows));
  const bool useless = test.first_not_finite != 0;
  if (useless) std::printf("outputs of test samples are not finite: these weights are useless\n");
  job.record(state.last);
  return job.diverged_step() || useless ? 1 : 0;
}
