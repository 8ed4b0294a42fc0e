#include "platform/soc/submissions.hpp"

#include "platform/soc/diagnosis.hpp"

#include <fmt/format.h>

namespace acf::platform {

namespace {

constexpr unsigned callers = 3;

} // namespace

submissions::submissions(soc& chip, const program* program)
    : chip_(chip), program_(program), latest_(chip.tiles.size()) {
  chip.bridge.observe(*this);
}

void submissions::submitted(std::uint32_t tile, std::uint64_t job) {
  const auto number = static_cast<unsigned>(chip_.running_hart());
  auto& hart = *chip_.harts[number];
  const auto instruction = hart.core().instret;
  if (!last_ || last_->hart != number || last_->instruction != instruction) {
    const auto& h = hart.core();
    last_ = std::make_shared<const place>(
        place{number, instruction, h.pc, callers_of(hart, h.pc, h.x, h.mode, program_, callers)});
  }
  latest_[tile][job % kept] = {job, last_};
}

std::string submissions::describe(std::uint32_t tile, std::uint64_t job) const {
  const auto& s = latest_[tile][job % kept];
  if (s.job != job || !s.from) return {};
  std::string text = fmt::format("submitted by hart {} at {}", s.from->hart, describe_address(s.from->pc, program_));
  for (const auto& from : s.from->callers) text += describe_caller(from, program_, "\n    ");
  return text;
}

} // namespace acf::platform
