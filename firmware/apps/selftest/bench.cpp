#include "firmware/apps/selftest/bench.hpp"

#include <cstdio>

namespace acf::selftest {

shared_memory shared;
alignas(64) const std::array<std::uint32_t, 16> read_only = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};

namespace {
constexpr std::uint64_t time_limit = 1'000'000; // microseconds for one job
constexpr std::uint32_t ring = 0;

driver::record fence_record(std::uint32_t value) {
  return std::bit_cast<driver::record>(
      hal::command{.op = static_cast<std::uint8_t>(hal::opcode::fence),
                   .param = {1, low(address_of(shared.fence)), high(address_of(shared.fence)), value}});
}
} // namespace

driver::problem bench::bring_up() {
  const std::array windows{
      driver::dma_window{address_of(shared), address_of(shared) + sizeof shared, true, true},
      driver::dma_window{address_of(read_only), address_of(read_only) + sizeof read_only, true, false}};
  if (const auto p = fabric.bring_up(windows)) return p;
  shared.fence = 0; // whatever wrote to it before the reset
  fabric.enable_interrupts();
  return {};
}

driver::problem bench::run(std::uint32_t tile, std::span<const driver::record> job) {
  if (job.size() + 1 > shared.ring.size()) return {driver::trouble::bad_argument, "records of a job", job.size(), 64};
  static std::array<driver::record, 64> records;
  const auto end = std::copy(job.begin(), job.end(), records.begin());
  *end = fence_record(++fences);
  driver::queue queue(fabric, tile, ring, shared.ring, address_of(shared.ring));
  if (const auto p = queue.attach()) return p;
  if (const auto p = queue.submit(std::span(records).first(job.size() + 1))) return p;
  return fabric.wait(shared.fence, fences, time_limit, driver::wait_by::interrupt);
}

void bench::begin(std::string_view check) {
  name = check;
  skipped = {};
  wrong = 0;
}

bool bench::end() {
  const auto print = [this](const char* verdict, std::string_view detail) {
    std::printf("%.*s: %s%.*s\n", static_cast<int>(name.size()), name.data(), verdict, static_cast<int>(detail.size()),
                detail.data());
  };
  if (wrong != 0)
    print("FAILED", "");
  else if (!skipped.empty())
    print("skipped, ", skipped);
  else
    print("ok", "");
  return wrong == 0;
}

void bench::expect(std::string_view what, std::uint64_t found, std::uint64_t expected) {
  constexpr unsigned enough = 5; // lines per check
  if (found == expected || wrong++ >= enough) return;
  std::printf("  %.*s is 0x%lx, expected 0x%lx\n", static_cast<int>(what.size()), what.data(), found, expected);
}

void bench::expect(const driver::problem& p) {
  if (!p) return;
  ++wrong;
  fabric.report(p);
  for (std::uint32_t n = 0; n < fabric.description().tiles; ++n) static_cast<void>(fabric.reset_tile(n));
}

void bench::skip(std::string_view reason) { skipped = reason; }

} // namespace acf::selftest
