// Nothing that a guest can put into commands, views or SRAM may crash, hang or write outside the SRAM.
#include "tests/unit/zbcc/tile_memory.hpp"

#include <chrono>

namespace {

using namespace test;

constexpr opcode ours[] = {opcode::mm,           opcode::sddmm,       opcode::copy,      opcode::convert,
                           opcode::gather,       opcode::scatter,     opcode::transpose, opcode::score,
                           opcode::select_k,     opcode::mask_update, opcode::ewise,     opcode::rowred,
                           opcode::softmax_xent, opcode::update,      opcode::nm_select, opcode::dts_store,
                           opcode::sparsify,     opcode::pool,        opcode::norm,      opcode::gradients};

std::uint32_t odd_number() {
  switch (below(6)) {
  case 0: return random_bits()();
  case 1: return 0xFFFF'FFFF - below(8);
  case 2: return 1u << below(32);
  case 3: return 4 * below(64);
  default: return below(20);
  }
}

hal::view_record garbage_view(std::uint32_t rows, std::uint32_t cols) {
  hal::view_record v;
  if (below(20) != 0) { // mostly plausible, or the first check would be the only one tested
    v.type = static_cast<std::uint8_t>(below(3) ? below(3) : below(8));
    v.dim = {rows, cols, 1, 1};
    if (below(3) == 0) v.dim[below(2)] = below(4) ? between(1, 16) : odd_number();
    const std::uint32_t size = hal::bytes_of(static_cast<element>(v.type));
    v.stride = {below(3) ? v.dim[1] * size : 4 * below(64), size, 0, 0};
    v.base = 4 * below(0x3000);
    if (below(12) == 0) { // pixels, with a window or without
      v.dim = {between(1, 3), between(1, 8), between(1, 8), between(1, 8)};
      v.stride = {512 * size, v.dim[2] * v.dim[3] * size, v.dim[3] * size, size};
      v.pixels = below(8) ? hal::window_pixels(between(1, 8), between(1, 8)) : odd_number();
      for (auto& w : v.window) w = static_cast<std::uint8_t>(below(20) ? between(1, 3) : below(256));
      if (below(3) == 0) v.window[0] = 0;
      v.window_flags = static_cast<std::uint16_t>(below(10) ? below(4) : below(65536));
    }
    return v;
  }
  v.base = below(4) ? 4 * below(0x2000) : odd_number();
  v.type = static_cast<std::uint8_t>(below(40) ? below(8) : below(256));
  v.layout = static_cast<std::uint8_t>(below(3) ? 0 : below(40) ? below(3) : below(256));
  for (auto& d : v.dim) d = below(3) ? between(0, 12) : odd_number();
  if (below(2)) v.dim[2] = v.dim[3] = 1;
  for (auto& s : v.stride) s = below(3) ? 4 * below(40) : odd_number();
  v.pointers = below(3) ? 4 * below(0x2000) : odd_number();
  v.indices = below(3) ? 4 * below(0x2000) : odd_number();
  v.capacity = odd_number();
  return v;
}

request garbage_request() {
  request r(ours[below(std::size(ours))]);
  if (below(50) == 0) r.command.op = static_cast<std::uint8_t>(below(256));
  for (auto& p : r.command.param) p = below(4) ? below(8) : odd_number();
  for (auto& p : r.extension.param) p = odd_number();
  const std::uint32_t rows = 4 * between(1, 4), cols = below(2) ? rows : 4 * between(1, 4);
  for (auto& v : r.views)
    if (below(8))
      v = {garbage_view(rows, cols), below(3) ? 0 : std::uint64_t{odd_number()}, resolved_view::state::defined};
  return r;
}

void survive(tile_memory& t, const request& r, std::uint64_t& accepted) {
  static const datapath dense{engine_config{.name = "dense"}};
  static const std::vector<datapath> buffered = [] {
    std::vector<datapath> all;
    for (const std::string_view name : engine_names())
      all.emplace_back(engine_config{.name = std::string(name), .line_buffer_bytes = 64, .bank_cache_bytes = 1024});
    return all;
  }();
  const auto which = below(4);
  outcome o = prepare(t, r, which < 2 ? standard() : which == 2 ? dense : buffered[below(5)]);
  if (!o) {
    ASSERT_NE(o.error.cause, hal::tile::error::none);
    return;
  }
  ++accepted;
  for (const auto& list : {o.work->reads, o.work->writes})
    for (const footprint& f : list) ASSERT_LE(f.end(), t.sram.size());
  if (below(3) == 0) t.sram[below(static_cast<std::uint32_t>(t.sram.size()))] ^= 0x55; // somebody else writes meanwhile
  o.work->compute();
  o.work->commit();
}

TEST(garbage, random_commands_end_in_a_result_or_an_error) {
  tile_memory t;
  for (std::size_t i = 0; i < t.sram.size(); i += 4)
    t.put<std::uint32_t>(i, below(3) ? below(12) : odd_number()); // plausible lists
  std::uint64_t accepted = 0;
  for (int i = 0; i < 150'000; ++i) {
    if (i % 16 == 0) t.put<std::uint32_t>(4 * below(0x4000), odd_number());
    survive(t, garbage_request(), accepted);
    if (HasFatalFailure()) FAIL() << "case " << i;
  }
  EXPECT_GT(accepted, 1000u); // otherwise the generator tests nothing but the first checks
}

// Meaningful commands with a few fields spoilt get past the first checks.
TEST(garbage, spoilt_commands_end_in_a_result_or_an_error) {
  std::uint64_t accepted = 0;
  for (int round = 0; round < 60; ++round) {
    tile_memory t;
    const auto f32 = [&](std::uint32_t r, std::uint32_t c) { return t.random(element::f32, r, c, {0.3, 0.05}); };
    const auto sparse = t.sparse(element::bf16, 16, 24, 0.4, {0.2, 0.05});
    auto by_column = sparse;
    by_column.dim = {24, 16, 0, 0}, by_column.pointers = t.room(28), by_column.indices = t.room(8 * sparse.capacity);
    auto packed = t.random(element::bf16, 5, 24, {});
    packed.layout = static_cast<std::uint8_t>(hal::format::bitmap), packed.capacity = 120, packed.pointers = t.room(24),
    packed.indices = t.room(15);
    const auto dense_a = t.random(element::bf16, 5, 24, {0.5, 0.01});
    run(t, request(opcode::convert).view(0, dense_a).view(1, packed));
    const auto labels = t.words({0x0102'0300, 0xFF});
    auto bytes = labels;
    bytes.type = static_cast<std::uint8_t>(element::u8), bytes.dim[0] = 5, bytes.stride[0] = 1;
    const std::vector<request> good = {
        request(opcode::mm).view(0, dense_a).view(1, sparse).view(2, f32(5, 16)).param(0, 12),
        request(opcode::mm).view(0, packed).view(1, sparse).view(2, f32(5, 16)).view(3, f32(5, 16)).param(0, 12),
        request(opcode::sddmm).view(0, f32(9, 16)).view(1, f32(9, 24)).view(2, f32(24, 16)).param(3, 24),
        request(opcode::sddmm)
            .view(0, f32(9, 16))
            .view(1, f32(9, 24))
            .view(2, f32(3, 16))
            .view(3, t.words({0, 0, 3, 5, 1, 1}, 2)),
        request(opcode::transpose).view(0, sparse).view(1, by_column),
        request(opcode::convert).view(0, packed).view(1, t.dense(element::bf16, 5, 24)),
        request(opcode::gather).view(0, t.words({1, 2, 0})).view(1, f32(3, 4)).view(2, f32(5, 4)).param(0, 1),
        request(opcode::scatter)
            .view(0, t.words({1, 2, 0}))
            .view(1, f32(3, 4))
            .view(2, f32(5, 4))
            .param(0, 1)
            .param(5, 1),
        request(opcode::softmax_xent)
            .view(0, f32(5, 8))
            .view(1, bytes)
            .view(2, f32(5, 8))
            .view(3, f32(8, 1))
            .param(0, 7),
        request(opcode::select_k).view(0, f32(20, 1)).view(2, t.words({0, 0, 0, 0, 0, 0, 0, 0})),
        request(opcode::nm_select).view(0, f32(6, 20)).view(1, f32(6, 20)).param(0, 2).param(1, 8),
        request(opcode::nm_select).view(0, f32(6, 20)).view(1, f32(6, 10)).param(0, 4).param(1, 8).param(3, 1),
        request(opcode::dts_store).view(0, f32(6, 20)).view(1, f32(6, 20)).view(2, f32(12, 1)),
        request(opcode::dts_store).view(2, f32(12, 1)).view(3, f32(3, 12)).param(0, 1).param(1, 3),
        request(opcode::sparsify).view(0, f32(6, 20)).view(1, f32(6, 20)).param(1, 7),
        request(opcode::sparsify).view(0, f32(6, 20)).view(1, f32(6, 20)).param(0, 1).param(1, 1u << 31),
        request(opcode::sparsify)
            .view(0, f32(6, 20))
            .view(1, f32(6, 20))
            .view(2, t.words(std::vector<std::uint32_t>(8, 9)))
            .param(0, 3),
        request(opcode::sparsify).view(2, f32(12, 1)).view(3, f32(20, 1)).param(0, 2).param(2, 9),
        request(opcode::ewise).view(2, f32(6, 20)).param(0, hal::ewise_fn::uniform),
        request(opcode::select_k)
            .view(0, f32(20, 1))
            .view(2, t.words({0, 0, 0, 0, 0, 0, 0, 0}))
            .view(3, t.dense(element::u32, 256))
            .param(3, 1),
        request(opcode::select_k)
            .view(2, t.words({0, 0, 9, 9, 9, 0, 0, 0}))
            .view(3, t.dense(element::u32, 256))
            .param(3, 2)
            .param(4, 3),
        request(opcode::norm).view(0, f32(5, 8)).view(1, bytes).view(2, f32(6, 8)).param(1, 2),
        request(opcode::norm).view(0, f32(6, 8)).view(1, f32(2, 4)).view(2, f32(2, 4)).param(0, 1),
        request(opcode::norm)
            .view(0, f32(5, 8))
            .view(1, bytes)
            .view(2, f32(5, 8))
            .view(3, f32(2, 8))
            .view(4, f32(2, 8))
            .param(0, 3),
        request(opcode::update).view(0, f32(4, 4)).view(1, f32(4, 4)).view(2, f32(4, 4)),
    };
    for (int i = 0; i < 1000; ++i) {
      request r = good[below(static_cast<std::uint32_t>(good.size()))];
      for (std::uint32_t n = below(3); n > 0; --n) {
        const std::uint32_t v = below(4);
        auto* words = reinterpret_cast<std::uint32_t*>(&r.views[v].record);
        if (below(3) == 0)
          r.command.param[below(6)] = odd_number();
        else
          words[below(14)] = odd_number();
      }
      if (below(3) == 0) t.put<std::uint32_t>(4 * below(2000), odd_number());
      survive(t, r, accepted);
      if (HasFatalFailure()) FAIL() << "case " << i;
    }
  }
  EXPECT_GT(accepted, 10'000u);
}

// Sizes that are legal one by one but would multiply to more than a tile can hold.
TEST(garbage, large_shapes_over_few_bytes_are_refused_or_quick) {
  tile_memory t(512 * 1024);
  hal::view_record huge;
  huge.type = static_cast<std::uint8_t>(element::u8);
  huge.dim = {0xFFFF'FFFF, 0xFFFF'FFFF, 1, 1};
  const auto begin = std::chrono::steady_clock::now();
  for (const opcode op : ours)
    for (std::uint32_t dims = 0; dims < 4; ++dims) {
      auto v = huge;
      if (dims & 1) v.dim[0] = 512 * 1024;
      if (dims & 2) v.dim[1] = 1;
      request r(op);
      for (std::size_t i = 0; i < 8; ++i) r.view(i, v);
      std::uint64_t accepted = 0;
      survive(t, r.param(0, op == opcode::gather || op == opcode::scatter ? 1 : 0), accepted);
    }
  // an empty sparse operand whose logical size is astronomic
  hal::view_record sparse;
  sparse.layout = static_cast<std::uint8_t>(hal::format::bsr4x4),
  sparse.type = static_cast<std::uint8_t>(element::bf16);
  sparse.dim = {65536, 0x2'0000, 0, 0};
  sparse.pointers = 0;
  std::fill(t.sram.begin(), t.sram.begin() + 65540, std::uint8_t{0});
  const auto a = t.dense(element::u8, 1, 0x2'0000);
  const auto c = t.dense(element::bf16, 1, 65536);
  expect_error(t, request(opcode::mm).view(0, a).view(1, sparse).view(2, c), hal::tile::error::shape, 17);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

} // namespace
