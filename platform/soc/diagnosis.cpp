#include "platform/soc/diagnosis.hpp"

#include "sw_stack/driver/names.hpp"
#include "sw_stack/hal/command_names.hpp"

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

template <class T>
std::optional<T> peek(cpu::cpu_core& core, std::uint64_t address) {
  T value;
  if (core.peek(address, &value, sizeof value) != sizeof value) return std::nullopt;
  return value;
}

// Whether the instruction before `address` is a call: jal or jalr that links ra, or c.jalr.
bool follows_call(cpu::cpu_core& core, std::uint64_t address) {
  if (const auto wide = peek<std::uint32_t>(core, address - 4)) {
    const auto opcode = *wide & 0x7F, rd = *wide >> 7 & 0x1F;
    if ((opcode == 0x6F || opcode == 0x67) && rd == return_address) return true;
  }
  const auto narrow = peek<std::uint16_t>(core, address - 2);
  return narrow && (*narrow & 0xF07F) == 0x9002 && (*narrow & 0x0F80) != 0;
}

std::string call_stack(cpu::cpu_core& core, const program* program) {
  constexpr unsigned deepest = 16;
  std::string text = fmt::format("\n  at {}", describe_address(core.core().pc, program));
  for (const auto address : return_addresses(core, program, deepest))
    text += fmt::format("\n  called from {}", describe_address(address, program));
  return text;
}

} // namespace

std::string describe_address(std::uint64_t address, const program* program) {
  if (!program) return hex(address);
  return to_string(program->symbols.locate(address));
}

std::vector<std::uint64_t> return_addresses(cpu::cpu_core& core, const program* program, unsigned most) {
  constexpr unsigned words = 512;
  std::vector<std::uint64_t> found;
  if (!program) return found;
  const auto add = [&](std::uint64_t address) {
    // Just behind the call: the instruction before belongs to the caller's line.
    if (found.size() < most && address % 2 == 0 && follows_call(core, address) && program->is_code(address))
      found.push_back(address - 2);
  };
  add(core.core().x[return_address]);
  const auto sp = core.core().x[stack_pointer];
  for (unsigned i = 0; i < words && found.size() < most; ++i) {
    const auto word = peek<std::uint64_t>(core, (sp & ~std::uint64_t{7}) + 8 * i);
    if (!word) break;
    add(*word);
  }
  return found;
}

std::string describe_trap_loop(cpu::cpu_core& core, const program* program) {
  const auto& h = core.core();
  std::string text = fmt::format(
      "hart {}: trap loop: the trap handler at mtvec {:#x} traps itself; mcause {} ({}), mtval {:#x}, mepc {}",
      h.config().id, h.mtvec, h.mcause, cause_name(h.mcause), h.mtval, describe_address(h.mepc, program));
  for (unsigned i = 0; i < 32; ++i)
    text += fmt::format("{}{:>4} {:016x}", i % 4 == 0 ? "\n  " : "  ", register_names[i], h.x[i]);
  return text + call_stack(core, program);
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
    const auto cause = driver::value_name(hal::tile::error_cause.text, static_cast<std::uint64_t>(c.error_cause()));
    auto text = fmt::format("guest error: TILE({},{}).ERROR_CAUSE = {}: ring {} command {}", t->x(), t->y(), cause,
                            c.error_index() >> 24, c.error_index() & 0xFF'FFFF);
    if (const auto name = hal::name_of(c.error_op()); name != hal::name_of(hal::opcode{}))
      text += fmt::format(" ({})", name);
    text += fmt::format(", ERROR_ADDRESS {:#x}", c.error_address());
    if (const auto place = from.describe(t->number(), c.error_job()); !place.empty()) text += "\n  " + place;
    texts.push_back(std::move(text));
  }
  return texts;
}

} // namespace acf::platform
