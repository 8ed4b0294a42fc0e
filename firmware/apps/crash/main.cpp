// Ends in a trap that nobody handles, three calls deep: what a firmware engineer sees then is worth a test.
#include <cstdint>

namespace {

[[gnu::noinline]] std::uint64_t read_sensor(std::uint64_t address) {
  return *reinterpret_cast<const volatile std::uint64_t*>(address);
}

[[gnu::noinline]] std::uint64_t average(std::uint64_t first, unsigned count) {
  std::uint64_t sum = 0;
  for (unsigned n = 0; n < count; ++n) sum += read_sensor(first + 8 * n);
  return sum / count;
}

} // namespace

int main() { return static_cast<int>(average(0x0900'0000, 4)); }
