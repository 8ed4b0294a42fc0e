// Running: from slice to blocks to instructions.
#include "models/cpu/hart.hpp"

namespace acf::cpu {
namespace {

flow run_exit(hart& h, insn* i, std::int64_t left) { return h.follow(i[1].fallen, h.block_end(), left); }

bool relative_to_pc(const opcode& op) { return op.shape == format::B || op.shape == format::J || op.name == "auipc"; }

// Counts the classes of the instructions in its block; see performance.hpp.
flow run_count(hart& h, insn* i, std::int64_t left) {
  for (const insn* one = i + 1; one != i + 1 + h.current->count; ++one) h.count_retired(h.class_of(one));
  return h.proceed(i + 1, left);
}

} // namespace

hart::hart(bus& to, const hart_config& config) : port(to), configuration(config), taken_cycles(config.costs.taken) {
  single.words = single_words;
  if (configuration.shared) configuration.shared->join(*this);
  clear();
}
hart::~hart() {
  if (configuration.shared) configuration.shared->leave(*this);
}

void hart::reset() {
  clear();
  port.timer_set(stimecmp);
}

void hart::clear() {
  const std::uint64_t lines = mip & ~(bit(interrupt::supervisor_software) | bit(interrupt::supervisor_timer) |
                                      (seip_line ? 0 : bit(interrupt::supervisor_external)));
  const bool external = seip_line;
  static_cast<state&>(*this) = state{};
  mip = lines;
  seip_line = external;
  protection = {};
  classes_counted = false;
  mstatus = status::mpp | std::uint64_t{2} << 32 | std::uint64_t{2} << 34; // UXL and SXL: 64 bits
  x[10] = configuration.id;
  pc = configuration.reset_pc;
  traps = {};
  reported_pc = 1;
  flush_tlb();
  new_epoch();
  update_context();
}

void hart::new_epoch() {
  for (std::uint32_t& e : epochs) e = ++last_epoch;
  epoch = epochs[static_cast<unsigned>(mode)];
}

void hart::written_by_others(std::uint64_t first, std::uint64_t last) {
  constexpr std::uint64_t granule = reservations::granule;
  const std::uint64_t held = reservation.physical & ~(granule - 1);
  if (reservation.valid && first < held + granule && held <= last) reservation.valid = false;
  if (const auto page = code_frames.lower_bound(first & page_mask); page != code_frames.end() && *page <= last)
    new_epoch();
}

void hart::lend_host_fpu() {
  if (running) host_fpu::use(frm);
}
void hart::take_back_host_fpu() {
  if (!running) return;
  fflags |= host_fpu::flags();
  host_fpu::restore(host_environment);
}

flow hart::leave(const insn* i, std::int64_t left) {
  pc = pc_of(i);
  instret -= static_cast<std::uint64_t>(current->count - i->index);
  if (classes_counted) uncount(i);
  const std::int64_t exact = exact_left(i, left);
  cycle = cycle_end - static_cast<std::uint64_t>(exact);
  link = nullptr;
  return to_run(exact);
}

cost hart::class_of(const insn* i) const { return decode_again(raw_at(i)).op->price; }
void hart::uncount(const insn* from) {
  for (const insn* one = from; one->index < current->count; ++one)
    --performed.retired[static_cast<std::size_t>(class_of(one))];
}

std::uint32_t hart::raw_at(const insn* i) const {
  const std::uint16_t* w = current->words + i->offset / 2;
  return is_compressed(w[0]) ? w[0] : w[0] | static_cast<std::uint32_t>(w[1]) << 16;
}

run_result hart::run(cycles max_cycles) {
  const std::uint64_t instructions_before = instret;
  cycle_end = cycle + max_cycles;
  std::int64_t left = static_cast<std::int64_t>(max_cycles);
  why = stop::none;
  host_environment = host_fpu::save();
  running = true;
  claim_reservation();
  polled = nullptr;
  lend_host_fpu();
  while (why == stop::none) {
    if (forget_blocks) {
      blocks.clear();
      link = nullptr;
      forget_blocks = false;
    }
    if (stop_requested) {
      stop_requested = false;
      why = stop::requested;
    } else if (step_state == step_progress::done) {
      step_state = step_progress::none;
      report_stop();
      why = stop::stepped;
    } else if (left <= 0) {
      why = stop::budget;
    } else if (interrupt_deliverable()) {
      take_interrupt();
      left -= configuration.costs.trap;
      if (step_state == step_progress::wanted) step_state = step_progress::done;
    } else if (step_state == step_progress::wanted) {
      step_state = step_progress::done;
      left = step_instruction(left);
    } else if (!breakpoints.empty() && stops_heeded && breakpoints.contains(pc) && !already_reported(pc, instret)) {
      report_stop();
      why = stop::breakpoint;
    } else if (block* b = stepping() ? nullptr : find(pc); b && b->cycles <= static_cast<std::uint64_t>(left)) {
      if (link) *link = b;
      for (flow at = enter(b, left); at;) at = at->run(*this, at, slice_left);
      left = slice_left;
    } else {
      left = step_instruction(left);
    }
  }
  take_back_host_fpu();
  hold_reservation();
  running = false;
  cycle = cycle_end - static_cast<std::uint64_t>(left);
  return {why, instret - instructions_before, max_cycles - static_cast<std::uint64_t>(left)};
}

run_result hart::step() {
  request_step();
  run_result r = run(1);
  if (r.why == stop::requested) r.why = stop::stepped; // a device wants the slice reconsidered; there is none
  cancel_step();
  return r;
}

void hart::set_breakpoints(std::set<std::uint64_t> addresses) {
  breakpoints = std::move(addresses);
  // Blocks end before breakpoints, so they are built anew; not at once, because the hart may be waiting for a device in
  // the middle of one.
  forget_blocks = true;
  new_epoch();
  if (running) stop_requested = true;
}

void hart::set_watchpoints(std::set<watchpoint> ranges) {
  watchpoints = std::move(ranges);
  flush_tlb();
}

// One instruction in a block of its own: at the end of a slice, for observers, and where code is not in direct memory.
std::int64_t hart::step_instruction(std::int64_t left) {
  link = nullptr;
  std::uint32_t raw = 0;
  cycles latency = 0;
  cause why_not{};
  std::uint64_t where = 0;
  if (!fetch_one(raw, latency, why_not, where)) {
    cycle = cycle_end - static_cast<std::uint64_t>(left);
    enter_trap(static_cast<std::uint64_t>(why_not), where);
    return left - configuration.costs.trap;
  }
  left -= static_cast<std::int64_t>(latency);
  performed[event::device_cycles] += latency;
  const decoded& d = decode_again(raw);
  single.words[0] = static_cast<std::uint16_t>(raw);
  single.words[1] = static_cast<std::uint16_t>(raw >> 16);
  single.code = single_code;
  fill(&single, pc, &d, 1);

  const std::uint32_t before = epoch, nobody = ~std::uint32_t{0};
  epoch = nobody; // no block follows
  const bool observed = stepping();
  retired seen{pc, raw, d, mode, 0, 0, mstatus, 0};
  if (observed) note_operands(seen);
  const std::uint8_t flags_before = fflags;
  if (observed && (d.op->properties & uses_float)) { // alone, to see what this instruction raises
    fflags = 0;
    lend_host_fpu();
  }
  const std::uint64_t retired_before = instret;
  instret += 1;
  current = &single;
  slice_left = left - static_cast<std::int64_t>(single.cycles);
  for (flow at = single.code; at;) at = at->run(*this, at, slice_left);
  if (epoch == nobody) epoch = before;
  link = nullptr;
  if (observed) {
    take_back_host_fpu();
    if (d.op->properties & uses_float) {
      seen.raised = fflags;
      fflags |= flags_before;
    }
    cycle = cycle_end - static_cast<std::uint64_t>(slice_left);
    if (instret != retired_before) seen_by->on_retired(*this, seen);
    lend_host_fpu();
  }
  return slice_left;
}

// Stepping meets the same few instructions again and again.
const decoded& hart::decode_again(std::uint32_t raw) const {
  auto& known = decoded_before[(raw ^ raw >> 11) % decoded_before.size()];
  if (known.raw != raw || !known.what.op) known = {raw, decode(raw)};
  return known.what;
}

void hart::note_operands(retired& seen) const {
  const insn& i = single.code[0];
  const format shape = seen.what.op->shape;
  switch (shape) {
  case format::S:
  case format::float_store:
  case format::load:
  case format::float_load: seen.memory_address = x[i.rs1] + static_cast<std::uint64_t>(i.imm); break;
  case format::atomic:
  case format::load_reserved:
  case format::cache_block: seen.memory_address = x[i.rs1]; break;
  default: break;
  }
  seen.stored = shape == format::float_store ? f[i.rs2] : x[i.rs2];
}

bool hart::fetch_one(std::uint32_t& raw, cycles& latency, cause& why_not, std::uint64_t& where) {
  raw = 0;
  for (unsigned half = 0; half < 2; ++half) {
    where = pc + 2 * half;
    std::uint16_t word = 0;
    if (!fetch_direct(where, &word, 1)) {
      const translated t = translate(where, 2, intent::fetch);
      if (!t.ok) {
        why_not = t.why;
        return false;
      }
      cycles waited = 0;
      const bus_result r = with_bus([&] { return port.read(t.physical, &word, 2, waited); });
      latency += waited;
      if (r != bus_result::ok) {
        why_not = cause::fetch_access;
        return false;
      }
    }
    raw |= static_cast<std::uint32_t>(word) << (16 * half);
    if (is_compressed(raw)) break;
  }
  return true;
}

bool hart::fetch_direct(std::uint64_t address, std::uint16_t* words, unsigned count) {
  while (count != 0) {
    const translated t = translate(address, 2, intent::fetch);
    if (!t.ok) return false;
    const std::uint64_t to_page_end = (~page_mask + 1 - (address & ~page_mask)) / 2;
    unsigned n = count < to_page_end ? count : static_cast<unsigned>(to_page_end);
    if (!protection.uniform(t.physical & page_mask, t.physical | ~page_mask)) n = 1;
    const direct_region* r = region_of(t.physical, 2 * n, false);
    if (!r) return false;
    if (const std::uint64_t frame = t.physical & page_mask; frame != last_code_frame)
      code_frames.insert(last_code_frame = frame);
    std::memcpy(words, r->memory + (t.physical - r->first), 2 * n);
    words += n;
    count -= n;
    address += 2 * n;
  }
  return true;
}

bool hart::calls_host(const insn* i) {
  constexpr std::uint32_t opening = 0x01f01013, ebreak = 0x00100073, closing = 0x40705013;
  std::uint16_t w[6];
  if (!host_call || raw_at(i) != ebreak || !fetch_direct(pc_of(i) - 4, w, 6)) return false;
  return (w[0] | static_cast<std::uint32_t>(w[1]) << 16) == opening &&
         (w[4] | static_cast<std::uint32_t>(w[5]) << 16) == closing;
}
flow hart::call_host(const insn* i, std::int64_t left) {
  leave(i, left);
  take_back_host_fpu();
  host_call(*this);
  lend_host_fpu();
  pc = block_end();
  ++instret;
  if (classes_counted) count_retired(cost::system);
  return to_run(slice_left - static_cast<std::int64_t>(current->cycles - i->cycles_before));
}

block* hart::find(std::uint64_t address) {
  block*& first = blocks.head(address);
  for (block **place = &first, *b = first; b; place = &b->next, b = *place) {
    if (b->pc != address) continue;
    if (b->epoch != epoch) {
      std::uint16_t now[2 * block_cache::max_instructions];
      if (b->flavour != flavour() || !fetch_direct(address, now, b->bytes / 2u) ||
          std::memcmp(now, b->words, b->bytes) != 0)
        continue;
      b->epoch = epoch;
    }
    if (b != first) { // found first next time
      *place = b->next;
      b->next = first;
      first = b;
    }
    return b;
  }
  const std::uint32_t generation = blocks.generation();
  block* b = build(address);
  if (blocks.generation() != generation) {
    link = nullptr;
    polled = nullptr;
  }
  return b;
}

// The straight line from `address` to the first control transfer, the end of the page or the next breakpoint.
block* hart::build(std::uint64_t address) {
  decoded line[block_cache::max_instructions];
  std::uint16_t words[2 * block_cache::max_instructions];
  unsigned count = 0, bytes = 0;
  while (count < block_cache::max_instructions) {
    const std::uint64_t at = address + bytes;
    const bool new_page = count != 0 && (at & page_mask) != (address & page_mask);
    if (new_page || (count != 0 && breakpoints.contains(at))) break;
    std::uint16_t* w = words + bytes / 2;
    if (!fetch_direct(at, w, 1)) break;
    std::uint32_t raw = w[0];
    if (!is_compressed(raw)) {
      const bool crosses = ((at + 2) & page_mask) != (at & page_mask);
      if ((crosses && count != 0) || !fetch_direct(at + 2, w + 1, 1)) break;
      raw |= static_cast<std::uint32_t>(w[1]) << 16;
    }
    line[count] = decode(raw);
    bytes += line[count].length;
    if (line[count++].op->properties & ends_block) break;
  }
  if (count == 0 || (!breakpoints.empty() && breakpoints.contains(address))) return nullptr;
  block* b = blocks.allocate(count, bytes);
  std::memcpy(b->words, words, bytes);
  auto loop = classes_counted ? std::nullopt : find_repetition(address, {line, count});
  fill(b, address, line, count, loop ? blocks.keep(std::move(*loop)) : nullptr);
  b->epoch = epoch;
  blocks.insert(b);
  return b;
}

void hart::fill(block* b, std::uint64_t address, const decoded* line, unsigned count, repetition* repeated) {
  b->pc = address;
  b->flavour = flavour();
  insn* code = b->code;
  if (classes_counted) {
    *code = insn{};
    code->run = run_count;
    ++code;
  } else if (repeated) {
    *code = insn{};
    code->run = run_repeat;
    code->imm = reinterpret_cast<std::int64_t>(repeated);
    ++code;
  }
  unsigned offset = 0, spent = 0;
  const auto place = [&](insn& i, unsigned index) {
    i.index = static_cast<std::uint8_t>(index);
    i.offset = static_cast<std::uint16_t>(offset);
    i.cycles_before = static_cast<std::uint16_t>(spent);
  };
  for (unsigned n = 0; n < count; ++n) {
    const decoded& d = line[n];
    insn& i = code[n];
    i = d.operands;
    if ((d.op->properties & uses_float) && !float_enabled()) i.run = acf::cpu::illegal().run;
    if (relative_to_pc(*d.op)) i.imm = static_cast<std::int64_t>(static_cast<std::uint64_t>(i.imm) + address + offset);
    place(i, n);
    offset += d.length;
    spent += configuration.costs[d.op->price];
  }
  insn &exit = code[count], &links = code[count + 1];
  exit = insn{};
  exit.run = run_exit;
  place(exit, count);
  links.taken = links.fallen = blocks.unresolved();
  b->count = static_cast<std::uint16_t>(count);
  b->bytes = static_cast<std::uint16_t>(offset);
  b->cycles = spent;
  if (repeated) repeated->cycles = spent + configuration.costs.taken;
}

} // namespace acf::cpu
