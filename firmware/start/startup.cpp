#include "firmware/start/start.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "firmware/board/clint.hpp"
#include "firmware/board/hart.hpp"

int program_main() asm("main"); // ISO C++ keeps a program from calling main by its name

extern "C" {
extern void (*__init_array_start[])();
extern void (*__init_array_end[])();
extern char __image_end[], __tls_source[], __tls_data_size[], __tls_size[];

// What entry.S hands to a parked hart; the first three members are read there.
struct hart_start {
  std::uint64_t stack_top, thread_pointer, trap_stack_top;
  void (*work)(std::uint64_t);
  std::atomic<bool> taken;
};
constinit hart_start acf_hart_start{};
[[noreturn]] void acf_run_program(std::uint64_t hart, const void* device_tree);
void acf_run_hart(std::uint64_t hart);
}

namespace acf {
namespace {
constinit boot_info info{};
constexpr std::size_t trap_stack_bytes = 4096;
} // namespace

const boot_info& boot() { return info; }
std::uint64_t image_end() { return reinterpret_cast<std::uint64_t>(__image_end); }

void start_hart(std::uint64_t hart, void (*work)(std::uint64_t), std::span<std::byte> stack) {
  const auto tls_bytes = reinterpret_cast<std::size_t>(__tls_size);
  const auto tls_data_bytes = reinterpret_cast<std::size_t>(__tls_data_size);
  const auto aligned = [](std::uint64_t address) { return address & ~std::uint64_t{63}; };
  const auto top = reinterpret_cast<std::uint64_t>(stack.data() + stack.size());
  auto& start = acf_hart_start;
  start.thread_pointer = aligned(top - tls_bytes);
  const auto tls = reinterpret_cast<char*>(start.thread_pointer);
  std::memcpy(tls, __tls_source, tls_data_bytes);
  std::memset(tls + tls_data_bytes, 0, tls_bytes - tls_data_bytes);
  start.trap_stack_top = start.thread_pointer;
  start.stack_top = start.trap_stack_top - trap_stack_bytes;
  start.work = work;
  start.taken.store(false, std::memory_order_release);
  board::clint::raise_software_interrupt(hart);
  while (!start.taken.load(std::memory_order_acquire)) {
  }
}

} // namespace acf

void acf_run_program(std::uint64_t hart, const void* device_tree) {
  acf::info = {hart, device_tree};
  for (auto construct = __init_array_start; construct != __init_array_end; ++construct) (*construct)();
  std::exit(program_main());
}

void acf_run_hart(std::uint64_t hart) {
  acf::board::clint::clear_software_interrupt(hart);
  const auto work = acf_hart_start.work;
  acf_hart_start.taken.store(true, std::memory_order_release);
  work(hart);
}
