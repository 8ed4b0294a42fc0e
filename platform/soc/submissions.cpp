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
    place here{number, instruction, {hart.core().pc}};
    for (const auto a : return_addresses(hart, hart.core().x, hart.core().mode, program_, callers))
      here.address.push_back(a);
    last_ = std::make_shared<const place>(std::move(here));
  }
  latest_[tile][job % kept] = {job, last_};
}

std::string submissions::describe(std::uint32_t tile, std::uint64_t job) const {
  const auto& s = latest_[tile][job % kept];
  if (s.job != job || !s.from) return {};
  std::string text =
      fmt::format("submitted by hart {} at {}", s.from->hart, describe_address(s.from->address.front(), program_));
  for (std::size_t i = 1; i < s.from->address.size(); ++i)
    text += fmt::format("\n    called from {}", describe_address(s.from->address[i], program_));
  return text;
}

} // namespace acf::platform
