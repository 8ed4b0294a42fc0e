// Environment calls, trap returns, wfi, fences, CSR instructions, and what is no instruction.
#include "models/cpu/execute.hpp"

namespace acf::cpu {
namespace {

using namespace encode;
using u64 = std::uint64_t;
using s64 = std::int64_t;

flow run_ecall(hart& h, insn* i, s64 left) {
  return h.raise(i, static_cast<cause>(static_cast<unsigned>(cause::ecall_user) + static_cast<unsigned>(h.mode)), 0,
                 left);
}
flow run_ebreak(hart& h, insn* i, s64 left) {
  if (h.calls_host(i)) return h.call_host(i, left);
  const u64 retired = h.instret - static_cast<u64>(h.current->count - i->index); // before this one
  if (!h.ebreak_stops || !h.heeds_stops() || h.already_reported(h.pc_of(i), retired))
    return h.raise(i, cause::breakpoint, h.pc_of(i), left);
  h.leave(i, left);
  h.report_stop();
  h.why = stop::ebreak;
  return nullptr;
}
flow run_mret(hart& h, insn* i, s64 left) {
  if (h.mode != privilege::machine) return h.illegal(i, left);
  h.leave(i + 1, left);
  h.return_from_machine_trap();
  return nullptr;
}
flow run_sret(hart& h, insn* i, s64 left) {
  const bool trapped = h.mode == privilege::supervisor && (h.mstatus & status::tsr);
  if (h.mode == privilege::user || trapped) return h.illegal(i, left);
  h.leave(i + 1, left);
  h.return_from_supervisor_trap();
  return nullptr;
}
flow run_sfence_vma(hart& h, insn* i, s64 left) {
  const bool trapped = h.mode == privilege::supervisor && (h.mstatus & status::tvm);
  if (h.mode == privilege::user || trapped) return h.illegal(i, left);
  h.forget_translations();
  return h.leave(i + 1, left);
}
flow run_wfi(hart& h, insn* i, s64 left) {
  const bool trapped = h.mode == privilege::supervisor && (h.mstatus & status::tw);
  if (h.mode == privilege::user || trapped) return h.illegal(i, left);
  if (!h.interrupt_waits()) h.why = stop::wfi;
  return h.leave(i + 1, left);
}
flow run_fence_i(hart& h, insn* i, s64 left) {
  h.new_epoch();
  return h.leave(i + 1, left);
}

// The `zimm` forms take their operand from the instruction. Writing is skipped, with its effects and its check, by
// csrrs and csrrc of x0; reading by csrrw to x0.
enum class update { write, set, clear };
template <update What, bool Immediate>
flow run_csr(hart& h, insn* i, s64 left) {
  const unsigned number = static_cast<unsigned>(i->imm) & 0xfff;
  const bool writes = What == update::write || i->rs1 != 0;
  if (!h.csr_readable(number) || (writes && !h.csr_writable(number))) return h.illegal(i, left);
  const u64 operand = Immediate ? i->rs1 : h.x[i->rs1];
  h.leave(i, left); // the counters show what is before this instruction
  h.take_back_host_fpu();
  const u64 old = h.read_csr(number);
  if (writes)
    h.write_csr(number, What == update::write ? operand
                        : What == update::set ? h.csr_for_update(number) | operand
                                              : h.csr_for_update(number) & ~operand);
  h.lend_host_fpu();
  h.x[i->rd] = old;
  h.pc = h.block_end();
  ++h.instret;
  if (h.counts_classes()) h.count_retired(cost::csr);
  return h.to_run(h.slice_left - (h.current->cycles - i->cycles_before));
}

template <update What, bool Immediate>
constexpr opcode csr(std::string_view name, unsigned f3) {
  const encoding e = I(0x73, f3, Immediate ? format::csr_immediate : format::csr);
  return {name, e.match, e.mask, e.shape, cost::csr, ends_block, &run_csr<What, Immediate>};
}
constexpr opcode special(std::string_view name, std::uint32_t word, execute run) {
  return {name, word, 0xffffffff, format::none, cost::system, ends_block, run};
}

// Memory is sequentially consistent between slices, so a fence has nothing to do; those that order stores before device
// writes are counted, for whoever checks that doorbells follow one.
constexpr auto fence = [](hart& h, const insn& i) {
  constexpr auto predecessor_w = 1u << 4, successor_o = 1u << 2;
  h.doorbell_fences += (i.imm & predecessor_w) != 0 && (i.imm & successor_o) != 0;
};

constexpr opcode table[] = {
    special("ecall", 0x00000073, run_ecall),
    special("ebreak", 0x00100073, run_ebreak),
    special("mret", 0x30200073, run_mret),
    special("sret", 0x10200073, run_sret),
    {"sfence.vma", 0x12000073, 0xfe007fff, format::none, cost::system, ends_block, run_sfence_vma},
    special("wfi", 0x10500073, run_wfi),
    csr<update::write, false>("csrrw", 1),
    csr<update::set, false>("csrrs", 2),
    csr<update::clear, false>("csrrc", 3),
    csr<update::write, true>("csrrwi", 5),
    csr<update::set, true>("csrrsi", 6),
    csr<update::clear, true>("csrrci", 7),
    op("fence", I(0x0f, 0, format::fence), cost::fence, fence),
    {"fence.i", 0x100f, 0x707f, format::none, cost::fence, ends_block, run_fence_i},
};

flow run_illegal(hart& h, insn* i, s64 left) { return h.illegal(i, left); }
constexpr opcode no_instruction{"illegal", 0, 0, format::none, cost::alu, ends_block, run_illegal};

} // namespace

std::span<const opcode> system_opcodes() { return table; }
const opcode& illegal() { return no_instruction; }

} // namespace acf::cpu
