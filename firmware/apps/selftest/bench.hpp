#pragma once
// What every check of the self-test stands on: the fabric, memory it may touch, and a way to say what was expected.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/driver/queue.hpp"
#include "sw_stack/hal/commands.hpp"

namespace acf::selftest {

constexpr std::uint32_t low(std::uint64_t address) { return static_cast<std::uint32_t>(address); }
constexpr std::uint32_t high(std::uint64_t address) { return static_cast<std::uint32_t>(address >> 32); }
std::uint64_t address_of(const auto& object) { return reinterpret_cast<std::uint64_t>(&object); }

// DRAM that the fabric may read and write.
struct alignas(64) shared_memory {
  std::array<driver::record, 64> ring, other_ring;
  std::array<hal::view_record, 64> views;
  std::array<std::byte, 192 * 1024> tensors;
  std::uint32_t fence;
};
extern shared_memory shared;

// DRAM that the fabric may only read.
extern const std::array<std::uint32_t, 16> read_only;

class bench {
public:
  explicit bench(driver::fabric& under_test) : fabric(under_test) {}

  // Resets the fabric and opens the two windows.
  driver::problem bring_up();
  // Runs one job on ring 0 of a tile, closed by a fence, and waits for it.
  driver::problem run(std::uint32_t tile, std::span<const driver::record> job);

  void begin(std::string_view check);
  bool end(); // prints the line of the check; whether it passed
  void expect(std::string_view what, std::uint64_t found, std::uint64_t expected);
  void expect(const driver::problem& p); // none
  void skip(std::string_view reason);

  driver::fabric& fabric;

private:
  std::string_view name, skipped;
  unsigned wrong = 0;
  std::uint32_t fences = 0;
};

// Brings the fabric up and runs all checks; how many failed.
int self_test();

// The checks, in the order in which they run. A check begins with an idle fabric and leaves it so.
void memory_march(bench& b);
void copies(bench& b);
void sends(bench& b);
void sums_over_tiles(bench& b);
void conversions(bench& b);
void gathers_and_scatters(bench& b);
void transposes(bench& b);
void scalars_and_loops(bench& b);
void semaphores(bench& b);
void fences(bench& b);
void counters(bench& b);
void matrix_products(bench& b);
void sampled_products(bench& b);
void elementwise(bench& b);
void reductions(bench& b);
void softmax(bench& b);
void weight_updates(bench& b);
void scores_and_selection(bench& b);
void selection_by_digits(bench& b);
void mask_update(bench& b);
void command_errors(bench& b);
void dma_windows(bench& b);
void ring_errors(bench& b);
void routing_errors(bench& b);
void routing_ring(bench& b);
void reset_and_reuse(bench& b);

} // namespace acf::selftest
