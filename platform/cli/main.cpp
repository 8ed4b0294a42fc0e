// acf-vp: runs and describes the virtual platform.
#include "platform/cli/commands.hpp"
#include "platform/cli/standard_streams.hpp"

int main(int argc, char** argv) {
  acf::platform::occupy_closed_streams(); // before anything opens a file
  return acf::platform::command_line(argc, argv);
}
