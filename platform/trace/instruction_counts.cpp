#include "platform/trace/instruction_counts.hpp"

namespace acf::platform {

void instruction_counts::on_retired(const cpu::hart& hart, const cpu::retired& what) {
  const auto id = hart.config().id;
  auto& before = last_[id];
  const auto slept = chip_.harts[id]->cycles_asleep() - before.slept;
  if (slept) counts_[before.pc].asleep += slept;
  const auto passed = hart.cycle >= before.cycle ? hart.cycle - before.cycle : hart.cycle; // it was reset
  auto& here = counts_[what.pc];
  ++here.retired;
  here.cycles += passed > slept ? passed - slept : 0;
  before = {what.pc, hart.cycle, before.slept + slept};
}

} // namespace acf::platform
