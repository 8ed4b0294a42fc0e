// Writes the command lists of one tile: views are numbered as they are first used, records go into the chosen ring.
#pragma once

#include "sw_stack/compiler/inputs.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/job_image.hpp"

#include <array>
#include <bit>

namespace acf::compiler {

// An operand: a view and the offset of its command.
struct tensor {
  hal::view_record view;
  std::uint32_t offset = 0; // immediate or hal::from_scalar()

  tensor at(std::uint32_t bytes) const { return {view, offset + (offset & 0x8000'0000 ? bytes << 4 : bytes)}; }
  tensor from(std::uint32_t scalar, std::uint32_t bytes = 0) const { return {view, hal::from_scalar(scalar, bytes)}; }
};

tensor vector_of(hal::element type, std::uint32_t base, std::uint32_t n, std::uint32_t stride = 0);
tensor matrix_of(hal::element type, std::uint32_t base, std::uint32_t rows, std::uint32_t columns,
                 std::uint32_t row_stride = 0);
// One element as an operand beside `other`: every element is that one.
inline tensor all_the_same(tensor element, const tensor& other) {
  element.view.dim = other.view.dim;
  element.view.stride = {};
  return element;
}

// A semaphore and a count; count 0 means none.
struct wait_for {
  std::uint32_t semaphore = 0, count = 0;
};
using raise = wait_for;

struct link {
  wait_for first{}, second{};
  raise then{};
  bool channel1 = false; // DMA channel 1
  bool remote = false;   // `then` at every tile of the set
  bool packed = false;   // a send leaves out zeros
  std::uint16_t tag = 0;
};

class tile_code {
public:
  explicit tile_code(std::uint32_t tile_number) : tile(tile_number) {}

  const std::uint32_t tile;
  std::uint32_t ring = hal::job::setup; // where records go: job::ring, or job::diagnose

  // One command; operands by position, parameters and extension by hand.
  hal::command start(hal::opcode op, const link& how, std::initializer_list<const tensor*> operands);
  void append(const hal::command& c);
  void append(hal::command c, const hal::extension& e);
  hal::extension extend(std::initializer_list<const tensor*> operands);

  void set(std::uint32_t scalar, std::uint32_t op, std::uint64_t value, std::uint32_t plus_scalar = no_scalar);
  void load_scalar(std::uint32_t scalar, std::uint64_t address, std::uint32_t plus_scalar = no_scalar);
  void wait(std::uint32_t semaphore, std::uint32_t count); // the sequencer's own; any number
  void add(std::uint32_t semaphore, std::uint32_t count, std::uint32_t tiles);

  void load(const tensor& to, std::uint64_t address, const link& how, std::uint32_t pitch = 0, std::uint32_t offset = 0,
            const tensor* packed_sizes = nullptr);
  void store(const tensor& from, std::uint64_t address, const link& how, std::uint32_t pitch = 0);
  void send(const tensor& what, std::uint32_t tiles, link how); // to the same place there; raises remotely
  void send_to(const tensor& what, const tensor& there, std::uint32_t tiles, link how);
  // Of a matrix the columns that blocks of `list` [slots, {row, column}] read, to their owners.
  void deal(const tensor& what, const tensor& list, std::uint32_t tiles, link how);
  void copy(const tensor& from, const tensor& to, const link& how);
  void gather(const tensor& index, const tensor& to, std::uint64_t table, std::uint32_t pitch, const link& how,
              const tensor* packed_sizes = nullptr);
  void fill_zero(const tensor& what, const link& how);
  void fence(std::uint64_t address, std::uint32_t value_scalar, const link& how);

  std::size_t position() const { return rings[ring].size(); }
  static constexpr std::uint32_t no_scalar = ~0u;

  std::array<std::vector<hal::command>, hal::job::lists> rings;
  std::vector<hal::view_record> views;
  std::uint32_t raised_ready = 0; // remote signals of semaphore::ready appended so far

private:
  std::uint16_t number(const hal::view_record& v);
  void place(const tensor& t, std::uint16_t& view, std::uint32_t& offset);
};

} // namespace acf::compiler
