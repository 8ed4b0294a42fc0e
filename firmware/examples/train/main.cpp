// A training loop of one's own: looks at the loss every 20 steps and stops when it is low enough. The network, the data
// and the commands for the tiles come with the job image, which acf-vp makes for every program that uses the runtime.
#include <cstdio>

#include "firmware/board/fabric_environment.hpp"
#include "firmware/board/fixed_point.hpp"
#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/runtime/training_job.hpp"

namespace {

using namespace acf;

constexpr unsigned look_every = 20;     // steps
constexpr unsigned low_enough = 40'000; // mean loss in 1/65536: 0.61

// Trains until the loss is low or the job is done; `recent` is what the last look saw.
driver::problem train(runtime::training_job& job, hal::loss_record& recent) {
  hal::loss_record before{};
  while (!job.done()) {
    if (const auto p = job.step()) return p;
    if (job.steps_done() % look_every != 0 && !job.done()) continue;
    if (const auto p = job.settle()) return p;
    const auto now = job.train_totals();
    recent = {.loss_q16 = now.loss_q16 - before.loss_q16, .rows = now.rows - before.rows};
    before = now;
    const auto mean = recent.loss_q16 / recent.rows;
    std::printf("step %u: loss %s\n", static_cast<unsigned>(job.steps_done()),
                board::decimal{static_cast<std::int64_t>(mean * 1000 / 65536), 3}.text());
    if (mean < low_enough) break;
  }
  return {};
}

} // namespace

int main() {
  board::fabric_environment world;
  driver::fabric fabric(world);
  runtime::training_job job(fabric);
  if (const auto* why = job.unusable()) {
    std::puts(why);
    return 1;
  }
  world.listen_to(fabric);

  hal::loss_record recent{};
  auto p = job.prepare();
  if (!p) p = train(job, recent);
  if (!p) p = job.evaluate();
  if (p) {
    fabric.report(p);
    return 1;
  }
  job.record(recent);
  if (job.diverged_step()) std::printf("training diverged in step %u\n", static_cast<unsigned>(job.diverged_step()));
  const auto test = job.test_totals();
  std::printf("%u steps, %u of %u right\n", static_cast<unsigned>(job.steps_done()),
              static_cast<unsigned>(test.correct), static_cast<unsigned>(test.rows));
  return 0;
}
