// Which checks there are, and in which order.
#include <cstdio>

#include "firmware/apps/selftest/bench.hpp"
#include "firmware/board/fabric_environment.hpp"

namespace acf::selftest {
namespace {

constexpr struct {
  std::string_view name;
  void (*run)(bench&);
} checks[] = {
    {"SRAM march", memory_march},
    {"COPY", copies},
    {"COPY between tiles", sends},
    {"REDUCE", sums_over_tiles},
    {"CONVERT", conversions},
    {"GATHER and SCATTER", gathers_and_scatters},
    {"TRANSPOSE", transposes},
    {"SETREG and LOOP", scalars_and_loops},
    {"SEM", semaphores},
    {"FENCE", fences},
    {"COUNTERS", counters},
    {"MM", matrix_products},
    {"SDDMM", sampled_products},
    {"EWISE", elementwise},
    {"ROWRED", reductions},
    {"SOFTMAX_XENT", softmax},
    {"UPDATE", weight_updates},
    {"SCORE and SELECT_K", scores_and_selection},
    {"SELECT_K by digits", selection_by_digits},
    {"MASK_UPDATE", mask_update},
    {"bad commands", command_errors},
    {"DMA windows", dma_windows},
    {"bad rings", ring_errors},
    {"routing hole", routing_errors},
    {"routing ring", routing_ring},
    {"reset and reuse", reset_and_reuse},
};

int run_all(bench& b) {
  int failed = 0;
  for (const auto& check : checks) {
    b.begin(check.name);
    check.run(b);
    failed += b.end() ? 0 : 1;
  }
  return failed;
}

} // namespace

int self_test() {
  board::fabric_environment world;
  driver::fabric fabric(world);
  bench b(fabric);
  auto p = fabric.identify();
  if (!p) p = b.bring_up();
  if (p) {
    fabric.report(p);
    return 1;
  }
  world.listen_to(fabric);
  const auto& chip = fabric.description();
  std::printf("%u x %u tiles, %u lanes, %u KiB of SRAM each\n", static_cast<unsigned>(chip.width),
              static_cast<unsigned>(chip.height), static_cast<unsigned>(chip.lanes),
              static_cast<unsigned>(chip.sram_kib));
  const auto failed = run_all(b);
  std::printf("%d checks failed\n", failed);
  return failed;
}

} // namespace acf::selftest
