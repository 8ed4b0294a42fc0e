// A console-only image: what it prints depends on nothing but the instruction set and the peripherals it shares with
// QEMU's `virt` machine, so both must print the same bytes and exit with the same status.
#include <cstdio>

#include "firmware/apps/console_test/checks.hpp"

namespace acf::console_test {
namespace {
int failed = 0;
} // namespace

void check(std::string_view what, bool holds) {
  std::printf("%.*s: %s\n", static_cast<int>(what.size()), what.data(), holds ? "ok" : "FAILED");
  failed += holds ? 0 : 1;
}

int failures() { return failed; }

} // namespace acf::console_test

int main() {
  using namespace acf::console_test;
  language();
  traps();
  interrupts();
  std::printf("%d failed\n", failures());
  return failures() == 0 ? agreed_exit_code : failures();
}
