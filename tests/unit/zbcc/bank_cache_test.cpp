// The bank cache between the matrix engine's gather and SRAM: alone, with a pencil; then whole commands against a cache
// that is given the addresses of all values one at a time, in the order that TIMING.md states.
#include "models/zbcc/bank_cache.hpp"
#include "models/zbcc/gather_order.hpp"
#include "tests/unit/zbcc/tile_memory.hpp"

#include <gtest/gtest.h>
#include <list>
#include <rapidcheck.h>
#include <set>

using namespace test;
namespace mm = hal::mm_flag;

namespace {

// --- the cache alone -------------------------------------------------------------------------------------------------
constexpr std::uint16_t whole_line = 0xFFFF;

// Reads `lines` adjacent lines `times` over; returns the lines that were there.
std::uint32_t hits_of_loop(std::uint32_t lines, int times, std::uint64_t kib = 1) {
  bank_cache cache(kib * 1024);
  std::uint32_t hits = 0;
  for (int t = 0; t < times; ++t)
    for (std::uint32_t l = 0; l < lines; ++l) hits += cache.ask(100 + l, whole_line) == whole_line;
  return hits;
}

TEST(bank_cache, what_fits_is_fetched_once) {
  EXPECT_EQ(hits_of_loop(64, 1), 0u);
  EXPECT_EQ(hits_of_loop(64, 5), 4u * 64);
  EXPECT_EQ(hits_of_loop(512, 3, 8), 2u * 512);
}

TEST(bank_cache, a_loop_over_a_way_more_than_fits_never_hits) {
  EXPECT_EQ(hits_of_loop(64 + 16, 5), 0u);
  EXPECT_EQ(hits_of_loop(64 + 1, 5), 4u * 60); // only the set with five lines for its four ways
}

TEST(bank_cache, only_the_bytes_that_were_asked_for_are_there) {
  bank_cache cache(1024);
  EXPECT_EQ(cache.ask(7, 0x00F0), 0);
  EXPECT_EQ(cache.ask(7, 0x0FF0), 0x00F0);
  EXPECT_EQ(cache.ask(7, 0xFFFF), 0x0FF0);
}

TEST(bank_cache, the_least_recently_used_line_of_a_set_goes_first) {
  bank_cache cache(1024); // a set for each bank: lines 16 apart share one
  for (const std::uint32_t l : {0u, 16u, 32u, 48u, 0u, 64u}) cache.ask(l, 1);
  EXPECT_EQ(cache.ask(0, 1), 1);
  EXPECT_EQ(cache.ask(32, 1), 1);
  EXPECT_EQ(cache.ask(16, 1), 0) << "it made room for line 64";
}

// --- what engines ask for --------------------------------------------------------------------------------------------
struct counting final : gatherer {
  std::uint64_t values[2] = {};
  void ask(side operand, std::size_t, std::size_t, std::uint64_t columns) override {
    values[operand == side::b] += static_cast<std::uint64_t>(std::popcount(columns));
  }
};

bit_matrix random_mask(std::size_t rows, std::size_t cols, int percent) {
  bit_matrix m(rows, cols);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < cols; ++c)
      if (below(100) < static_cast<std::uint32_t>(percent)) m.set(r, c);
  return m;
}

// A product of those sizes (multiples of four), of one of three forms: dense, live blocks, sampled.
chunk random_chunk(std::size_t m, std::size_t n, std::size_t k, int form) {
  chunk w;
  w.m = m, w.n = n, w.k = k;
  w.what = static_cast<hal::phase>(below(3));
  w.a_is_gradient = w.what != hal::phase::forward;
  w.skip = {below(2) != 0, below(2) != 0};
  w.a = random_mask(m, k, 50), w.b = random_mask(n, k, 50);
  if (form == 1) {
    w.live = sparse_rows{{0}, {}};
    for (std::uint32_t r = 0; r < n / 4; ++r) {
      for (std::uint32_t c = 0; c < k / 4; ++c)
        if (below(3) == 0)
          w.live->entries.push_back({c, static_cast<std::uint32_t>(w.live->entries.size())});
        else
          for (std::size_t i = 0; i < 16; ++i)
            w.b.row(4 * r + i / 4)[(4 * c + i % 4) / 64] &= ~(std::uint64_t{1} << (4 * c + i % 4) % 64);
      w.live->first.push_back(static_cast<std::uint32_t>(w.live->entries.size()));
    }
  } else if (form == 2) {
    w.outputs.emplace();
    for (std::uint32_t r = 0; r < m / 4; ++r)
      for (std::uint32_t c = 0; c < n / 4; ++c)
        if (below(2)) w.outputs->push_back({r, c});
  }
  return w;
}

std::array<std::uint64_t, 2> operand_bytes(const engine& e, const chunk& w) {
  std::array<std::uint64_t, 2> bytes{};
  for (const std::size_t i : {0u, 1u}) {
    chunk without = w;
    (i == 0 ? without.bytes_a : without.bytes_b) = 0;
    bytes[i] = e.cost(w).bytes_read - e.cost(without).bytes_read;
  }
  return bytes;
}

TEST(gather, engines_ask_for_the_values_that_they_are_charged_for) {
  EXPECT_TRUE(rc::check([] {
    const int form = *rc::gen::inRange(0, 3);
    const auto size = [](int most) { return static_cast<std::size_t>(4 * *rc::gen::inRange(1, most)); };
    const chunk w = random_chunk(size(6), size(6), size(40), form);
    for (const std::string_view name : engine_names()) {
      engine_config c;
      c.name = name;
      if (name == "spartann") c.lanes = 4, c.spartann.dense_vectors = 32, c.spartann.output_vectors = 8;
      if (name == "sat")
        c.lanes = 16; // larger arrays work on several sampled blocks side by side, charged as sharing rows
      const auto machine = make_engine(c);
      counting asked;
      machine->gather(w, asked);
      const auto charged = operand_bytes(*machine, w);
      RC_LOG() << name << '\n';
      for (const std::size_t i : {0u, 1u}) {
        const std::uint64_t bytes = 2 * asked.values[i];
        if (name != "sat")
          RC_ASSERT(bytes == charged[i]);
        else // rows and groups beyond the operands are charged, too
          RC_ASSERT(bytes <= charged[i] && (i == 1 || (bytes == 0) == (charged[i] == 0)));
      }
    }
  }));
}

// --- commands --------------------------------------------------------------------------------------------------------
// Addresses one at a time.
class slow_cache {
public:
  explicit slow_cache(std::uint64_t bytes) : sets(bytes / 64) {}
  std::uint64_t asked = 0, fetched = 0;

  void read(std::uint64_t address, std::uint32_t bytes) {
    for (std::uint64_t at = address; at < address + bytes; ++at) {
      auto& s = sets[at / 16 % sets.size()];
      auto line = std::find_if(s.begin(), s.end(), [&](const auto& l) { return l.first == at / 16; });
      if (line == s.end()) {
        s.push_front({at / 16, {}});
        if (s.size() > 4) s.pop_back();
      } else {
        s.splice(s.begin(), s, line);
      }
      ++asked;
      fetched += s.front().second.insert(at % 16).second;
    }
  }

private:
  std::vector<std::list<std::pair<std::uint64_t, std::set<std::uint64_t>>>> sets;
};

struct value {
  std::optional<std::uint64_t> address; // none: padding, or a block that is not live
  bool zero = true;
};
struct slow_operand {
  std::uint32_t rows = 0, size = 2;
  std::function<value(std::uint32_t row, std::uint32_t k)> at;
};

// The zbcc engine's rows of A against four columns of the output at a time, skipping zeros of both operands.
void gather_slowly(const slow_operand& a, const slow_operand& b, std::uint32_t k, slow_cache& cache) {
  const auto counts = [](const value& v) { return v.address && !v.zero; };
  for (std::uint32_t n = 0; n < b.rows; n += 4)
    for (std::uint32_t m = 0; m < a.rows; ++m)
      for (std::uint32_t from = 0; from < k; from += 64) {
        const std::uint32_t end = std::min(from + 64, k), last = std::min(n + 4, b.rows);
        for (std::uint32_t i = from; i < end; ++i) {
          bool partner = false;
          for (std::uint32_t j = n; j < last; ++j) partner = partner || counts(b.at(j, i));
          if (partner && counts(a.at(m, i))) cache.read(*a.at(m, i).address, a.size);
        }
        for (std::uint32_t j = n; j < last; ++j)
          for (std::uint32_t i = from; i < end; ++i)
            if (counts(a.at(m, i)) && counts(b.at(j, i))) cache.read(*b.at(j, i).address, b.size);
      }
}

slow_operand dense_operand(const tile_memory& t, const hal::view_record& v, bool swapped) {
  return {swapped ? v.dim[1] : v.dim[0], hal::bytes_of(static_cast<element>(v.type)),
          [&t, v, swapped](std::uint32_t row, std::uint32_t k) {
            const std::uint32_t i = swapped ? k : row, j = swapped ? row : k;
            return value{tile_memory::address(v, i, j), t.get(v, i, j) == 0};
          }};
}

datapath with_cache(std::uint64_t kib, std::uint64_t line_buffer = 0) {
  engine_config c;
  c.bank_cache_bytes = kib * 1024, c.line_buffer_bytes = line_buffer;
  return datapath{c};
}

// The command with a cache and without: what came from where, what SRAM's ports moved, and the results.
void expect_traffic(tile_memory& t, const request& r, const slow_cache& expected, std::uint64_t kib) {
  const prepared without = run(t, r), with = run(t, r, with_cache(kib));
  EXPECT_EQ(with.matrix.delivered, expected.asked);
  EXPECT_EQ(with.matrix.fetched, expected.fetched);
  EXPECT_EQ(with.matrix.cached, expected.asked - expected.fetched);
  EXPECT_EQ(with.bytes_read, without.bytes_read - with.matrix.cached);
  EXPECT_EQ(with.bytes_written, without.bytes_written);
  EXPECT_LE(with.busy, without.busy);
  EXPECT_EQ(without.matrix.delivered, 0u);
}

const element types[] = {element::bf16, element::f16, element::f32};

TEST(bank_cache, dense_products_ask_it_for_values_with_a_partner) {
  for (int i = 0; i < 60; ++i) {
    tile_memory t;
    const bool swap_a = below(2), swap_b = below(2);
    const element type_a = types[below(3)], type_b = types[below(3)];
    const std::uint32_t m = between(1, 20), n = between(1, 20), k = between(1, 150);
    const auto a = swap_a ? t.random(type_a, k, m, {0.5}, true) : t.random(type_a, m, k, {0.5}, true);
    const auto b = swap_b ? t.random(type_b, k, n, {0.3}, true) : t.random(type_b, n, k, {0.3}, true);
    request r(opcode::mm);
    r.view(0, a).view(1, b).view(2, t.dense(element::f32, m, n));
    r.param(0, mm::skip_a | mm::skip_b | (swap_a ? mm::transpose_a : 0) | (swap_b ? mm::transpose_b : 0));
    const std::uint64_t kib = 1u << below(4);
    slow_cache expected(kib * 1024);
    gather_slowly(dense_operand(t, a, swap_a), dense_operand(t, b, swap_b), k, expected);
    expect_traffic(t, r, expected, kib);
  }
}

TEST(bank_cache, live_blocks_are_where_their_slots_are) {
  for (int i = 0; i < 30; ++i) {
    tile_memory t;
    const bool transposed = below(2);
    const std::uint32_t m = between(1, 12), n = 4 * between(1, 6), k = 4 * between(1, 30);
    const auto a = t.random(element::bf16, m, k, {0.5});
    const auto b = t.sparse(element::bf16, n, k, 0.3, {0.2});
    slow_operand blocks{n, 2, [&](std::uint32_t row, std::uint32_t col) -> value {
                          const auto first = t.word<std::uint32_t>(b.pointers + row / 4 * 4),
                                     last = t.word<std::uint32_t>(b.pointers + row / 4 * 4 + 4);
                          for (std::uint32_t e = first; e < last; ++e)
                            if (t.word<std::uint32_t>(b.indices + 8 * e) == col / 4) {
                              const auto slot = t.word<std::uint32_t>(b.indices + 8 * e + 4);
                              const std::uint32_t in = transposed ? 4 * (col % 4) + row % 4 : 4 * (row % 4) + col % 4;
                              return {b.base + (16 * slot + in) * 2, t.sparse_element(b, row, col, transposed) == 0};
                            }
                          return {};
                        }};
    request r(opcode::mm);
    r.view(0, a).view(1, b).view(2, t.dense(element::f32, m, n));
    r.param(0, mm::skip_a | mm::skip_b | (transposed ? mm::transpose_b : 0));
    slow_cache expected(1024);
    gather_slowly(dense_operand(t, a, false), blocks, k, expected);
    expect_traffic(t, r, expected, 1);
  }
}

struct picture { // 3 x 3 taps with padding over [2, 6, 5, channels]
  std::uint32_t channels, height = 6, width = 5;
  hal::view_record view;

  picture(tile_memory& t, std::uint32_t c)
      : channels(c), view(t.random(element::bf16, 2, height * width * c, {0.4}, true)) {
    const std::uint32_t pitch = static_cast<std::uint32_t>(view.stride[0]);
    view.dim = {2, height, width, c};
    view.stride = {pitch, width * c * 2, c * 2, 2};
    for (std::size_t d = 0; d < 2; ++d)
      view.window[d] = 3, view.window[2 + d] = 1, view.window[4 + d] = 1, view.window[6 + d] = 1;
    view.pixels = hal::window_pixels(height, width);
  }
  std::uint32_t positions() const { return 2 * height * width; }
  std::uint32_t columns() const { return (9 * channels + 3) / 4 * 4; }
  std::uint64_t pixel(std::uint32_t n, std::uint32_t y, std::uint32_t x) const {
    return view.base + std::uint64_t{n} * view.stride[0] + (y * width + x) * channels * 2;
  }
  slow_operand operand(const tile_memory& t) const {
    return {positions(), 2, [this, &t](std::uint32_t row, std::uint32_t k) -> value {
              const std::uint32_t tap = k / channels, y = row / width % height + tap / 3, x = row % width + tap % 3;
              if (tap >= 9 || y < 1 || x < 1 || y > height || x > width) return {};
              const std::uint64_t at = pixel(row / width / height, y - 1, x - 1) + k % channels * 2;
              return {at, reference::decode(t.word<std::uint16_t>(at), element::bf16) == 0};
            }};
  }
};

TEST(bank_cache, windows_ask_it_for_pixels) {
  for (const std::uint32_t channels : {1u, 3u, 8u}) {
    tile_memory t;
    const picture p(t, channels);
    const auto b = t.random(element::bf16, 8, p.columns(), {0.2});
    request r(opcode::mm);
    r.view(0, p.view).view(1, b).view(2, t.dense(element::f32, p.positions(), 8)).param(0, mm::skip_a | mm::skip_b);
    slow_cache expected(1024);
    gather_slowly(p.operand(t), dense_operand(t, b, false), p.columns(), expected);
    expect_traffic(t, r, expected, 1);
  }
}

TEST(bank_cache, sampled_blocks_ask_it_for_columns_of_both_operands) {
  for (int i = 0; i < 30; ++i) {
    tile_memory t;
    const std::uint32_t m = 4 * between(1, 6), n = 4 * between(1, 6), k = between(1, 150);
    const auto a = t.random(element::bf16, k, m, {0.5}, true), b = t.random(element::bf16, k, n, {0.5}, true);
    std::vector<std::uint32_t> list;
    for (std::uint32_t row = 0; row < m / 4; ++row)
      for (std::uint32_t col = 0; col < n / 4; ++col)
        if (below(2)) list.insert(list.end(), {row, col});
    if (list.empty()) list = {0, 0};
    request r(opcode::sddmm);
    r.view(0, a).view(1, b).view(2, t.dense(element::f32, static_cast<std::uint32_t>(8 * list.size())));
    r.view(3, t.words(list)).param(0, hal::sddmm_out::blocks).param(4, mm::skip_a | mm::skip_b);
    const auto left = dense_operand(t, a, true), right = dense_operand(t, b, true);
    slow_cache expected(1024);
    for (std::size_t at = 0; at < list.size(); at += 2)
      for (std::uint32_t from = 0; from < k; from += 64)
        for (const bool of_b : {false, true}) {
          const auto &mine = of_b ? right : left, &others = of_b ? left : right;
          const std::uint32_t first = 4 * list[at + of_b], other = 4 * list[at + !of_b];
          for (std::uint32_t x = first; x < first + 4; ++x)
            for (std::uint32_t j = from; j < std::min(from + 64, k); ++j) {
              bool partner = false;
              for (std::uint32_t y = other; y < other + 4; ++y) partner = partner || !others.at(y, j).zero;
              if (partner && !mine.at(x, j).zero) expected.read(*mine.at(x, j).address, 2);
            }
        }
    expect_traffic(t, r, expected, 1);
  }
}

TEST(bank_cache, rows_that_fit_are_fetched_once_and_rows_that_do_not_in_every_pass) {
  for (const std::uint32_t rows : {16u, 32u}) { // of 64 bytes
    tile_memory t;
    const auto a = t.dense(element::bf16, rows, 32), b = t.dense(element::bf16, 8, 32);
    for (std::uint32_t k = 0; k < 32; ++k) {
      for (std::uint32_t i = 0; i < rows; ++i) t.set(a, i, k, 1);
      for (std::uint32_t j = 0; j < 8; ++j) t.set(b, j, k, j % 4 == 0 ? 1 : 0); // one row of four
    }
    request r(opcode::mm);
    r.view(0, a).view(1, b).view(2, t.dense(element::f32, rows, 8)).param(0, mm::skip_a | mm::skip_b);
    const prepared p = run(t, r, with_cache(rows == 16 ? 2 : 1));
    // Two passes over A; each row of A asks for a row of B.
    EXPECT_EQ(p.matrix.delivered, 2u * rows * 64 + 2u * rows * 64);
    EXPECT_EQ(p.matrix.fetched, (rows == 16 ? 1u : 2u) * rows * 64 + 2 * 64);
  }
}

// Lines of images that the line buffer asks for: a row of positions those that it has not yet, top down.
TEST(bank_cache, it_is_asked_for_lines_that_the_line_buffer_has_not) {
  tile_memory t;
  const picture p(t, 4);
  const auto b = t.random(element::bf16, 8, p.columns(), {0.0}); // two passes over the positions
  request r(opcode::mm);
  r.view(0, p.view).view(1, b).view(2, t.dense(element::f32, p.positions(), 8)).param(0, 0u | mm::skip_a);
  const std::uint32_t line = p.width * p.channels * 2; // two of them in the line buffer
  const auto pixels = p.operand(t), weights = dense_operand(t, b, false);
  slow_cache expected(2048);
  std::uint64_t lines_asked = 0, lines_fetched = 0, b_asked = 0, b_fetched = 0;
  for (std::uint32_t n = 0; n < 8; n += 4) {
    std::list<std::uint32_t> kept;
    for (std::uint32_t m = 0; m < p.positions(); ++m) {
      const std::uint32_t y = m / p.width % p.height, sample = m / p.width / p.height;
      if (y == 0 && m % p.width == 0) kept.clear();
      const std::uint64_t before = expected.fetched, asked = expected.asked;
      for (std::uint32_t tap = 0; tap < 3 && m % p.width == 0; ++tap) {
        if (y + tap < 1 || y + tap > p.height) continue;
        const std::uint32_t at = y + tap - 1;
        if (std::find(kept.begin(), kept.end(), at) == kept.end())
          for (std::uint32_t x = 0; x < p.width * p.channels; ++x) expected.read(p.pixel(sample, at, 0) + 2 * x, 2);
        kept.remove(at), kept.push_back(at);
        if (kept.size() > 2) kept.pop_front();
      }
      lines_asked += expected.asked - asked, lines_fetched += expected.fetched - before;
      const std::uint64_t b_before = expected.fetched, b_asked_before = expected.asked;
      for (std::uint32_t j = n; j < n + 4; ++j)
        for (std::uint32_t k = 0; k < p.columns(); ++k)
          if (const value v = pixels.at(m, k); v.address && !v.zero) expected.read(*weights.at(j, k).address, 2);
      b_asked += expected.asked - b_asked_before, b_fetched += expected.fetched - b_before;
    }
  }
  const prepared lines = run(t, r, with_cache(0, 2 * line)), both = run(t, r, with_cache(2, 2 * line));
  const auto share = static_cast<double>(lines_fetched) / static_cast<double>(lines_asked);
  EXPECT_EQ(both.matrix.fetched,
            b_fetched + static_cast<std::uint64_t>(std::llround(share * static_cast<double>(lines.matrix.fetched))));
  EXPECT_EQ(both.matrix.delivered, lines.matrix.delivered + b_asked);
  EXPECT_LT(lines_fetched, lines_asked) << "the second pass finds lines of the first one";
}

} // namespace
