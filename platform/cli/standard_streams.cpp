#include "platform/cli/standard_streams.hpp"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace acf::platform {

void occupy_closed_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream)
    if (fcntl(stream, F_GETFD) == -1) (void)open("/dev/null", O_RDONLY); // the lowest free number is this one
}

void outlive_readers() { (void)std::signal(SIGPIPE, SIG_IGN); }

} // namespace acf::platform
