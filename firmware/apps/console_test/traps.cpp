#include <cstdint>
#include <cstdio>

#include "firmware/apps/console_test/checks.hpp"
#include "firmware/start/trap.hpp"

namespace acf::console_test {
namespace {

// What the last caught trap looked like.
std::uint64_t caught_cause, caught_value;
unsigned caught = 0;
constexpr std::uint64_t unmapped = 0x0900'0000;

void catch_and_skip(trap::frame& f) {
  caught_cause = f.cause;
  caught_value = f.value;
  ++caught;
  f.skip_instruction();
}

// A jump to nowhere has no instruction to skip: go back to the caller.
void catch_wild_jump(trap::frame& f) {
  caught_cause = f.cause;
  caught_value = f.value;
  ++caught;
  f.pc = f.x[1];
}

bool expect(trap::exception which, std::uint64_t value) {
  std::printf("caught mcause %u, %s\n", static_cast<unsigned>(caught_cause), trap::name(caught_cause));
  const bool right = caught == 1 && caught_cause == static_cast<std::uint64_t>(which) && caught_value == value;
  caught = 0;
  return right;
}

std::uint64_t load(std::uint64_t address) {
  std::uint64_t value = 0;
  asm volatile("ld %0, 0(%1)" : "+r"(value) : "r"(address) : "memory");
  return value;
}

void store(std::uint64_t address) { asm volatile("sd zero, 0(%0)" ::"r"(address) : "memory"); }

void faults() {
  trap::on(trap::exception::load_access, catch_and_skip);
  trap::on(trap::exception::store_access, catch_and_skip);
  trap::on(trap::exception::instruction_access, catch_wild_jump);
  const auto loaded = load(unmapped + 8);
  check("load from nowhere", expect(trap::exception::load_access, unmapped + 8) && loaded == 0);
  store(unmapped + 16);
  check("store to nowhere", expect(trap::exception::store_access, unmapped + 16));
  reinterpret_cast<void (*)()>(unmapped)();
  check("jump to nowhere", expect(trap::exception::instruction_access, unmapped));
}

// Plain misaligned accesses may work in hardware; a reservation has to be aligned on every machine.
void misaligned() {
  static std::uint64_t words[2];
  trap::on(trap::exception::load_misaligned, catch_and_skip);
  const auto address = reinterpret_cast<std::uint64_t>(words) + 1;
  std::uint64_t value = 0;
  asm volatile("lr.d %0, (%1)" : "+r"(value) : "r"(address) : "memory");
  check("misaligned reservation", expect(trap::exception::load_misaligned, address));
}

void instructions() {
  trap::on(trap::exception::illegal_instruction, catch_and_skip);
  trap::on(trap::exception::breakpoint, catch_and_skip);
  trap::on(trap::exception::call_from_machine, catch_and_skip);
  asm volatile(".word 0xffffffff");
  check("illegal instruction", expect(trap::exception::illegal_instruction, 0xffffffff));
  asm volatile("csrw mhartid, zero");
  check("write to read-only register", expect(trap::exception::illegal_instruction, 0xf1401073));
  std::uint64_t here = 0;
  asm volatile("la %0, 1f\n.option push\n.option norvc\n1: ebreak\n.option pop" : "=r"(here));
  const bool value_is_pc_or_zero = caught_value == 0 || caught_value == here;
  check("breakpoint", expect(trap::exception::breakpoint, caught_value) && value_is_pc_or_zero);
  asm volatile("ecall");
  check("environment call", expect(trap::exception::call_from_machine, 0));
}

// A handler that traps itself continues on its own stack and returns to where it was.
void nested() {
  trap::on(trap::exception::breakpoint, [](trap::frame& f) {
    asm volatile("ecall");
    ++caught_value;
    f.skip_instruction();
  });
  std::uint64_t register_that_survives = 0x1234;
  asm volatile("mv s5, %0\nebreak\nmv %0, s5" : "+r"(register_that_survives)::"s5", "memory");
  check("trap in a handler", caught == 1 && caught_value == 1 && register_that_survives == 0x1234);
  caught = 0;
}

void stop_catching() {
  for (unsigned n = 0; n < 16; ++n) trap::on(static_cast<trap::exception>(n), nullptr);
}

} // namespace

void traps() {
  faults();
  misaligned();
  instructions();
  nested();
  stop_catching();
}

} // namespace acf::console_test
