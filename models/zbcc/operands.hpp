// From view records to checked operands. Inside the commands errors are thrown as command_error; datapath::prepare
// catches them, so nothing leaves as an exception.
#pragma once

#include "models/zbcc/bit_matrix.hpp"
#include "models/zbcc/datapath.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace acf::zbcc {

using hal::tile::error;

[[noreturn]] inline void fail(error cause, std::uint64_t address) { throw command_error{cause, address}; }

// A dense tensor whose bytes are all inside the SRAM.
struct tensor {
  element type = element::f32;
  std::array<std::uint64_t, 4> dim{1, 1, 1, 1}, stride{};
  std::uint64_t base = 0;
  std::uint64_t count = 0; // elements
  std::uint32_t view = 0;  // position in the command, for errors

  std::uint32_t size() const { return hal::bytes_of(type); }
  bool same_shape(const tensor& t) const { return dim == t.dim; }
  bool same_place(const tensor& t) const {
    return base == t.base && dim == t.dim && stride == t.stride && size() == t.size();
  }
  footprint place() const;

  // Calls f(address of the first element, number of the first element) for every run along the innermost dimension.
  template <typename F>
  void each_run(F f) const {
    if (count == 0) return;
    const std::size_t in = inner();
    std::uint64_t number = 0;
    std::array<std::uint64_t, 4> end = dim;
    end[in] = 1;
    for (std::uint64_t i = 0; i < end[0]; ++i)
      for (std::uint64_t j = 0; j < end[1]; ++j)
        for (std::uint64_t k = 0; k < end[2]; ++k)
          for (std::uint64_t l = 0; l < end[3]; ++l, number += dim[in])
            f(base + i * stride[0] + j * stride[1] + k * stride[2] + l * stride[3], number);
  }
  // The same elements in the same order with as few dimensions, and so as long runs, as possible.
  tensor merged() const;
  std::size_t inner() const {
    std::size_t d = 3;
    while (d > 0 && dim[d] == 1) --d;
    return d;
  }
  std::uint64_t address_of(std::uint64_t number) const {
    std::uint64_t address = base;
    for (std::size_t d = 4; d-- > 0; number /= dim[d]) address += number % dim[d] * stride[d];
    return address;
  }
  std::uint64_t run_length() const { return dim[inner()]; }
  std::uint64_t run_stride() const { return stride[inner()]; }
};

// Block lists of a bsr4x4 view, checked: columns ascending and inside, slots inside capacity and SRAM.
struct sparse_matrix {
  element type = element::bf16;
  std::uint64_t rows = 0, cols = 0, base = 0, capacity = 0;
  std::uint64_t pointers = 0, indices = 0; // where the lists are
  sparse_rows blocks;
  std::vector<footprint> places; // lists and values
  std::uint64_t list_bytes() const { return 4 * blocks.first.size() + 8 * blocks.entries.size(); }
};

// A bitmap view, checked; the row starts and bits are copied, values stay where they are.
struct bitmap_matrix {
  element type = element::bf16;
  std::uint64_t rows = 0, cols = 0, base = 0;
  bit_matrix bits;
  std::vector<std::uint32_t> first; // of every row
  std::vector<footprint> places;
};

// Outputs are written to private memory, packed in element order, and copied at commit.
struct output {
  tensor where;
  std::vector<std::uint8_t> bytes;
};

class operation { // by itself: a command whose results are known at dispatch, because they are lists that had to be
                  // read
public:
  virtual ~operation() = default;
  virtual void compute() {}
  std::vector<output> outputs;
  std::uint8_t* sram = nullptr;
  zero_count result;
  std::optional<zero_count> a, b; // operands, where compute() counts them

  // Sets an output whose values are known already.
  template <typename T>
  void set(std::size_t index, const std::vector<T>& values) {
    std::vector<std::uint8_t>& to = outputs[index].bytes;
    if (!to.empty()) std::memcpy(to.data(), values.data(), to.size());
  }

protected:
  std::vector<float> load(const tensor& t) const; // count values in element order
  void store(std::size_t index, const float* values);
};

// What a command sees while it is prepared.
class context {
public:
  const hal::command& command;
  const hal::extension* extension;
  std::span<const resolved_view> views;
  std::span<const std::uint64_t, hal::tile::scalars> scalars;
  std::span<std::uint8_t> sram;
  prepared& out;

  std::uint32_t param(std::size_t i) const { return command.param[i]; }
  float constant(std::size_t i) const;                // fp32 bits in a parameter
  std::uint64_t scalar_named_by(std::size_t i) const; // value of the scalar register whose number is a parameter

  bool has(std::uint32_t view) const { return at(view).is != resolved_view::state::none; }
  // Any dense view. By element: it may begin at any element, where views begin at multiples of four bytes otherwise.
  tensor dense(std::uint32_t view, bool by_element = false) const;
  tensor matrix(std::uint32_t view) const;                              // dense, two dimensions
  tensor list(std::uint32_t view, element type, std::uint64_t n) const; // dense, n elements of that type in any shape
  tensor record(std::uint32_t view, std::uint64_t bytes) const;         // that many adjacent bytes
  hal::format format_of(std::uint32_t view) const;
  const hal::view_record& record_of(std::uint32_t view) const; // of a defined view
  sparse_matrix sparse(std::uint32_t view) const;
  bitmap_matrix bitmap(std::uint32_t view) const;
  // Where a bsr4x4 or bitmap view keeps things, without reading them.
  tensor words(std::uint32_t view, std::uint64_t at, std::uint64_t n, element type = element::u32) const;
  std::uint64_t base_of(std::uint32_t view, std::uint64_t alignment = 4) const;

  void require(bool ok, error cause, std::uint64_t address) const {
    if (!ok) fail(cause, address);
  }
  void require_type(const tensor& t, bool ok) const { require(ok, error::bad_view, 16 + t.view); }
  void require_shape(bool ok, std::uint32_t view) const { require(ok, error::shape, 16 + view); }

  // Registers an operand; the number names it in `in_place`.
  std::size_t reads(const tensor& t) const;
  void reads(const footprint& f) const;
  bool any_set(std::uint32_t view) const; // reads u32 words, or no view: whether one is not 0
  // Registers the output; its elements must not share bytes.
  void writes(operation& op, const tensor& t) const;
  // After all reads and writes: outputs may overlap inputs only where `allowed` pairs say they are the same place.
  struct in_place {
    tensor out, in;
    std::size_t read; // what reads(in) returned
  };
  void check_overlaps(const operation& op, std::span<const in_place> allowed = {}) const;

  template <typename T>
  std::vector<T> copy(const tensor& from) const {
    const tensor t = from.merged();
    std::vector<T> values(t.count);
    t.each_run([&](std::uint64_t address, std::uint64_t number) {
      for (std::uint64_t i = 0; i < t.run_length(); ++i)
        std::memcpy(&values[number + i], sram.data() + address + i * t.run_stride(), sizeof(T));
    });
    return values;
  }

private:
  const resolved_view& at(std::uint32_t view) const;
  void check_range(std::uint64_t begin, std::uint64_t bytes) const;
};

inline constexpr std::uint64_t sparse_expansion = 64; // logical elements of a sparse operand per byte of SRAM, at most

// --- the commands: each checks, fills ctx.out and returns its operation ----------------------------------------------
struct machine { // what timing needs to know
  const engine& core;
  std::uint32_t vector_lanes, sram_width;
  matrix_feed feed{};
};
using maker = std::unique_ptr<operation> (*)(context&, const machine&);
std::unique_ptr<operation> make_mm(context&, const machine&);
std::unique_ptr<operation> make_sddmm(context&, const machine&);
std::unique_ptr<operation> make_ewise(context&, const machine&);
std::unique_ptr<operation> make_rowred(context&, const machine&);
std::unique_ptr<operation> make_norm(context&, const machine&);
std::unique_ptr<operation> make_pool(context&, const machine&);
std::unique_ptr<operation> make_softmax_xent(context&, const machine&);
std::unique_ptr<operation> make_gradients(context&, const machine&);
std::unique_ptr<operation> make_update(context&, const machine&);
std::unique_ptr<operation> make_score(context&, const machine&);
std::unique_ptr<operation> make_select_k(context&, const machine&);
std::unique_ptr<operation> make_mask_update(context&, const machine&);
std::unique_ptr<operation> make_nm_select(context&, const machine&);
std::unique_ptr<operation> make_dts_store(context&, const machine&);
std::unique_ptr<operation> make_sparsify(context&, const machine&);
std::unique_ptr<operation> make_copy(context&, const machine&);
std::unique_ptr<operation> make_convert(context&, const machine&);
std::unique_ptr<operation> make_transpose(context&, const machine&);
std::unique_ptr<operation> make_gather(context&, const machine&);
std::unique_ptr<operation> make_scatter(context&, const machine&);

// Occupancy of the vector unit: see TIMING.md. `operations` counts element operations.
void charge_vector(prepared& out, const machine& m, std::uint64_t operations);

} // namespace acf::zbcc
