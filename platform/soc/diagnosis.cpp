#include "platform/soc/diagnosis.hpp"
#include "platform/soc/tile_error.hpp"

#include "models/cpu/decode.hpp"
#include "sw_stack/hal/command_names.hpp"
#include "sw_stack/hal/value_names.hpp"

#include <fmt/format.h>
#include <optional>

namespace acf::platform {

namespace {

constexpr std::array register_names{"zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
                                    "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                                    "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
constexpr unsigned return_address = 1, stack_pointer = 2;

std::string_view cause_name(std::uint64_t cause) {
  static constexpr std::array<std::string_view, 16> names{"instruction address misaligned",
                                                          "instruction access fault",
                                                          "illegal instruction",
                                                          "breakpoint",
                                                          "load address misaligned",
                                                          "load access fault",
                                                          "store address misaligned",
                                                          "store access fault",
                                                          "environment call from U-mode",
                                                          "environment call from S-mode",
                                                          "reserved",
                                                          "environment call from M-mode",
                                                          "instruction page fault",
                                                          "load page fault",
                                                          "reserved",
                                                          "store page fault"};
  return cause < names.size() ? names[cause] : "interrupt or reserved";
}

std::string_view mode_name(cpu::privilege mode) {
  return mode == cpu::privilege::machine ? "machine" : mode == cpu::privilege::supervisor ? "supervisor" : "user";
}

// Memory as a program sees it that runs, or was interrupted, in mode `by`.
template <class T>
std::optional<T> read_guest(cpu::cpu_core& core, std::uint64_t address, cpu::privilege by) {
  T value;
  std::uint64_t physical = 0;
  if (!core.core().debug_translate(address, physical, by)) return std::nullopt;
  if (core.peek(physical, &value, sizeof value) != sizeof value) return std::nullopt;
  return value;
}

// Whether the instruction before `address` is a call: jal or jalr that links ra, or c.jalr.
bool follows_call(cpu::cpu_core& core, std::uint64_t address, cpu::privilege by) {
  if (const auto wide = read_guest<std::uint32_t>(core, address - 4, by)) {
    const auto opcode = *wide & 0x7F, rd = *wide >> 7 & 0x1F;
    if ((opcode == 0x6F || opcode == 0x67) && rd == return_address) return true;
  }
  const auto narrow = read_guest<std::uint16_t>(core, address - 2, by);
  return narrow && (*narrow & 0xF07F) == 0x9002 && (*narrow & 0x0F80) != 0;
}

// Lines below the first of a place where functions were inlined: where each of them is called.
std::string inlined_callers(std::uint64_t address, const program* program, std::string_view before) {
  std::string text;
  const auto calls = program ? program->debug.inlined_at(address) : std::vector<inlined_call>{};
  for (std::size_t n = 0; n < calls.size(); ++n) {
    const auto where = program->symbols.locate(address);
    const auto& function = n + 1 < calls.size() ? calls[n + 1].function : where.function;
    text += fmt::format("{}called from {}{}", before, function, n + 1 < calls.size() ? ", inlined" : "");
    if (calls[n].line != 0) text += fmt::format("  {}:{}", calls[n].file, calls[n].line);
  }
  return text;
}

// The calls that lead to `pc`, with these registers.
std::string call_stack(cpu::cpu_core& core, std::uint64_t pc, const std::array<std::uint64_t, 33>& x, cpu::privilege by,
                       const program* program) {
  constexpr unsigned deepest = 16;
  constexpr std::string_view before = "\n  ";
  std::string text =
      fmt::format("{}at {}", before, describe_address(pc, program)) + inlined_callers(pc, program, before);
  for (const auto& from : callers_of(core, pc, x, by, program, deepest)) text += describe_caller(from, program, before);
  return text;
}
std::string call_stack(cpu::cpu_core& core, const program* program) {
  return call_stack(core, core.core().pc, core.core().x, core.core().mode, program);
}

// Instructions from a few before `pc` to a few behind it.
std::string instructions_around(cpu::cpu_core& core, std::uint64_t pc, cpu::privilege by) {
  constexpr unsigned before = 4, behind = 3;
  std::vector<std::uint64_t> places; // found from further back: what lies before has no fixed length
  for (std::uint64_t at = pc - 4 * before; at < pc;) {
    const auto half = read_guest<std::uint16_t>(core, at, by);
    if (!half) break;
    places.push_back(at);
    at += cpu::is_compressed(*half) ? 2 : 4;
    if (at > pc) { // it was no beginning: one half further
      at = places.front() + 2;
      places.clear();
    }
  }
  std::string text;
  std::uint64_t at = places.empty() ? pc : places.front();
  for (unsigned after = 0; after <= behind;) {
    const auto low = read_guest<std::uint16_t>(core, at, by);
    if (!low) break;
    std::uint32_t raw = *low;
    if (!cpu::is_compressed(raw)) {
      const auto high = read_guest<std::uint16_t>(core, at + 2, by);
      if (!high) break;
      raw |= static_cast<std::uint32_t>(*high) << 16;
    }
    text += fmt::format("\n  {} {:016x}  {}", at == pc ? "->" : "  ", at, cpu::disassemble(raw, at));
    if (at >= pc) ++after;
    at += cpu::is_compressed(raw) ? 2 : 4;
  }
  return text;
}

std::string registers(const std::array<std::uint64_t, 33>& x) {
  std::string text;
  for (unsigned i = 0; i < 32; ++i)
    text += fmt::format("{}{:>4} {:016x}", i % 4 == 0 ? "\n  " : "  ", register_names[i], x[i]);
  return text;
}

} // namespace

std::string describe_address(std::uint64_t address, const program* program) {
  if (!program) return hex(address);
  auto where = program->symbols.locate(address);
  const auto calls = program->debug.inlined_at(address);
  if (calls.empty()) return to_string(where);
  const auto around = fmt::format(", inlined in {}+{:#x}", where.function, where.into);
  where.function = calls.front().function;
  where.into = 0;
  return to_string(where) + around;
}

std::string describe_caller(const caller& from, const program* program, std::string_view before) {
  return fmt::format("{}{} {}", before, from.guessed ? "perhaps called from" : "called from",
                     describe_address(from.address, program)) +
         inlined_callers(from.address, program, before);
}

std::vector<caller> callers_of(cpu::cpu_core& core, std::uint64_t pc, const std::array<std::uint64_t, 33>& x,
                               cpu::privilege by, const program* program, unsigned most) {
  constexpr unsigned words = 512;
  std::vector<caller> found;
  if (!program) return found;
  const auto read = [&](std::uint64_t address) { return read_guest<std::uint64_t>(core, address, by); };
  // Just behind the call: the instruction before belongs to the caller's line.
  const auto is_return = [&](std::uint64_t address) {
    return address % 2 == 0 && follows_call(core, address, by) && program->is_code(address);
  };
  if (program->debug.describes_frames_of(pc)) {
    call_frame frame{pc, x};
    while (found.size() < most) {
      const auto above = program->debug.caller(frame, found.empty(), read);
      if (!above || !is_return(above->pc)) break;
      found.push_back({above->pc - 2, false});
      frame = *above;
    }
    return found;
  }
  const auto add = [&](std::uint64_t address) {
    if (found.size() < most && is_return(address)) found.push_back({address - 2, true});
  };
  add(x[return_address]);
  const auto sp = x[stack_pointer];
  for (unsigned i = 0; i < words && found.size() < most; ++i) {
    const auto word = read((sp & ~std::uint64_t{7}) + 8 * i);
    if (!word) break;
    add(*word);
  }
  return found;
}

std::string describe_fault(cpu::cpu_core& core, const cpu::exception_taken& fault, const program* program) {
  return fmt::format("hart {}: {} (cause {}), value {:#x}, in {} mode", core.core().config().id,
                     cause_name(fault.cause), fault.cause, fault.value, mode_name(fault.mode)) +
         registers(fault.x) + instructions_around(core, fault.pc, fault.mode) +
         call_stack(core, fault.pc, fault.x, fault.mode, program);
}

std::string describe_trap_loop(cpu::cpu_core& core, const program* program) {
  const auto& h = core.core();
  const auto* fault = h.open_fault();
  const std::string first = fault ? describe_fault(core, *fault, program) + "\n" : "";
  const bool machine = h.mode == cpu::privilege::machine; // whose handler it is
  const auto handler = machine ? h.mtvec : h.stvec, cause = machine ? h.mcause : h.scause;
  if (handler == 0)
    return first +
           fmt::format("hart {}: and there is no trap handler: {} is 0", h.config().id, machine ? "mtvec" : "stvec");
  const char letter = machine ? 'm' : 's';
  return first +
         fmt::format("hart {}: trap loop: the trap handler at {}tvec {:#x} traps itself, again and again; {}cause {} "
                     "({}), {}tval {:#x}, {}epc {}",
                     h.config().id, letter, handler, letter, cause, cause_name(cause), letter,
                     machine ? h.mtval : h.stval, letter, describe_address(machine ? h.mepc : h.sepc, program)) +
         registers(h.x) + call_stack(core, program);
}

std::string why_stuck(soc& chip, const program* program) {
  std::string text = "why is it stuck:";
  for (auto& hart : chip.harts) {
    const auto& h = hart->core();
    text += fmt::format("\n  hart {}: {} at {}", h.config().id,
                        hart->asleep()   ? "sleeps in wfi"
                        : hart->halted() ? "halted"
                                         : "runs",
                        describe_address(h.pc, program));
    if (hart->asleep()) {
      text += fmt::format("; mie {:#x}, mip {:#x}", h.mie, h.mip);
      const auto due = chip.clint.timer_due(h.config().id);
      text += due == sc_core::SC_ZERO_TIME ? ", no timer set" : fmt::format(", timer due at {}", due.to_string());
    } else {
      text += call_stack(*hart, program);
    }
    if (const auto* fault = h.open_fault())
      text += fmt::format("\n  hart {}: handles a trap since {} (cause {}), value {:#x}, in {} mode at {}",
                          h.config().id, cause_name(fault->cause), fault->cause, fault->value, mode_name(fault->mode),
                          describe_address(fault->pc, program));
  }
  for (auto& t : chip.tiles)
    if (const auto why = t->why_stuck(); !why.empty()) text += fmt::format("\n  tile ({},{}): {}", t->x(), t->y(), why);
  if (const auto ring = chip.mesh.waiting_ring(); !ring.empty()) {
    text += "\n  mesh: packets wait for each other in a ring:";
    for (const auto link : ring) text += " " + chip.mesh.where().link_name(link);
  }
  for (unsigned source = 1; source <= hal::plic::sources; ++source)
    if (chip.plic.level(source))
      text += fmt::format("\n  interrupt source {} is high{}{}", source, chip.plic.pending(source) ? ", pending" : "",
                          chip.plic.in_service(source) ? ", in service (not completed)" : "");
  if (chip.bridge.irq.read()) text += "\n  GLOBAL.IRQ_STATUS has an enabled cause that was not acknowledged";
  return text;
}

std::vector<std::string> tile_errors(soc& chip, const submissions& from) {
  std::vector<std::string> texts;
  for (auto& t : chip.tiles) {
    const auto& c = t->control();
    if (!c.error()) continue;
    auto text = "guest error: " + tile_error(*t);
    if (const auto place = from.describe(t->number(), c.error_job()); !place.empty()) text += "\n  " + place;
    texts.push_back(std::move(text));
  }
  return texts;
}

} // namespace acf::platform
