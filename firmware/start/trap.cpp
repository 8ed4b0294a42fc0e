#include "firmware/start/trap.hpp"

#include <array>
#include <cstdio>
#include <utility>

#include "firmware/board/finisher.hpp"
#include "firmware/board/hart.hpp"

namespace acf::trap {
namespace {

constinit std::array<handler, 16> interrupt_handlers{};
constinit std::array<handler, 16> exception_handlers{};
constinit bool reporting = false;

handler exchange(std::array<handler, 16>& table, unsigned index, handler what) {
  return std::exchange(table[index % table.size()], what);
}

constexpr const char* exception_names[16] = {"instruction address misaligned",
                                             "instruction access fault",
                                             "illegal instruction",
                                             "breakpoint",
                                             "load address misaligned",
                                             "load access fault",
                                             "store or AMO address misaligned",
                                             "store or AMO access fault",
                                             "call from user mode",
                                             "call from supervisor mode",
                                             "reserved",
                                             "call from machine mode",
                                             "instruction page fault",
                                             "load page fault",
                                             "reserved",
                                             "store or AMO page fault"};

constexpr const char* register_names[32] = {"zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
                                            "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                                            "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

extern "C" char __stack_bottom[], __stack_top[];

bool below_stack(std::uint64_t sp) { return sp < reinterpret_cast<std::uint64_t>(__stack_bottom); }

} // namespace

void frame::skip_instruction() {
  const auto low = *reinterpret_cast<const std::uint16_t*>(pc);
  pc += (low & 3) == 3 ? 4 : 2;
}

handler on(interrupt which, handler what) { return exchange(interrupt_handlers, static_cast<unsigned>(which), what); }
handler on(exception which, handler what) { return exchange(exception_handlers, static_cast<unsigned>(which), what); }

const char* name(std::uint64_t cause) {
  const auto code = cause & ~(std::uint64_t{1} << 63);
  if (cause == code) return code < 16 ? exception_names[code] : "reserved";
  switch (static_cast<interrupt>(code)) {
  case interrupt::software: return "software interrupt";
  case interrupt::timer: return "timer interrupt";
  case interrupt::external: return "external interrupt";
  }
  return "interrupt";
}

void report(const frame& f) {
  if (std::exchange(reporting, true)) board::finish(unhandled_in_report);
  std::printf("\nunhandled trap on hart %u: %s\n", static_cast<unsigned>(hart::id()), name(f.cause));
  std::printf("mcause %016lx  mtval %016lx  mepc %016lx  mstatus %016lx\n", f.cause, f.value, f.pc, f.status);
  for (unsigned n = 1; n < 32; ++n)
    std::printf("%-4s %016lx%s", register_names[n], f.x[n], n % 4 == 3 || n == 31 ? "\n" : "  ");
  if (hart::id() == 0 && below_stack(f.x[2])) std::printf("sp is below the stack: stack overflow?\n");
  board::finish(unhandled);
}

} // namespace acf::trap

extern "C" void acf_trap(acf::trap::frame& f) {
  using namespace acf::trap;
  const auto code = (f.cause & 0xff) % 16;
  if (const auto handle = f.is_interrupt() ? interrupt_handlers[code] : exception_handlers[code])
    handle(f);
  else
    report(f);
}
