// Hart 0 puts hart 1 to work twice; run it with two harts.
#include <array>
#include <atomic>
#include <cstdio>

#include "firmware/board/hart.hpp"
#include "firmware/start/start.hpp"

namespace {

std::array<std::byte, 16384> stack;
std::atomic<unsigned> result = 0;
thread_local unsigned local = 7;

void work(std::uint64_t hart) {
  local += static_cast<unsigned>(hart);
  result = local * 100 + static_cast<unsigned>(acf::hart::id());
}

} // namespace

int main() {
  local = 50;
  for (int round = 0; round < 2; ++round) {
    result = 0;
    acf::start_hart(1, work, stack);
    while (result == 0) {
    }
    std::printf("hart 1: %u, hart 0 keeps %u\n", result.load(), local);
  }
  return 0;
}
