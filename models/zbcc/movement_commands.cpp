// COPY local, CONVERT, TRANSPOSE, GATHER and SCATTER inside SRAM: elements keep their bits unless a type is converted.
#include "models/zbcc/masks.hpp"
#include "models/zbcc/operands.hpp"
#include "models/zbcc/vector_timing.hpp"

#include <algorithm>
#include <cstring>

namespace acf::zbcc {

namespace timing = vector_timing;

namespace {

// Elements in element order, bits untouched.
std::vector<std::uint8_t> raw(const std::uint8_t* sram, const tensor& from) {
  const tensor t = from.merged();
  const std::size_t size = t.size();
  std::vector<std::uint8_t> bytes(t.count * size);
  t.each_run([&](std::uint64_t address, std::uint64_t number) {
    std::uint8_t* to = bytes.data() + number * size;
    if (t.run_stride() == size || t.run_length() == 1)
      std::memcpy(to, sram + address, t.run_length() * size);
    else
      for (std::uint64_t i = 0; i < t.run_length(); ++i)
        std::memcpy(to + i * size, sram + address + i * t.run_stride(), size);
  });
  return bytes;
}

// --- COPY local ------------------------------------------------------------------------------------------------------
class copy_operation final : public operation {
public:
  tensor from;
  float scale = 1.0f;

  void compute() override {
    if (from.type == outputs[0].where.type) {
      outputs[0].bytes = raw(sram, from);
      return;
    }
    std::vector<float> x = load(from);
    if (from.type == element::u8)
      for (float& v : x) v *= scale;
    store(0, x.data());
  }
};

} // namespace

std::unique_ptr<operation> make_copy(context& ctx, const machine& m) {
  auto op = std::make_unique<copy_operation>();
  op->from = ctx.dense(0);
  const tensor to = ctx.dense(1);
  ctx.require_shape(op->from.same_shape(to), 1);
  ctx.require_type(to, op->from.type == to.type || (is_float(to.type) && is_number(op->from.type)));
  op->scale = ctx.param(5) == 0 ? 1.0f : ctx.constant(5);
  ctx.reads(op->from);
  ctx.writes(*op, to);
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, to.count * timing::copy);
  return op;
}

// --- TRANSPOSE -------------------------------------------------------------------------------------------------------
namespace {

class transpose_operation final : public operation {
public:
  tensor from;

  void compute() override {
    const std::vector<std::uint8_t> x = raw(sram, from);
    const std::size_t rows = from.dim[0], cols = from.dim[1], size = from.size();
    std::uint8_t* to = outputs[0].bytes.data();
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < cols; ++j)
        std::memcpy(to + (j * rows + i) * size, x.data() + (i * cols + j) * size, size);
  }
};

std::unique_ptr<operation> transpose_lists(context& ctx, const machine& m) {
  const sparse_matrix s = ctx.sparse(0);
  const hal::view_record& to = ctx.record_of(1);
  ctx.require(ctx.format_of(1) == hal::format::bsr4x4, error::bad_view, 17);
  // Columns may be several taps of as many rows of the result each.
  const std::uint64_t taps = std::max(1u, ctx.param(0)), across = s.rows / 4;
  ctx.require(s.cols % (4 * taps) == 0, error::bad_parameter, 0);
  ctx.require_shape(to.dim[0] == s.cols / taps && to.dim[1] == s.rows * taps && to.dim[2] <= 1 && to.dim[3] <= 1, 1);
  const std::size_t rows = s.cols / taps / 4, count = s.blocks.entries.size();
  auto op = std::make_unique<operation>();
  const tensor pointers = ctx.words(1, to.pointers, rows + 1), entries = ctx.words(1, to.indices, 2 * count);
  for (std::size_t i = 0; i < 2; ++i) ctx.reads(s.places[i]); // the lists; values stay where they are
  ctx.out.bytes_read += s.list_bytes();
  ctx.writes(*op, pointers);
  ctx.writes(*op, entries);
  ctx.check_overlaps(*op);

  std::vector<std::uint32_t> first(rows + 1), next, list(2 * count);
  for (const block_entry& e : s.blocks.entries) ++first[e.column % rows + 1];
  for (std::size_t r = 1; r <= rows; ++r) first[r] += first[r - 1];
  next = first;
  struct placed {
    std::uint64_t tap;
    std::uint32_t row, entry;
  };
  std::vector<placed> order; // by tap, then by row: so columns of the result ascend
  for (std::uint32_t r = 0; r < s.blocks.block_rows(); ++r)
    for (std::uint32_t i = s.blocks.first[r]; i < s.blocks.first[r + 1]; ++i)
      order.push_back({s.blocks.entries[i].column / rows, r, i});
  std::stable_sort(order.begin(), order.end(), [](const placed& a, const placed& b) { return a.tap < b.tap; });
  for (const auto& [tap, r, i] : order) {
    const std::size_t at = next[s.blocks.entries[i].column % rows]++;
    list[2 * at] = static_cast<std::uint32_t>(tap * across + r), list[2 * at + 1] = s.blocks.entries[i].slot;
  }
  op->set(0, first);
  op->set(1, list);
  charge_vector(ctx.out, m, count * timing::transpose_block + rows);
  return op;
}

} // namespace

std::unique_ptr<operation> make_transpose(context& ctx, const machine& m) {
  if (ctx.format_of(0) == hal::format::bsr4x4) return transpose_lists(ctx, m);
  auto op = std::make_unique<transpose_operation>();
  op->from = ctx.matrix(0);
  const tensor to = ctx.matrix(1);
  ctx.require_type(to, to.type == op->from.type);
  ctx.require_shape(to.dim[0] == op->from.dim[1] && to.dim[1] == op->from.dim[0], 1);
  ctx.reads(op->from);
  ctx.writes(*op, to);
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, to.count * timing::transpose);
  return op;
}

// --- CONVERT ---------------------------------------------------------------------------------------------------------
namespace {

std::unique_ptr<operation> to_bitmap(context& ctx, const machine& m) {
  const tensor from = ctx.matrix(0);
  ctx.require_type(from, is_number(from.type));
  const hal::view_record& to = ctx.record_of(1);
  ctx.require(to.type == static_cast<std::uint8_t>(from.type), error::bad_view, 17);
  const std::uint64_t rows = from.dim[0], cols = from.dim[1], row_bytes = (cols + 7) / 8;
  ctx.require_shape(to.dim[0] == rows && std::max(to.dim[1], 1u) == cols && to.dim[2] <= 1 && to.dim[3] <= 1, 1);
  ctx.reads(from);

  const std::vector<std::uint8_t> x = raw(ctx.sram.data(), from);
  const std::size_t size = from.size();
  std::vector<std::uint32_t> first(rows + 1);
  std::vector<std::uint8_t> flags(rows * row_bytes), values;
  const bool floating = is_float(from.type);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c) {
      const std::uint8_t* at = x.data() + (r * cols + c) * size;
      std::uint32_t bits = 0;
      std::memcpy(&bits, at, size);
      if (floating) bits &= size == 4 ? 0x7FFF'FFFF : 0x7FFF; // -0 is zero
      if (bits == 0) continue;
      flags[r * row_bytes + c / 8] |= static_cast<std::uint8_t>(1u << c % 8);
      values.insert(values.end(), at, at + size);
    }
    first[r + 1] = static_cast<std::uint32_t>(values.size() / size);
  }
  ctx.require_shape(first[rows] <= to.capacity, 1);

  auto op = std::make_unique<operation>();
  ctx.writes(*op, ctx.words(1, to.pointers, rows + 1));
  ctx.writes(*op, ctx.words(1, to.indices, flags.size(), element::u8));
  ctx.writes(*op, ctx.words(1, ctx.base_of(1), first[rows], from.type));
  op->set(0, first);
  op->outputs[1].bytes = flags;
  op->outputs[2].bytes = values;
  if (ctx.has(4)) {
    ctx.writes(*op, ctx.list(4, element::u32, 1));
    std::memcpy(op->outputs[3].bytes.data(), &first[rows], sizeof(std::uint32_t));
  }
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, from.count * timing::convert);
  return op;
}

class expand_operation final : public operation {
public:
  bitmap_matrix from;

  void compute() override {
    const std::size_t size = hal::bytes_of(from.type);
    std::uint8_t* to = outputs[0].bytes.data();
    for (std::size_t r = 0; r < from.rows; ++r) {
      const std::uint8_t* value = sram + from.base + from.first[r] * size;
      for (std::size_t c = 0; c < from.cols; ++c)
        if (from.bits.test(r, c)) {
          std::memcpy(to + (r * from.cols + c) * size, value, size);
          value += size;
        }
    }
  }
};

std::unique_ptr<operation> from_bitmap(context& ctx, const machine& m) {
  auto op = std::make_unique<expand_operation>();
  op->from = ctx.bitmap(0);
  const bitmap_matrix& from = op->from;
  const tensor to = ctx.matrix(1);
  ctx.require_type(to, to.type == from.type);
  ctx.require_shape(to.dim[0] == from.rows && to.dim[1] == from.cols, 1);
  for (const footprint& f : from.places) ctx.reads(f);
  const auto count = static_cast<std::uint32_t>(from.bits.count());
  ctx.out.bytes_read += 4 * (from.rows + 1) + from.rows * ((from.cols + 7) / 8) + std::uint64_t{count} * to.size();
  ctx.writes(*op, to);
  if (ctx.has(4)) {
    ctx.writes(*op, ctx.list(4, element::u32, 1));
    std::memcpy(op->outputs[1].bytes.data(), &count, sizeof count);
  }
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, to.count * timing::convert);
  return op;
}

} // namespace

std::unique_ptr<operation> make_convert(context& ctx, const machine& m) {
  const hal::format from = ctx.format_of(0), to = ctx.format_of(1);
  if (from == hal::format::dense && to == hal::format::bitmap) return to_bitmap(ctx, m);
  if (from == hal::format::bitmap && to == hal::format::dense) return from_bitmap(ctx, m);
  fail(error::bad_view, 17);
}

// --- GATHER, SCATTER -------------------------------------------------------------------------------------------------
namespace {

class gather_operation final : public operation {
public:
  tensor table;
  std::vector<std::uint32_t> index;

  void compute() override {
    const std::vector<std::uint8_t> rows = raw(sram, table);
    const std::size_t length = table.dim[1] * table.size();
    for (std::size_t i = 0; i < index.size(); ++i) {
      std::uint8_t* to = outputs[0].bytes.data() + i * length;
      if (index[i] == hal::no_index)
        std::memset(to, 0, length);
      else
        std::memcpy(to, rows.data() + index[i] * length, length);
    }
  }
};

class scatter_operation final : public operation {
public:
  tensor source;
  std::vector<std::uint32_t> index;
  bool adding = false;

  void compute() override {
    const tensor& table = outputs[0].where;
    std::vector<std::uint8_t>& rows = outputs[0].bytes;
    rows = raw(sram, table);
    const std::vector<std::uint8_t> from = raw(sram, source);
    const std::size_t length = table.dim[1] * table.size();
    for (std::size_t i = 0; i < index.size(); ++i) {
      if (index[i] == hal::no_index) continue;
      std::uint8_t* to = rows.data() + index[i] * length;
      if (adding)
        add(from.data() + i * length, to, table.dim[1]);
      else
        std::memcpy(to, from.data() + i * length, length);
    }
  }

private:
  static void add(const std::uint8_t* from, std::uint8_t* to, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      float x, y;
      std::memcpy(&x, to + 4 * i, sizeof x);
      std::memcpy(&y, from + 4 * i, sizeof y);
      x = canonical(x + y);
      std::memcpy(to + 4 * i, &x, sizeof x);
    }
  }
};

std::vector<std::uint32_t> checked_index(const context& ctx, std::uint64_t table_rows) {
  const tensor list = ctx.dense(0);
  ctx.require_type(list, list.type == element::u32);
  ctx.reads(list);
  const std::vector<std::uint32_t> index = ctx.copy<std::uint32_t>(list);
  for (std::size_t i = 0; i < index.size(); ++i)
    ctx.require(index[i] < table_rows || index[i] == hal::no_index, error::index, list.address_of(i));
  return index;
}

} // namespace

std::unique_ptr<operation> make_gather(context& ctx, const machine& m) {
  auto op = std::make_unique<gather_operation>();
  op->table = ctx.matrix(2);
  const tensor to = ctx.matrix(1);
  ctx.require_type(to, to.type == op->table.type);
  op->index = checked_index(ctx, op->table.dim[0]);
  ctx.require_shape(to.dim[0] == op->index.size() && to.dim[1] == op->table.dim[1], 1);
  ctx.reads(op->table.place());
  ctx.out.bytes_read += to.count * to.size();
  ctx.writes(*op, to);
  ctx.check_overlaps(*op);
  charge_vector(ctx.out, m, to.count * timing::gather);
  return op;
}

std::unique_ptr<operation> make_scatter(context& ctx, const machine& m) {
  auto op = std::make_unique<scatter_operation>();
  ctx.require(ctx.param(5) <= 1, error::bad_parameter, 5);
  op->adding = ctx.param(5) == 1;
  const tensor table = ctx.matrix(2);
  op->source = ctx.matrix(1);
  ctx.require_type(op->source, op->source.type == table.type && (!op->adding || table.type == element::f32));
  op->index = checked_index(ctx, table.dim[0]);
  ctx.require_shape(op->source.dim[0] == op->index.size() && op->source.dim[1] == table.dim[1], 1);
  ctx.reads(op->source);
  // Rows that no index names are written back as they were, but only the others cost bytes.
  const std::vector<context::in_place> allowed{{table, table, ctx.reads(table)}};
  ctx.out.bytes_read -= table.count * table.size();
  ctx.out.bytes_read += op->adding ? op->source.count * table.size() : 0;
  ctx.writes(*op, table);
  ctx.out.bytes_written = op->source.count * table.size();
  ctx.check_overlaps(*op, allowed);
  charge_vector(ctx.out, m, op->source.count * (op->adding ? timing::scatter_add : timing::copy));
  return op;
}

} // namespace acf::zbcc
