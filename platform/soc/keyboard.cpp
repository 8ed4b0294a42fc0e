#include "platform/soc/keyboard.hpp"

#include <array>
#include <poll.h>
#include <unistd.h>

namespace acf::platform {

keyboard::keyboard() {
  termios now{};
  if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &now) != 0) return;
  before_ = now;
  now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

keyboard::~keyboard() {
  if (before_) tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
}

std::optional<std::string> keyboard::read(bool wait) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  constexpr int for_ever = -1;
  if (poll(&input, 1, wait ? for_ever : 0) <= 0) return std::string{};
  std::array<char, 256> typed;
  const auto n = ::read(STDIN_FILENO, typed.data(), typed.size());
  if (n <= 0) return std::nullopt;
  return std::string(typed.data(), static_cast<std::size_t>(n));
}

} // namespace acf::platform
