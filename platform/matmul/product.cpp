#include "platform/matmul/product.hpp"

#include "models/zbcc/arithmetic.hpp"
#include "models/zbcc/kernels.hpp"
#include "models/zbcc/masks.hpp"
#include "sw_stack/hal/numeric.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <future>
#include <mutex>

namespace acf::platform {
namespace {

using hal::element;

element element_of(product_type t) {
  switch (t) {
  case product_type::bf16: return element::bf16;
  case product_type::fp16: return element::f16;
  case product_type::fp32: return element::f32;
  case product_type::int8: return element::i8;
  }
  return element::f32;
}

std::int8_t to_int8(float x) {
  if (!(x > -128.0f)) return x <= -128.0f ? std::int8_t{-128} : std::int8_t{0}; // a NaN is 0
  return static_cast<std::int8_t>(std::nearbyint(std::min(x, 127.0f)));
}

void put(float x, product_type type, std::uint8_t* to) {
  if (type == product_type::int8) {
    *to = static_cast<std::uint8_t>(to_int8(x));
    return;
  }
  zbcc::store_row(&x, element_of(type), 1, to);
}

zbcc::stored_matrix stored(const product& p, const std::vector<std::uint8_t>& bytes, std::size_t rows,
                           std::size_t cols) {
  const std::size_t size = p.element_bytes();
  return {bytes.data(), element_of(p.type), rows, cols, cols * size, size, 1.0f, element_of(p.type)};
}

// Tasks taken in turn by as many threads. The first exception is thrown when no thread uses them any more.
void share(const host_threads& host, const std::vector<std::function<void()>>& tasks) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < tasks.size(); i = next++) tasks[i]();
  };
  std::vector<std::future<void>> done;
  for (unsigned i = 1; i < host.number && i < tasks.size(); ++i) done.push_back(host.pool->run(work));
  std::packaged_task<void()> own(work);
  own();
  done.push_back(own.get_future());
  for (auto& d : done) d.wait();
  for (auto& d : done) d.get();
}

constexpr std::size_t strip = 32, row_group = 4; // what the kernels work on together

// A result of rows of C that are computed part by part.
class float_result {
public:
  float_result(const product& from, unsigned threads) : p(from), c(p.m * p.n) {
    const std::size_t strips = (p.n + strip - 1) / strip, groups = (p.m + row_group - 1) / row_group;
    // Every part packs B again, so there are no more of them than give each thread its own and enough to take turns.
    const std::size_t wanted =
        threads < 2 || strips == 0 ? 1 : std::max<std::size_t>(threads, 2 * threads / strips + 1);
    parts = std::vector<part>(std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(groups, 1)));
  }

  std::vector<std::function<void()>> tasks() {
    std::vector<std::function<void()>> out;
    for (std::size_t i = 0; i < parts.size(); ++i) out.emplace_back([this, i] { rows_of(i); });
    for (std::size_t i = 0; i < parts.size(); ++i)
      for (std::size_t n = 0; n < p.n; n += strip)
        out.emplace_back([this, i, n] {
          const zbcc::real_matrix& rows = rows_of(i);
          const std::size_t end = std::min(n + strip, p.n);
          float* const to = c.data() + row_of(i) * p.n;
          zbcc::multiply_columns(rows, stored(p, p.b, p.k, p.n), true, n, end, to);
          for (std::size_t r = 0; r < rows.rows; ++r)
            for (std::size_t j = n; j < end; ++j) to[r * p.n + j] = zbcc::canonical(to[r * p.n + j]);
        });
    return out;
  }

  std::vector<float> take() { return std::move(c); }

private:
  struct part { // of A: some of its rows, which whoever needs them first loads
    std::once_flag loaded;
    zbcc::real_matrix rows;
  };
  const product& p;
  std::vector<float> c;
  std::vector<part> parts;

  std::size_t row_of(std::size_t i) const {
    return std::min(p.m, row_group * ((p.m + row_group - 1) / row_group * i / parts.size()));
  }

  const zbcc::real_matrix& rows_of(std::size_t i) {
    std::call_once(parts[i].loaded, [&] {
      const std::size_t from_row = row_of(i), end = row_of(i + 1);
      zbcc::stored_matrix a = stored(p, p.a, end - from_row, p.k);
      a.data += from_row * p.k * p.element_bytes();
      parts[i].rows = zbcc::load_matrix(a);
    });
    return parts[i].rows;
  }
};

std::vector<std::int32_t> whole_result(const product& p) {
  std::vector<std::uint32_t> sum(p.m * p.n);
  for (std::size_t m = 0; m < p.m; ++m)
    for (std::size_t k = 0; k < p.k; ++k) {
      const auto a = static_cast<std::int8_t>(p.a[m * p.k + k]);
      if (a == 0) continue;
      const std::uint8_t* b = p.b.data() + k * p.n;
      std::uint32_t* to = sum.data() + m * p.n;
      for (std::size_t n = 0; n < p.n; ++n) to[n] += static_cast<std::uint32_t>(a * static_cast<std::int8_t>(b[n]));
    }
  std::vector<std::int32_t> c(sum.size());
  if (!c.empty()) std::memcpy(c.data(), sum.data(), sum.size() * sizeof(std::int32_t));
  return c;
}

} // namespace

std::uint32_t product::element_bytes() const { return hal::bytes_of(element_of(type)); }

std::vector<std::uint8_t> operand(const array& from, product_type type, std::uint64_t seed, std::uint64_t stream) {
  const std::size_t size = hal::bytes_of(element_of(type));
  std::vector<std::uint8_t> out(from.size() * size);
  const hal::numeric::random_stream random{seed, stream};
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (!from.is_mask()) {
      put(from.value(i), type, out.data() + i * size);
    } else if (from.bytes[i] != 0) {
      const std::uint32_t word = random.word(8 * i); // of the blocks that normal(i) uses
      const float whole = (word & 1 ? 1.0f : -1.0f) * static_cast<float>(1 + (std::uint64_t{word >> 1} * 127 >> 31));
      const float real = random.normal(i);
      put(type == product_type::int8 ? whole : real == 0 ? 1.0f : real, type, out.data() + i * size);
    }
  }
  return out;
}

zbcc::chunk masks_of(const product& p, zbcc::phase phase, zbcc::sides skip) {
  zbcc::chunk work;
  work.what = phase, work.skip = skip;
  work.m = p.m, work.n = p.n, work.k = p.k;
  work.bytes_a = work.bytes_b = p.element_bytes();
  zbcc::stored_matrix a = stored(p, p.a, p.m, p.k), b = stored(p, p.b, p.k, p.n);
  if (p.type == product_type::int8) a.type = b.type = element::u8; // zero is zero
  a.as = b.as = element::f32;
  work.a = zbcc::non_zeros(a);
  work.b = zbcc::transposed(zbcc::non_zeros(b));
  return work;
}

product_result multiply(const product& p) {
  if (p.type == product_type::int8) return whole_result(p);
  float_result result(p, 1);
  for (const auto& task : result.tasks()) task();
  return result.take();
}

executed_product execute(const product& p, const zbcc::engine& machine, zbcc::phase phase, zbcc::sides skip,
                         const host_threads& host) {
  executed_product out;
  const auto timing = [&] { out.cost = machine.cost(masks_of(p, phase, skip)); };
  if (p.type == product_type::int8) {
    share(host, {timing, [&] { out.c = whole_result(p); }});
    return out;
  }
  float_result result(p, host.number);
  auto tasks = result.tasks();
  tasks.insert(tasks.begin(), timing); // the longest one first
  share(host, tasks);
  out.c = result.take();
  return out;
}

std::uint64_t effectual_macs(const zbcc::chunk& work) {
  if (!work.skip.any()) return work.macs();
  if (!work.skip.a) return work.b.count() * work.m;
  if (!work.skip.b) return work.a.count() * work.n;
  // By k: every non-zero of A meets every non-zero of B with the same k.
  const zbcc::bit_matrix a = zbcc::transposed(work.a), b = zbcc::transposed(work.b);
  const auto ones = [](const zbcc::bit_matrix& m, std::size_t r) {
    std::uint64_t n = 0;
    for (std::size_t w = 0; w < m.words; ++w) n += static_cast<std::uint64_t>(std::popcount(m.row(r)[w]));
    return n;
  };
  std::uint64_t pairs = 0;
  for (std::size_t k = 0; k < work.k; ++k) pairs += ones(a, k) * ones(b, k);
  return pairs;
}

} // namespace acf::platform
