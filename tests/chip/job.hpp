// Jobs of one tile as a driver would write them, in a part of DRAM of their own; and the registers that tell what came
// of them.
#pragma once

#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/tile_registers.hpp"
#include "tests/chip/chip.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace acf::test {

namespace map = hal::map;
using hal::opcode;
inline constexpr std::uint16_t none = hal::no_view;
inline constexpr std::uint64_t data = map::dram + 0x80'0000; // DRAM for tensors

class job {
public:
  // Opens the first 16 MiB of DRAM to the fabric, places a ring of 64 records.
  explicit job(chip& c, std::uint32_t tile_number = 0, std::uint32_t ring_number = 0);
  void place(std::uint32_t records); // the ring anew; the list is empty

  hal::command& add(opcode op, std::array<std::uint32_t, 6> parameters = {});
  // DEFVIEW of u32[rows, columns] at `base` in SRAM, rows `stride` bytes apart; 0: packed.
  void view(std::uint32_t rows, std::uint32_t columns, std::uint32_t stride = 0, std::uint16_t id = 0,
            std::uint32_t base = 0);
  void define(const hal::view_record& v, std::uint16_t id); // DEFVIEW of any
  hal::command& load(std::uint16_t view = 0, std::uint64_t from = data);
  hal::command& store(std::uint16_t view = 0, std::uint64_t to = data);
  hal::command& fence(std::uint32_t value, std::uint64_t to = data);
  void set_scalar(std::uint32_t scalar, std::uint64_t value); // through the register, at once

  void ring_doorbell(); // for all records added since place(), which lie at the ring's beginning
  void ring_doorbell(std::uint32_t count);
  // Until the tile is idle or has failed; nanoseconds, at most `limit`.
  std::uint64_t finish(std::uint64_t limit = 1'000'000);

  std::uint64_t read(const hal::reg& r, std::uint32_t index = 0) const;
  void write(const hal::reg& r, std::uint64_t value, std::uint32_t index = 0) const;
  std::uint32_t semaphore(std::uint32_t s) const;
  std::uint64_t scalar(std::uint32_t s) const;
  bool idle() const;
  hal::tile::error cause() const;

private:
  chip& chip_;
  const std::uint32_t ring_number_;
  const std::uint64_t tile_, ring_, views_;
  std::vector<hal::command> list_;
  std::uint32_t views_used_ = 0;
};

std::uint32_t word(chip& c, std::uint64_t address = data);
void put_words(chip& c, std::uint64_t address, const std::vector<std::uint32_t>& words);
std::vector<std::uint32_t> words(chip& c, std::uint64_t address, std::size_t count);
void reset(chip& c); // GLOBAL.CONTROL.RESET
std::uint64_t now(); // ns

} // namespace acf::test
