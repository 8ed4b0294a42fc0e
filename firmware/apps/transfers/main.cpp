// Moves bytes one way at a time and prints where they lie and what became of them: tests change bytes meanwhile, to
// find out when exactly they are read and written.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <span>

#include "firmware/board/fabric_environment.hpp"
#include "sw_stack/driver/fabric.hpp"
#include "sw_stack/driver/queue.hpp"
#include "sw_stack/hal/commands.hpp"

namespace {

using namespace acf;
using hal::opcode;

constexpr std::uint32_t length = 16 * 1024, packet = 1024, end_of_it = 64, sram_place = 0x8000;
constexpr std::uint16_t none = hal::no_view;
enum view : std::uint16_t { whole, tail }; // of the SRAM from sram_place on
enum semaphore : std::uint32_t { loaded, started, arrived };

struct alignas(64) shared_memory {
  std::array<driver::record, 16> ring0, ring1;
  std::array<hal::view_record, 2> views;
  std::uint32_t fence;
  std::array<std::uint8_t, length + packet> source_memory, result_memory;
  std::array<std::uint8_t, end_of_it> early;
} shared;

// Whole packets, so that both ends of the mesh cut alike.
std::span<std::uint8_t, length> aligned(std::span<std::uint8_t> memory) {
  const auto begin = reinterpret_cast<std::uint64_t>(memory.data());
  return memory.subspan((packet - begin % packet) % packet).first<length>();
}
const auto source = aligned(shared.source_memory), result = aligned(shared.result_memory);

std::uint64_t address_of(const auto& object) { return reinterpret_cast<std::uint64_t>(&object); }
std::uint32_t low(std::uint64_t address) { return static_cast<std::uint32_t>(address); }
std::uint32_t high(std::uint64_t address) { return static_cast<std::uint32_t>(address >> 32); }

hal::view_record bytes(std::uint32_t base, std::uint32_t count) {
  return {.base = base,
          .type = static_cast<std::uint8_t>(hal::element::u8),
          .dim = {count, 1, 1, 1},
          .stride = {1, 1, 0, 0}};
}

hal::command define_views() {
  return {.op = static_cast<std::uint8_t>(opcode::defview),
          .view = {0},
          .param = {low(address_of(shared.views)), high(address_of(shared.views)), shared.views.size()}};
}
hal::command copy(std::uint32_t mode, std::uint16_t from, std::uint16_t to, std::uint64_t address = 0) {
  return {.op = static_cast<std::uint8_t>(opcode::copy),
          .view = {from, to, none, none},
          .param = {mode, low(address), high(address)}};
}
hal::command fence(std::uint32_t value) {
  return {.op = static_cast<std::uint8_t>(opcode::fence),
          .param = {1, low(address_of(shared.fence)), high(address_of(shared.fence)), value}};
}
hal::command sem(std::uint32_t add, std::uint32_t tiles, std::uint32_t which) {
  return {.op = static_cast<std::uint8_t>(opcode::sem), .param = {add, tiles, which, 1}};
}

class bench {
public:
  explicit bench(driver::fabric& of)
      : fabric_(of),
        first_(of, 0, 0, shared.ring0, address_of(shared.ring0)),
        second_(of, 1, 0, shared.ring1, address_of(shared.ring1)) {}

  driver::problem attach() {
    if (const auto p = first_.attach()) return p;
    return second_.attach();
  }

  // DRAM to the SRAM, and when that is over, its end to DRAM.
  driver::problem load_and_store() {
    auto in = copy(hal::copy_mode::load, none, whole, address_of(source.front()));
    in.signal = hal::on(loaded, 1);
    auto out = copy(hal::copy_mode::store, whole, none, address_of(result.front()));
    out.wait[0] = hal::on(loaded, 1);
    const std::array list{define_views(), in, out, fence(1)};
    if (const auto p = submit(first_, list)) return p;
    return fabric_.wait(shared.fence, 1, 1'000'000, driver::wait_by::interrupt);
  }

  // SRAM of tile (0,0) to that of tile (1,0). `started` overtakes the data: who goes by it reads what was there before.
  driver::problem send() {
    auto out = copy(hal::copy_mode::send, whole, whole);
    out.param[4] = hal::tile_set(1, 0, 1, 0);
    out.flags = hal::flag::signal_remote;
    out.signal = hal::on(arrived, 1);
    const std::array sender{sem(1, hal::tile_set(1, 0, 1, 0), started), out};
    auto late = copy(hal::copy_mode::store, whole, none, address_of(result.front()));
    late.wait[0] = hal::on(arrived, 1);
    auto early = copy(hal::copy_mode::store, tail, none, address_of(shared.early));
    const std::array receiver{define_views(), sem(0, 0, started), early, late, fence(2)};
    if (const auto p = submit(second_, receiver)) return p;
    if (const auto p = submit(first_, sender)) return p;
    return fabric_.wait(shared.fence, 2, 1'000'000, driver::wait_by::interrupt);
  }

private:
  static driver::problem submit(driver::queue& to, std::span<const hal::command> commands) {
    driver::command_list<8> list;
    for (const auto& c : commands) list.add(c);
    return to.submit(list.records());
  }

  driver::fabric& fabric_;
  driver::queue first_, second_;
};

driver::problem run(driver::fabric& fabric, board::fabric_environment& world) {
  if (const auto p = fabric.identify()) return p;
  const driver::dma_window window{address_of(shared), address_of(shared) + sizeof shared, true, true};
  if (const auto p = fabric.bring_up({&window, 1})) return p;
  world.listen_to(fabric);
  bench b(fabric);
  if (const auto p = b.attach()) return p;
  shared.views = {bytes(sram_place, length), bytes(sram_place + length - end_of_it, end_of_it)};
  std::ranges::fill(source, std::uint8_t{1});
  std::printf("source %#lx result %#lx sram %#x length %u\n", address_of(source.front()), address_of(result.front()),
              static_cast<unsigned>(sram_place), static_cast<unsigned>(length));
  if (const auto p = b.load_and_store()) return p;
  std::printf("stored: first %u, last %u\n", result.front(), result.back());
  std::ranges::fill(result, std::uint8_t{0});
  if (const auto p = b.send()) return p;
  std::printf("too early: last %s\n", shared.early.back() == 1 ? "new" : "old");
  std::printf("sent: first %u, last %u\n", result.front(), result.back());
  return {};
}

} // namespace

int main() {
  board::fabric_environment world;
  driver::fabric fabric(world);
  const auto p = run(fabric, world);
  if (p) fabric.report(p);
  return p ? 1 : 0;
}
