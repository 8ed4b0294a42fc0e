#include "models/zbcc/operands.hpp"

#include <algorithm>
#include <cstring>

namespace acf::zbcc {

// --- footprints ------------------------------------------------------------------------------------------------------
bool overlap(const footprint& a, const footprint& b) {
  if (a.bytes == 0 || b.bytes == 0 || a.rows == 0 || b.rows == 0) return false;
  if (a.end() <= b.begin || b.end() <= a.begin) return false;
  // Does the run [begin, end) meet one of f's runs? The first run that ends after `begin` decides.
  const auto meets = [](const footprint& f, std::uint64_t begin, std::uint64_t end) {
    std::uint64_t row = 0;
    if (f.rows > 1 && begin >= f.begin + f.bytes) row = (begin - f.begin - f.bytes) / f.pitch + 1;
    return row < f.rows && f.begin + row * f.pitch < end;
  };
  const bool few = a.rows <= b.rows;
  const footprint &few_runs = few ? a : b, &many_runs = few ? b : a;
  for (std::uint64_t r = 0; r < few_runs.rows; ++r) {
    const std::uint64_t begin = few_runs.begin + r * few_runs.pitch;
    if (meets(many_runs, begin, begin + few_runs.bytes)) return true;
  }
  return false;
}

namespace {

// Dimensions that have neighbours, smallest stride first.
struct steps {
  struct step {
    std::uint64_t stride, times;
  };
  std::array<step, 4> list{};
  std::size_t count = 0;

  explicit steps(const tensor& t) {
    for (std::size_t d = 0; d < 4; ++d) {
      if (t.dim[d] <= 1) continue;
      std::size_t at = count++;
      for (; at > 0 && list[at - 1].stride > t.stride[d]; --at) list[at] = list[at - 1];
      list[at] = {t.stride[d], t.dim[d]};
    }
  }
};

} // namespace

footprint tensor::place() const {
  if (count == 0) return {base, 0, 1, 0};
  const steps along(*this);
  footprint f{base, size(), 1, 0};
  for (std::size_t i = 0; i < along.count; ++i) {
    const auto [step, times] = along.list[i];
    if (step == 0) continue;
    if (f.rows == 1 && step <= f.bytes)
      f.bytes += (times - 1) * step;
    else if (f.rows == 1)
      f.rows = times, f.pitch = step;
    else if (step == f.rows * f.pitch)
      f.rows *= times;
    else
      f = {base, f.end() - base + (times - 1) * step, 1, 0}; // more levels than a footprint has: the hull
  }
  return f;
}

tensor tensor::merged() const {
  tensor t = *this;
  t.dim = {count == 0 ? std::uint64_t{0} : 1, 1, 1, 1}, t.stride = {};
  std::size_t n = 0; // dimensions of t so far
  for (std::size_t d = 0; d < 4 && count != 0; ++d) {
    if (dim[d] == 1) continue;
    if (n > 0 && t.stride[n - 1] == dim[d] * stride[d]) {
      t.dim[n - 1] *= dim[d];
      t.stride[n - 1] = stride[d];
    } else {
      t.dim[n] = dim[d];
      t.stride[n++] = stride[d];
    }
  }
  return t;
}

// --- operations ------------------------------------------------------------------------------------------------------
std::vector<float> operation::load(const tensor& from) const {
  const tensor t = from.merged();
  std::vector<float> values(t.count);
  t.each_run([&](std::uint64_t address, std::uint64_t number) {
    load_row(sram + address, t.type, t.run_length(), t.run_stride(), values.data() + number);
  });
  return values;
}

void operation::store(std::size_t index, const float* values) {
  output& o = outputs[index];
  store_row(values, o.where.type, o.where.count, o.bytes.data());
}

// --- views -----------------------------------------------------------------------------------------------------------
const resolved_view& context::at(std::uint32_t view) const {
  static const resolved_view none;
  return view < views.size() && (view < 4 || extension != nullptr) ? views[view] : none;
}

const hal::view_record& context::record_of(std::uint32_t view) const {
  const resolved_view& v = at(view);
  require(v.is == resolved_view::state::defined && v.record.type <= 7 && v.record.layout <= 2, error::bad_view,
          16 + view);
  return v.record;
}

hal::format context::format_of(std::uint32_t view) const { return static_cast<hal::format>(record_of(view).layout); }

std::uint64_t context::base_of(std::uint32_t view, std::uint64_t alignment) const {
  const std::uint64_t base = record_of(view).base + at(view).offset;
  require(base % alignment == 0, error::bad_view, 16 + view);
  return base;
}

void context::check_range(std::uint64_t begin, std::uint64_t bytes) const {
  if (bytes == 0) return;
  require(begin <= sram.size() && bytes <= sram.size() - begin, error::range, begin + bytes);
}

tensor context::dense(std::uint32_t view, bool by_element) const {
  const hal::view_record& r = record_of(view);
  require(r.layout == static_cast<std::uint8_t>(hal::format::dense), error::bad_view, 16 + view);
  tensor t;
  t.type = static_cast<element>(r.type);
  t.base = base_of(view, by_element ? std::min(t.size(), 4u) : 4);
  t.view = view;
  t.count = 1;
  std::uint64_t last = 0; // byte distance of the last element
  for (std::size_t d = 0; d < 4; ++d) {
    t.dim[d] = d > 0 && r.dim[d] == 0 ? 1 : r.dim[d];
    t.stride[d] = t.dim[d] > 1 ? r.stride[d] : 0;
    require(t.stride[d] % t.size() == 0, error::bad_view, 16 + view);
    t.count *= t.dim[d];
    // Repetition by stride 0 must not make more elements than the SRAM has bytes.
    require(t.count <= sram.size(), error::range, t.base + t.count);
    if (t.dim[d] > 1) {
      const std::uint64_t reach = (t.dim[d] - 1) * t.stride[d];
      require(reach <= sram.size(), error::range, t.base + reach);
      last += reach;
    }
  }
  if (t.count == 0) return t;
  check_range(t.base, last + t.size());
  return t;
}

tensor context::matrix(std::uint32_t view) const {
  const tensor t = dense(view);
  require_shape(t.dim[2] == 1 && t.dim[3] == 1, view);
  return t;
}

tensor context::list(std::uint32_t view, element type, std::uint64_t n) const {
  const tensor t = dense(view);
  require_type(t, t.type == type);
  require_shape(t.count == n, view);
  return t;
}

bool context::any_set(std::uint32_t view) const {
  if (!has(view)) return false;
  const tensor words = dense(view);
  require_type(words, words.type == element::u32);
  reads(words);
  const auto values = copy<std::uint32_t>(words);
  return std::any_of(values.begin(), values.end(), [](std::uint32_t word) { return word != 0; });
}

tensor context::record(std::uint32_t view, std::uint64_t bytes) const {
  const tensor t = dense(view);
  const footprint f = t.place();
  require_shape(t.count * t.size() == bytes && f.rows == 1 && f.bytes == bytes, view);
  tensor flat;
  flat.type = element::u32;
  flat.dim[0] = flat.count = bytes / 4;
  flat.stride[0] = 4;
  flat.base = t.base;
  flat.view = view;
  return flat;
}

tensor context::words(std::uint32_t view, std::uint64_t at_address, std::uint64_t n, element type) const {
  tensor t;
  t.type = type;
  t.base = at_address;
  t.dim[0] = t.count = n;
  t.stride[0] = t.size();
  t.view = view;
  require(at_address % 4 == 0, error::bad_view, 16 + view);
  require(n <= sram.size(), error::range, at_address + n * t.size());
  check_range(at_address, n * t.size());
  return t;
}

sparse_matrix context::sparse(std::uint32_t view) const {
  const hal::view_record& r = record_of(view);
  require(r.layout == static_cast<std::uint8_t>(hal::format::bsr4x4), error::bad_view, 16 + view);
  sparse_matrix s;
  s.type = static_cast<element>(r.type);
  s.rows = r.dim[0], s.cols = r.dim[1], s.base = base_of(view), s.capacity = r.capacity;
  s.pointers = r.pointers, s.indices = r.indices;
  require_shape(s.rows % 4 == 0 && s.cols % 4 == 0 && r.dim[2] <= 1 && r.dim[3] <= 1, view);

  const tensor pointer_words = words(view, r.pointers, s.rows / 4 + 1);
  s.blocks.first = copy<std::uint32_t>(pointer_words);
  std::vector<std::uint32_t>& first = s.blocks.first;
  const std::uint32_t start = first.front();
  for (std::size_t i = 1; i < first.size(); ++i)
    require(first[i] >= first[i - 1] && first[i] - first[i - 1] <= s.cols / 4, error::index, r.pointers + 4 * i);
  const std::uint64_t count = first.back() - start;
  const tensor entries = words(view, r.indices + std::uint64_t{8} * start, 2 * count);
  const std::vector<std::uint32_t> raw = copy<std::uint32_t>(entries);

  const std::uint64_t block_bytes = std::uint64_t{16} * hal::bytes_of(s.type);
  std::uint64_t lowest = ~std::uint64_t{0}, highest = 0;
  s.blocks.entries.resize(count);
  for (std::size_t row = 0; row + 1 < first.size(); ++row)
    for (std::uint32_t i = first[row] - start; i < first[row + 1] - start; ++i) {
      const block_entry e{raw[2 * i], raw[2 * i + 1]};
      const bool ascending = i == first[row] - start || e.column > s.blocks.entries[i - 1].column;
      require(e.column < s.cols / 4 && ascending, error::index, entries.base + 8 * std::uint64_t{i});
      require(e.slot < s.capacity, error::index, entries.base + 8 * std::uint64_t{i} + 4);
      check_range(s.base + e.slot * block_bytes, block_bytes);
      lowest = std::min<std::uint64_t>(lowest, e.slot), highest = std::max<std::uint64_t>(highest, e.slot);
      s.blocks.entries[i] = e;
    }
  for (std::uint32_t& p : first) p -= start;
  s.places = {pointer_words.place(), entries.place()};
  if (count != 0) s.places.push_back({s.base + lowest * block_bytes, (highest - lowest + 1) * block_bytes});
  return s;
}

bitmap_matrix context::bitmap(std::uint32_t view) const {
  const hal::view_record& r = record_of(view);
  require(r.layout == static_cast<std::uint8_t>(hal::format::bitmap), error::bad_view, 16 + view);
  bitmap_matrix b;
  b.type = static_cast<element>(r.type);
  b.rows = r.dim[0], b.cols = r.dim[1] == 0 ? 1 : r.dim[1], b.base = base_of(view);
  require_shape(r.dim[2] <= 1 && r.dim[3] <= 1, view);
  const std::uint64_t row_bytes = (b.cols + 7) / 8;
  const tensor pointer_words = words(view, r.pointers, b.rows + 1);
  const tensor flags = words(view, r.indices, b.rows * row_bytes, element::u8);
  b.first = copy<std::uint32_t>(pointer_words);
  b.bits = bit_matrix(b.rows, b.cols);
  const std::uint64_t size = hal::bytes_of(b.type);
  std::uint64_t lowest = ~std::uint64_t{0}, highest = 0;
  for (std::size_t row = 0; row < b.rows; ++row) {
    std::memcpy(b.bits.row(row), sram.data() + flags.base + row * row_bytes, row_bytes);
    if (b.cols % 64 != 0) b.bits.row(row)[b.bits.words - 1] &= (std::uint64_t{1} << b.cols % 64) - 1;
    std::uint64_t n = 0;
    for (std::size_t w = 0; w < b.bits.words; ++w) n += static_cast<std::uint64_t>(std::popcount(b.bits.row(row)[w]));
    if (n == 0) continue;
    require(b.first[row] + n <= r.capacity, error::index, r.pointers + 4 * row);
    check_range(b.base + b.first[row] * size, n * size);
    lowest = std::min<std::uint64_t>(lowest, b.first[row]), highest = std::max(highest, b.first[row] + n);
  }
  b.places = {pointer_words.place(), flags.place()};
  if (highest != 0) b.places.push_back({b.base + lowest * size, (highest - lowest) * size});
  return b;
}

// --- parameters ------------------------------------------------------------------------------------------------------
float context::constant(std::size_t i) const { return from_bits(param(i)); }

std::uint64_t context::scalar_named_by(std::size_t i) const {
  require(param(i) < scalars.size(), error::bad_parameter, i);
  return scalars[param(i)];
}

// --- ranges ----------------------------------------------------------------------------------------------------------
void context::reads(const footprint& f) const {
  if (f.bytes != 0) out.reads.push_back(f);
}

std::size_t context::reads(const tensor& t) const {
  out.bytes_read += t.count * t.size();
  out.reads.push_back(t.place());
  return out.reads.size() - 1;
}

void context::writes(operation& op, const tensor& t) const {
  const steps along(t);
  std::uint64_t extent = t.size();
  for (std::size_t i = 0; i < along.count; ++i) {
    require(along.list[i].stride >= extent, error::overlap, t.base);
    extent += (along.list[i].times - 1) * along.list[i].stride;
  }
  out.bytes_written += t.count * t.size();
  if (t.count != 0) out.writes.push_back(t.place());
  op.outputs.push_back({t, std::vector<std::uint8_t>(t.count * t.size())});
}

void context::check_overlaps(const operation& op, std::span<const in_place> allowed) const {
  for (std::size_t i = 0; i < op.outputs.size(); ++i) {
    const tensor& o = op.outputs[i].where;
    const footprint place = o.place();
    for (std::size_t j = 0; j < i; ++j) require(!overlap(place, op.outputs[j].where.place()), error::overlap, o.base);
    for (std::size_t r = 0; r < out.reads.size(); ++r) {
      const bool same = std::any_of(allowed.begin(), allowed.end(), [&](const in_place& p) {
        return p.read == r && p.out.same_place(o) && p.in.same_place(o);
      });
      require(same || !overlap(place, out.reads[r]), error::overlap, o.base);
    }
  }
}

} // namespace acf::zbcc
