// The smallest complete program: prints, and its return value becomes the exit status.
#include <cstdio>

#include "firmware/board/hart.hpp"

int main() {
  std::printf("hello from hart %u\n", static_cast<unsigned>(acf::hart::id()));
  return 0;
}
