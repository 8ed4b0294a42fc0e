#include "platform/soc/interruption.hpp"

namespace acf::platform {

namespace {

volatile std::sig_atomic_t was_asked = 0;
void ask(int) { was_asked = 1; }

} // namespace

interruption::interruption() {
  for (std::size_t i = 0; i < signals.size(); ++i) {
    struct sigaction action {};
    action.sa_handler = ask;
    // A terminal that is closed sends SIGHUP by the shell and by the kernel: the second one is no impatience.
    action.sa_flags = static_cast<int>(signals[i] == SIGHUP ? SA_RESTART : SA_RESTART | SA_RESETHAND);
    sigaction(signals[i], &action, &before_[i]);
    if (signals[i] == SIGHUP && before_[i].sa_handler == SIG_IGN) sigaction(SIGHUP, &before_[i], nullptr); // nohup
  }
}

interruption::~interruption() {
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before_[i], nullptr);
}

bool interruption::asked() { return was_asked != 0; }

} // namespace acf::platform
