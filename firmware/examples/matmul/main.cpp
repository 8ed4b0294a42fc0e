// One matrix product on one tile: C[M,N] = A[M,K] B[N,K]^T with bf16 operands and an fp32 result.
// The operands are small integers, so every product and sum is exact and C can be compared as integers; the host CPU
// executes no floating-point instruction.
#include <array>
#include <cstdint>
#include <cstdio>

#include "firmware/board/fabric_environment.hpp"
#include "firmware/board/float_bits.hpp"
#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/driver/queue.hpp"
#include "sw_stack/hal/commands.hpp"

namespace {

using namespace acf;
using board::bf16_bits;
using board::fp32_bits;
using hal::opcode;

constexpr std::uint32_t M = 16, K = 32, N = 24;
constexpr std::uint32_t tile = 0, ring = 0;
enum view : std::uint16_t { view_a, view_b, view_c };
enum semaphore : std::uint32_t { operands_loaded, product_ready };

// Everything the fabric may touch: the DMA window is exactly this object.
struct alignas(64) shared_memory {
  std::array<driver::record, 16> ring;
  std::array<hal::view_record, 3> views;
  std::array<std::uint16_t, M * K> a;
  std::array<std::uint16_t, N * K> b;
  std::array<std::uint32_t, M * N> c;
  std::uint32_t fence;
} shared;

std::uint64_t address_of(const auto& object) { return reinterpret_cast<std::uint64_t>(&object); }
std::uint32_t low(std::uint64_t address) { return static_cast<std::uint32_t>(address); }
std::uint32_t high(std::uint64_t address) { return static_cast<std::uint32_t>(address >> 32); }

int a_value(std::uint32_t i, std::uint32_t k) { return static_cast<int>((3 * i + 5 * k) % 13) - 6; }
int b_value(std::uint32_t j, std::uint32_t k) { return (j + k) % 4 == 0 ? static_cast<int>((7 * j + k) % 9) - 4 : 0; }

hal::view_record matrix(std::uint32_t base, hal::element type, std::uint32_t rows, std::uint32_t columns) {
  const auto bytes = hal::bytes_of(type);
  return {.base = base,
          .type = static_cast<std::uint8_t>(type),
          .layout = static_cast<std::uint8_t>(hal::format::dense),
          .dim = {rows, columns, 1, 1},
          .stride = {columns * bytes, bytes, 0, 0}};
}

void fill_memory() {
  for (std::uint32_t k = 0; k < K; ++k) {
    for (std::uint32_t i = 0; i < M; ++i) shared.a[i * K + k] = bf16_bits(a_value(i, k));
    for (std::uint32_t j = 0; j < N; ++j) shared.b[j * K + k] = bf16_bits(b_value(j, k));
  }
  shared.c.fill(0xdead'beef);
  shared.fence = 0;
  constexpr std::uint32_t b_at = M * K * 2, c_at = b_at + N * K * 2;
  shared.views[view_a] = matrix(0, hal::element::bf16, M, K);
  shared.views[view_b] = matrix(b_at, hal::element::bf16, N, K);
  shared.views[view_c] = matrix(c_at, hal::element::f32, M, N);
}

hal::command load(std::uint16_t to, const auto& from) {
  return {.op = static_cast<std::uint8_t>(opcode::copy),
          .signal = hal::on(operands_loaded, 1),
          .view = {hal::no_view, to, hal::no_view, hal::no_view},
          .param = {hal::copy_mode::load, low(address_of(from)), high(address_of(from))}};
}

// Loads of A and B, the product and the store run on three units; semaphores put them in order.
driver::command_list<8> job() {
  driver::command_list<8> list;
  list.add({.op = static_cast<std::uint8_t>(opcode::defview),
            .view = {view_a},
            .param = {low(address_of(shared.views)), high(address_of(shared.views)), shared.views.size()}});
  list.add(load(view_a, shared.a));
  list.add(load(view_b, shared.b));
  list.add({.op = static_cast<std::uint8_t>(opcode::mm),
            .wait = {hal::on(operands_loaded, 2)},
            .signal = hal::on(product_ready, 1),
            .view = {view_a, view_b, view_c, hal::no_view},
            .param = {hal::mm_flag::skip_a | hal::mm_flag::skip_b}});
  list.add({.op = static_cast<std::uint8_t>(opcode::copy),
            .wait = {hal::on(product_ready, 1)},
            .view = {view_c, hal::no_view, hal::no_view, hal::no_view},
            .param = {hal::copy_mode::store, low(address_of(shared.c)), high(address_of(shared.c))}});
  list.add({.op = static_cast<std::uint8_t>(opcode::fence),
            .param = {1, low(address_of(shared.fence)), high(address_of(shared.fence)), 1}});
  return list;
}

int wrong_elements() {
  int wrong = 0;
  for (std::uint32_t i = 0; i < M; ++i)
    for (std::uint32_t j = 0; j < N; ++j) {
      int sum = 0;
      for (std::uint32_t k = 0; k < K; ++k) sum += a_value(i, k) * b_value(j, k);
      if (shared.c[i * N + j] != fp32_bits(sum)) ++wrong;
    }
  return wrong;
}

driver::problem multiply(driver::fabric& fabric, board::fabric_environment& world) {
  if (const auto p = fabric.identify()) return p;
  const driver::dma_window window{address_of(shared), address_of(shared) + sizeof shared, true, true};
  if (const auto p = fabric.bring_up({&window, 1})) return p;
  world.listen_to(fabric);
  driver::queue queue(fabric, tile, ring, shared.ring, address_of(shared.ring));
  if (const auto p = queue.attach()) return p;
  fill_memory();
  if (const auto p = queue.submit(job().records())) return p;
  return fabric.wait(shared.fence, 1, 1'000'000, driver::wait_by::interrupt);
}

} // namespace

int main() {
  board::fabric_environment world;
  driver::fabric fabric(world);
  if (const auto p = multiply(fabric, world)) {
    fabric.report(p);
    return 1;
  }
  const auto wrong = wrong_elements();
  std::printf("%ux%ux%u matmul: %d of %u elements wrong\n", static_cast<unsigned>(M), static_cast<unsigned>(K),
              static_cast<unsigned>(N), wrong, static_cast<unsigned>(M * N));
  std::printf("MACs executed %lu, skipped %lu\n", fabric.tile(tile).read(hal::tile::macs_executed),
              fabric.tile(tile).read(hal::tile::macs_skipped));
  return wrong == 0 ? 0 : 1;
}
