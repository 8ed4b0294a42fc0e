// --interactive: what is typed on standard input, as the guest's console gets it. On a terminal every key at once and
// without echo; Ctrl-C still ends the run.
#pragma once

#include <optional>
#include <string>
#include <termios.h>

namespace acf::platform {

class keyboard {
public:
  keyboard();
  ~keyboard();
  keyboard(const keyboard&) = delete;
  keyboard& operator=(const keyboard&) = delete;

  // What has been typed since the last time; `wait`: until there is something, or a signal. Nothing: input has ended.
  std::optional<std::string> read(bool wait);

private:
  std::optional<termios> before_; // of the terminal
};

} // namespace acf::platform
