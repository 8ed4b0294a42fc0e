// acf-vp: runs and describes the virtual platform.
#include "platform/cli/commands.hpp"

int main(int argc, char** argv) { return acf::platform::command_line(argc, argv); }
