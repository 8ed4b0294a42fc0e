// One RISC-V hart: RV64IMAFDC, Zicsr, Zifencei, Zicntr, Zihpm, Zba, Zbb, Zbs, Zicbom, Zicboz, Sstc; M, S and U mode,
// Sv39, 16 PMP entries; no SystemC.
//
//             +---------------------------- hart ----------------------------+
//   lines --> | mip   traps.cpp, csr.cpp                                     |
//   run() --> | block_cache: decode once, execute many  execute_*.cpp        | <--> observer
//             | translation: sv39.cpp, pmp.cpp; direct memory: memory.cpp    | <--> bus
//             +--------------------------------------------------------------+
//
// run() executes whole blocks while they fit into the slice and single instructions at its end, so that the instruction
// on which a slice ends depends on the cycle count alone: never on block shapes, breakpoints, observers or caches.
#pragma once
#include "models/cpu/block_cache.hpp"
#include "models/cpu/bus.hpp"
#include "models/cpu/host_fpu.hpp"
#include "models/cpu/observer.hpp"
#include "models/cpu/pmp.hpp"
#include "models/cpu/repetition.hpp"
#include "models/cpu/reservations.hpp"
#include "models/cpu/state.hpp"
#include "models/cpu/stops.hpp"
#include "models/cpu/trap_history.hpp"
#include <cstring>
#include <functional>
#include <set>
#include <vector>

namespace acf::cpu {

// Optimised builds go from instruction to instruction by tail calls; others (where a tail call would grow the stack)
// return to a loop in hart::run().
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
inline constexpr bool threaded = true;
#else
inline constexpr bool threaded = false;
#endif

struct hart_config {
  unsigned id = 0;
  std::uint64_t reset_pc = 0x1000;
  timing costs{};
  bool misaligned_trap = false;   // misaligned loads and stores to memory: trap, or do them
  reservations* shared = nullptr; // of all harts of the system; none: this one is alone
};

class hart : public state {
public:
  explicit hart(bus& port, const hart_config& config = {});
  ~hart();
  hart(const hart&) = delete;
  hart& operator=(const hart&) = delete;

  void reset(); // registers 0 except a0 = hart id; pc = reset_pc
  run_result run(cycles max_cycles);
  void set_interrupt(interrupt line, bool level);
  bool interrupt_waits() const { return (mip & mie) != 0; }                 // ends wfi
  bool compares_time() const { return (menvcfg & environment::stce) != 0; } // stimecmp drives mip.STIP, by
  void update_timer();                                                      // at every write of what it depends on, and
  void sample_timer() {                                                     // by whoever keeps the time, when it is due
    if (compares_time()) set_interrupt(interrupt::supervisor_timer, port.time() >= stimecmp);
  }
  void request_stop() { stop_requested = true; }               // after the current instruction
  void forget_direct(std::uint64_t first, std::uint64_t last); // direct regions no longer valid
  void retry_direct() { refused.clear(); }                     // memory that was refused may now be granted
  void idle(cycles n) {                                        // time that passed in wfi
    cycle += n;
    performed[event::idle_cycles] += n;
  }
  void code_changed() { new_epoch(); } // memory may have been written behind the hart's back (loader, debugger)
  // Somebody who is no hart has written these bytes, perhaps with what they held: ends a reservation of them, and code
  // that has been decoded from their pages is looked at again.
  void written_by_others(std::uint64_t first, std::uint64_t last);
  // Another hart holds a reservation on this page, or no longer: stores to it are noticed.
  void guard_stores() { flush_tlb(); }
  void break_reservation() { reservation.valid = false; }

  // Called for an ebreak between `slli x0,x0,31` and `srai x0,x0,7`, RISC-V's way to call the host, after which the
  // hart goes on. None: it is an ebreak like any other.
  std::function<void(hart&)> host_call;

  // Debugger.
  void watch(observer* who) { seen_by = who; }
  refused_access last_refused; // access to data that trapped
  void set_breakpoints(std::set<std::uint64_t> addresses);
  void set_watchpoints(std::set<watchpoint> ranges);
  // run() stops after one instruction, or the entry into one trap; a breakpoint at pc does not stop it before. A step
  // over wfi ends when the hart wakes.
  void request_step() { step_state = step_progress::wanted; }
  void cancel_step() { step_state = step_progress::none; }
  run_result step();                              // the same outside any slice
  void heed_stops(bool on) { stops_heeded = on; } // off: breakpoints, watchpoints and ebreak do not stop it for now
  bool heeds_stops() const { return stops_heeded; }
  bool ebreak_stops = false; // before it traps; if the hart then goes on, it does
  struct {
    std::uint64_t address = 0;
    bool write = false;
  } watch_hit;

  const hart_config& config() const { return configuration; }
  // The exception whose handler runs, or null; see trap_history.hpp.
  const exception_taken* open_fault() const { return traps.first(); }
  // CSRs as the debugger sees them: no side effects, no privilege check. False: no such register.
  bool peek_csr(unsigned number, std::uint64_t& value) const;
  bool poke_csr(unsigned number, std::uint64_t value);
  void poke_mode(privilege to) {
    mode = to;
    update_context();
  }
  // The physical address behind one that the running program uses. False: none.
  bool debug_translate(std::uint64_t address, std::uint64_t& physical) {
    return debug_translate(address, physical, mode);
  }
  bool debug_translate(std::uint64_t address, std::uint64_t& physical, privilege by);

  // ---- for the instructions in execute_*.cpp ----

  // Host address of T at a virtual address, if that needs no further thought; misaligned addresses always do.
  template <class T>
  const std::byte* readable(std::uint64_t address) const {
    return hit<T>(*read_tlb, address);
  }
  template <class T>
  std::byte* writable(std::uint64_t address) const {
    return hit<T>(*write_tlb, address);
  }

  // Accesses that do: first touch of a page, devices, misaligned, watched, faults.
  struct access {
    std::uint64_t value;
    std::int64_t left;
  };
  enum class after { proceed, leave, trapped } outcome = after::proceed;
  access read_slow(insn* i, std::uint64_t address, unsigned size, std::int64_t left);
  std::int64_t write_slow(insn* i, std::uint64_t address, std::uint64_t value, unsigned size, std::int64_t left);
  // An atomic at a naturally aligned address: lr, or a read, `change` and a write as one. `change` says what to write;
  // none: nothing. The result is what was read; see `outcome`.
  using atomic_change = const std::function<std::optional<std::uint64_t>(std::uint64_t)>;
  access atomic_slow(insn* i, std::uint64_t address, unsigned size, bool for_write, atomic_change& change,
                     std::int64_t left);
  bool reserved(std::uint64_t address) const { return reservation.valid && reservation.address == address; }
  // Zicbom and Zicboz: the block of memory around an address; see `outcome`.
  std::int64_t cache_block(insn* i, std::uint64_t address, bool zero, std::int64_t left);
  static constexpr unsigned cache_block_bytes = 64;

  // Iterations of the current block that were done at once; see repetition.hpp.
  std::uint64_t repeat_poll(std::uint64_t times);
  std::uint64_t repeat_copy(const repetition& r, std::uint64_t times);

  bool calls_host(const insn* i); // an ebreak that does
  flow call_host(const insn* i, std::int64_t left);

  // Ends the block before `i`; pc, cycle and instret are then exact.
  flow leave(const insn* i, std::int64_t left);
  // A trap by instruction `i`.
  flow raise(const insn* i, cause why, std::uint64_t value, std::int64_t left);
  flow illegal(const insn* i, std::int64_t left);
  std::uint32_t raw_at(const insn* i) const; // the bits of an instruction of the current block
  cost class_of(const insn* i) const;        // of that instruction

  bool csr_readable(unsigned number) const;
  bool csr_writable(unsigned number) const { return (number >> 10) != 3; }
  std::uint64_t read_csr(unsigned number) const;
  void write_csr(unsigned number, std::uint64_t value);
  std::uint64_t csr_for_update(unsigned number) const; // what csrrs and csrrc combine their operand with
  void return_from_machine_trap();
  void return_from_supervisor_trap();
  void write_mstatus(std::uint64_t value);
  void write_satp(std::uint64_t value);
  void write_mip(std::uint64_t value);
  std::uint64_t read_counter(unsigned number) const;
  void write_counter(unsigned number, std::uint64_t value);
  void write_counter_event(unsigned number, std::uint64_t value);
  void write_counter_inhibit(std::uint64_t value);
  void forget_translations(); // sfence.vma
  void count_retired(cost c) { ++performed.retired[static_cast<std::size_t>(c)]; }
  bool counts_classes() const { return classes_counted; }
  pmp protection;

  // The host's floating-point environment: the hart's own while it runs, given back whenever others run.
  void lend_host_fpu();
  void take_back_host_fpu();
  void accrue(std::uint8_t flags) {
    fflags |= flags;
    if (flags != 0) mstatus |= status::fs | status::sd;
  }
  void float_used() { // by every instruction that writes a floating-point register
    mstatus |= status::fs | status::sd;
    ++float_instret;
  }

  flow proceed(insn* i, std::int64_t left) {
    if constexpr (threaded) return i->run(*this, i, left);
    slice_left = left;
    return i;
  }
  flow to_run(std::int64_t left) {
    slice_left = left;
    return nullptr;
  }
  flow enter(block* b, std::int64_t left) {
    const std::int64_t rest = left - static_cast<std::int64_t>(b->cycles);
    if (rest < 0) [[unlikely]] {
      pc = b->pc;
      link = nullptr;
      return to_run(left);
    }
    instret += b->count;
    current = b;
    return proceed(b->code, rest);
  }
  // To a successor that is always the same; `known` remembers it.
  flow follow(block*& known, std::uint64_t target, std::int64_t left) {
    block* b = known;
    if (b->epoch == epoch) [[likely]]
      return enter(b, left);
    pc = target;
    link = &known;
    return to_run(left);
  }
  // To a computed address.
  flow jump(std::uint64_t target, std::int64_t left) {
    block* b = blocks.head(target);
    if (b->pc == target && b->epoch == epoch) [[likely]]
      return enter(b, left);
    pc = target;
    link = nullptr;
    return to_run(left);
  }
  std::uint64_t block_end() const { return current->pc + current->bytes; }
  std::uint64_t pc_of(const insn* i) const { return current->pc + i->offset; }
  std::int64_t taken_cost() const { return taken_cycles; }

  bool already_reported(std::uint64_t address, std::uint64_t retired) const {
    return reported_pc == address && reported_instret == retired;
  }
  block* current = nullptr;    // that runs
  std::int64_t slice_left = 0; // on the way back to run()
  stop why = stop::none;
  bus& port;
  // The platform asks for the slice to be cut short after this instruction, e.g. because an access to a device may have
  // scheduled something.
  void reconsider_slice() { stop_requested = true; }
  void new_epoch();
  void report_stop() { // at pc, which does not stop the hart again before it has moved on
    reported_pc = pc;
    reported_instret = instret;
  }
  bool interrupt_deliverable() const { return (mip & mie) != 0 && deliverable() != 0; }
  std::uint64_t deliverable() const; // the pending and enabled interrupts that are not masked by mode and mstatus

private:
  struct tlb_entry {
    std::uint64_t page = 1;    // virtual; 1 matches nothing
    std::uintptr_t offset = 0; // host address = virtual address + offset
  };
  static constexpr unsigned page_bits = 12, tlb_size = 256;
  static constexpr std::uint64_t page_mask = ~std::uint64_t{0} << page_bits;
  using tlb = std::array<tlb_entry, tlb_size>;

  template <class T>
  static std::byte* hit(const tlb& t, std::uint64_t address) {
    const tlb_entry& e = t[(address >> page_bits) % tlb_size];
    if ((address & (page_mask | (sizeof(T) - 1))) != e.page) [[unlikely]]
      return nullptr;
    auto* p = reinterpret_cast<std::byte*>(address + e.offset); // NOLINT(performance-no-int-to-ptr)
    if (!p) __builtin_unreachable();                            // or the compiler tests for it
    return p;
  }

  // The same for a width that is not known at compile time.
  static std::byte* direct(const tlb& t, std::uint64_t address, unsigned width) {
    const tlb_entry& e = t[(address >> page_bits) % tlb_size];
    if ((address & (page_mask | (width - 1))) != e.page) return nullptr;
    return reinterpret_cast<std::byte*>(address + e.offset); // NOLINT(performance-no-int-to-ptr)
  }

  struct translated {
    std::uint64_t physical;
    bool ok;
    cause why; // if not ok
  };
  // Of `size` bytes that do not cross a page. Not const: page tables are marked as used.
  translated translate(std::uint64_t address, unsigned size, intent what);
  translated walk(std::uint64_t address, intent what, privilege by);
  bool read_table(std::uint64_t address, std::uint64_t& entry, bool for_write); // false: nothing there
  bool write_table(std::uint64_t address, std::uint64_t entry);
  privilege data_mode() const { // whose rights loads and stores have
    return mstatus & status::mprv ? static_cast<privilege>((mstatus & status::mpp) >> status::mpp_shift) : mode;
  }
  void update_context();
  // Others may run during a call of the bus.
  template <class F>
  auto with_bus(F call) {
    take_back_host_fpu();
    hold_reservation();
    polled = nullptr;
    const auto result = call();
    claim_reservation();
    lend_host_fpu();
    return result;
  }
  void hold_reservation() {
    if (reservation.valid && configuration.shared) configuration.shared->hold(*this, reservation.physical);
  }
  void claim_reservation() {
    if (configuration.shared) configuration.shared->release(*this);
  }
  bool stores_free(std::uint64_t frame) const { // no other hart must hear of stores to it
    return !configuration.shared || !configuration.shared->guarded(*this, frame);
  }
  void tell_of_store(std::uint64_t physical, unsigned size) {
    if (configuration.shared) configuration.shared->stored(*this, physical, size);
  }
  const direct_region* region_of(std::uint64_t physical, unsigned size, bool write);
  // Host address of memory; enters the page into `into` if all of it may be touched freely.
  std::byte* memory_at(tlb& into, std::uint64_t address, std::uint64_t physical, unsigned size, bool write);
  void flush_tlb();
  void check_watchpoints(std::uint64_t address, unsigned size, bool write);
  std::int64_t settle(std::int64_t left); // after a slow access: proceed, or leave the block?
  std::int64_t fault(const insn* i, cause why, std::uint64_t address, std::int64_t left, const refused_access& what);
  access misaligned_read(insn* i, std::uint64_t address, unsigned size, std::int64_t left);
  std::int64_t misaligned_write(insn* i, std::uint64_t address, std::uint64_t value, unsigned size, std::int64_t left);
  struct scattered { // the bytes of a misaligned access
    std::array<std::uint64_t, 8> physical;
    std::array<std::byte*, 8> memory; // where all of them are `direct`
    bool direct;
  };
  bool locate_misaligned(insn* i, std::uint64_t address, unsigned size, bool write, scattered& bytes,
                         std::int64_t& left);
  template <class F> // `call(n, latency)` for each n of `pieces`, as one access
  std::int64_t in_pieces(const insn* i, unsigned pieces, cause if_refused, std::uint64_t address, std::int64_t left,
                         const refused_access& what, F call);
  template <class F>
  std::int64_t on_the_bus(const insn* i, std::int64_t left, cause if_refused, std::uint64_t address,
                          const refused_access& what, F call);
  std::int64_t device(insn* i, std::uint64_t address, std::uint64_t physical, std::uint64_t& value, unsigned size,
                      bool write, std::int64_t left);
  std::int64_t exact_left(const insn* i, std::int64_t left) const {
    return left + static_cast<std::int64_t>(current->cycles) - i->cycles_before;
  }

  // Code.
  bool fetch_direct(std::uint64_t address, std::uint16_t* words, unsigned count);
  block* find(std::uint64_t address); // null: one instruction at a time, please
  block* build(std::uint64_t address);
  void fill(block* b, std::uint64_t address, const decoded* line, unsigned count, repetition* repeated = nullptr);
  std::int64_t step_instruction(std::int64_t left);
  const decoded& decode_again(std::uint32_t raw) const;
  void note_operands(retired& seen) const; // of the instruction that is about to run
  bool fetch_one(std::uint32_t& raw, cycles& latency, cause& why_not, std::uint64_t& where);
  bool float_enabled() const { return (mstatus & status::fs) != 0; }
  // What blocks depend on besides their words.
  std::uint8_t flavour() const {
    return static_cast<std::uint8_t>(static_cast<unsigned>(mode) << 2 | classes_counted << 1 | float_enabled());
  }
  void uncount(const insn* from); // the block ends before it

  void clear();
  void enter_trap(std::uint64_t number, std::uint64_t value);
  void take_interrupt();
  bool stepping() const { return seen_by && seen_by->wants_instructions(); }

  hart_config configuration;
  std::int64_t taken_cycles;
  bool running = false;
  host_fpu::environment host_environment{};
  std::uint64_t cycle_end = 0;             // of the slice that runs
  std::uint32_t epoch = 1, last_epoch = 1; // that of the present mode, and the newest
  std::array<std::uint32_t, privileges> epochs{};
  std::set<std::uint64_t> code_frames; // physical pages from which blocks have been decoded
  std::uint64_t last_code_frame = 1;
  bool classes_counted = false;
  block** link = nullptr; // where to remember the block that is looked for
  bool stop_requested = false, stops_heeded = true;
  enum class step_progress { none, wanted, done } step_state = step_progress::none;
  block_cache blocks;
  insn single_code[4]{}; // step_instruction()'s block
  std::uint16_t single_words[2]{};
  block single;
  const block* polled = nullptr; // that went round last, and the count after it
  std::uint64_t polled_instret = 0;
  struct decoded_word {
    std::uint32_t raw = 0;
    decoded what{};
  };
  mutable std::array<decoded_word, 1024> decoded_before{};
  bool forget_blocks = false;
  struct tlb_pair {
    tlb reads{}, writes{};
  };
  std::array<tlb_pair, 4> tlbs{}; // by the rights of data accesses; see update_context()
  tlb *read_tlb = &tlbs[0].reads, *write_tlb = &tlbs[0].writes;
  std::vector<direct_region> regions;
  std::set<std::uint64_t> refused; // pages, and whether for writing, where the bus offered no direct memory
  observer* seen_by = nullptr;
  std::set<std::uint64_t> breakpoints;
  std::set<watchpoint> watchpoints;
  std::uint64_t reported_pc = 1, reported_instret = 0; // the breakpoint that stopped the hart last
  trap_history traps;
};

flow run_repeat(hart& h, insn* i, std::int64_t left); // the instruction before a loop's first

} // namespace acf::cpu
