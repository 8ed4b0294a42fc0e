#include "platform/soc/interruption.hpp"

namespace acf::platform {

namespace {

volatile std::sig_atomic_t was_asked = 0;
void ask(int) { was_asked = 1; }

} // namespace

interruption::interruption() {
  struct sigaction action {};
  action.sa_handler = ask;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &action, &before_[i]);
}

interruption::~interruption() {
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before_[i], nullptr);
}

bool interruption::asked() { return was_asked != 0; }

} // namespace acf::platform
