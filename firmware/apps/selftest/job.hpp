#pragma once
// A job of one tile for a check: tensors with their places in SRAM and DRAM, and commands that run one after another.
#include <array>
#include <cstdint>

#include "firmware/apps/selftest/bench.hpp"
#include "sw_stack/hal/commands.hpp"

namespace acf::selftest {

using hal::element;
using hal::opcode;

// A dense matrix: its view, where it lies in SRAM, and its packed image in DRAM.
struct tensor {
  std::uint16_t view = hal::no_view;
  element type = element::f32;
  std::uint32_t rows = 0, columns = 0;
  std::uint32_t sram = 0;
  std::byte* image = nullptr;

  std::uint32_t bytes() const { return rows * columns * hal::bytes_of(type); }
  std::uint64_t operator[](std::uint32_t n) const; // element n of the image, row by row, as bits
};

class job {
public:
  explicit job(bench& on, std::uint32_t tile_number = 0);

  // A place in SRAM and DRAM and a dense view of it.
  tensor place(element type, std::uint32_t rows, std::uint32_t columns);
  std::uint16_t view(const hal::view_record& record); // any other view

  // A tensor loaded with bits(n) in element n.
  template <class function>
  tensor input(element type, std::uint32_t rows, std::uint32_t columns, function bits) {
    const auto t = place(type, rows, columns);
    for (std::uint32_t n = 0; n < rows * columns; ++n) set(t, n, bits(n));
    load(t);
    return t;
  }
  template <std::size_t n>
  tensor input(element type, const std::uint32_t (&bits)[n]) {
    return input(type, 1, n, [&](std::uint32_t i) { return bits[i]; });
  }
  // A tensor that starts with other bits than any result has.
  tensor output(element type, std::uint32_t rows, std::uint32_t columns);

  // Each command waits for the one before it.
  hal::command& add(opcode what, std::array<std::uint16_t, 4> views = no_views);
  hal::command& add_sequencer(opcode what); // DEFVIEW, SETREG, LOOP, SEM: executed on dispatch, wait for nothing
  hal::extension& extend();                 // of the last command
  void load(const tensor& t);
  void store(const tensor& t);

  // Stores the tensors, runs the job, and complains if it fails.
  template <class... tensors>
  void run(const tensors&... results) {
    (store(results), ...);
    expect_success();
  }
  driver::problem try_run();

  static constexpr std::array<std::uint16_t, 4> no_views{hal::no_view, hal::no_view, hal::no_view, hal::no_view};
  static constexpr std::uint32_t chain = 0; // the semaphore that orders the commands

private:
  void set(const tensor& t, std::uint32_t n, std::uint32_t bits);
  hal::command& push(opcode what);
  void expect_success();

  bench& owner;
  std::uint32_t tile;
  std::array<hal::command, 48> commands{};
  std::array<hal::extension, 48> extensions{};
  std::array<bool, 48> extended{};
  std::uint32_t used = 0, views = 0, sram_used = 0, dram_used = 0;
  bool chained = false;
};

} // namespace acf::selftest
