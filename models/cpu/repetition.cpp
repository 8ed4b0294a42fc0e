#include "models/cpu/repetition.hpp"
#include <algorithm>
#include <array>

namespace acf::cpu {
namespace {

constexpr std::size_t longest = 40; // instructions

// What a register holds at some point of an iteration, in terms of what registers held at its start.
struct value {
  enum { start, loaded, unknown } what = start;
  std::uint8_t of = 0; // register at the start, or index of the load
  bool word = false;
  std::int64_t plus = 0;
};

struct reader {
  std::array<value, 33> now{};
  std::array<bool, 33> read_first{}, written{};

  reader() {
    for (unsigned r = 0; r < now.size(); ++r) now[r].of = static_cast<std::uint8_t>(r);
  }
  const value& get(unsigned r) {
    if (!written[r]) read_first[r] = true;
    return now[r];
  }
  void set(unsigned r, value v) {
    now[r] = v;
    written[r] = true;
  }
};

std::optional<repetition::condition> condition_of(std::string_view name) {
  using c = repetition::condition;
  if (name == "bne") return c::ne;
  if (name == "blt") return c::lt;
  if (name == "bge") return c::ge;
  if (name == "bltu") return c::ltu;
  if (name == "bgeu") return c::geu;
  return {};
}

bool returns_to(std::uint64_t address, std::span<const decoded> line) {
  std::uint64_t offset = 0;
  for (const decoded& d : line.first(line.size() - 1)) offset += d.length;
  const opcode& last = *line.back().op;
  const bool jump = last.name == "jal" && line.back().operands.rd == 32;
  return (jump || last.shape == format::B) &&
         address + offset + static_cast<std::uint64_t>(line.back().operands.imm) == address;
}

// Whether the stores of an iteration fill one stretch of memory that the next iteration's continues, from another such
// stretch or with one constant; then puts them in the order of their addresses.
bool arrange(repetition& r) {
  if (r.stores.empty()) return false;
  std::vector<repetition::transfer> sorted = r.stores;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.to.offset < b.to.offset; });
  const repetition::transfer& first = sorted.front();
  const auto whole = static_cast<std::int64_t>(sorted.size()) * first.to.width;
  if (first.to.stride != whole && first.to.stride != -whole) return false;
  std::int64_t at = 0;
  for (const repetition::transfer& t : sorted) {
    if (t.to.base != first.to.base || t.to.width != first.to.width || t.to.offset != first.to.offset + at) return false;
    if (t.load.has_value() != first.load.has_value()) return false;
    if (t.load) {
      const repetition::stream &from = r.loads[*t.load], &first_from = r.loads[*first.load];
      if (from.base != first_from.base || from.offset != first_from.offset + at || from.stride != t.to.stride)
        return false;
    } else if (t.constant != first.constant)
      return false;
    at += first.to.width;
  }
  r.stores = std::move(sorted);
  return true;
}

std::optional<repetition> find_copy(std::span<const decoded> line) {
  repetition found;
  reader regs;
  for (const decoded& d : line.first(line.size() - 1)) {
    const insn& i = d.operands;
    const std::string_view name = d.op->name;
    const auto width = static_cast<std::uint8_t>(1u << (d.op->match >> 12 & 3));
    if (d.op->shape == format::load) {
      const value base = regs.get(i.rs1);
      if (base.what != value::start || base.word || found.loads.size() == 16) return {};
      regs.set(i.rd, {value::loaded, static_cast<std::uint8_t>(found.loads.size()), false, 0});
      found.loads.push_back({base.of, width, base.plus + i.imm, 0});
    } else if (d.op->shape == format::S) {
      const value base = regs.get(i.rs1), v = regs.get(i.rs2);
      if (base.what != value::start || base.word || found.stores.size() == 16) return {};
      repetition::transfer t{{base.of, width, base.plus + i.imm, 0}, {}, v.of};
      if (v.what == value::loaded && found.loads[v.of].width == width)
        t.load = v.of;
      else if (v.what != value::start || v.plus != 0 || v.word)
        return {};
      found.stores.push_back(t);
    } else if (name == "addi" || name == "addiw") {
      value v = regs.get(i.rs1);
      const bool word = name == "addiw";
      if (v.what != value::start || (word && i.rd != i.rs1) || (v.word && !word)) return {};
      v.plus += i.imm;
      v.word = word;
      regs.set(i.rd, v);
    } else if (name == "add" && i.rs1 == 0) {
      regs.set(i.rd, regs.get(i.rs2));
    } else
      return {};
  }
  const decoded& last = line.back();
  value left{}, right{};
  if (last.op->shape == format::B) {
    const auto goes_on = condition_of(last.op->name);
    if (!goes_on) return {};
    found.goes_on = *goes_on;
    left = regs.get(last.operands.rs1);
    right = regs.get(last.operands.rs2);
    if (left.what != value::start || right.what != value::start) return {};
  }
  // What an iteration hands to the next must have moved by a constant.
  std::array<std::int64_t, 33> step{};
  for (unsigned r = 1; r < 32; ++r) {
    const value& v = regs.now[r];
    if (!regs.written[r]) continue;
    const bool moved = v.what == value::start && v.of == r;
    if (!moved && regs.read_first[r]) return {};
    if (!moved) continue;
    step[r] = v.plus;
    found.counters.push_back({static_cast<std::uint8_t>(r), v.word, v.plus});
  }
  // Constants stay constant; what is derived from a register that the body leaves in another form was refused above.
  for (repetition::transfer& t : found.stores) {
    if (!t.load && step[t.constant] != 0) return {};
    t.to.stride = step[t.to.base];
  }
  for (repetition::stream& l : found.loads) l.stride = step[l.base];
  found.left = {left.of, left.plus, step[left.of]};
  found.right = {right.of, right.plus, step[right.of]};

  found.contiguous = arrange(found);
  return found;
}

std::optional<repetition> find_poll(std::span<const decoded> line) {
  repetition found;
  found.poll = true;
  reader regs;
  for (const decoded& d : line) {
    const insn& i = d.operands;
    constexpr auto predecessor_w = 1u << 4, successor_o = 1u << 2;
    switch (d.op->shape) {
    case format::R:
    case format::B: regs.get(i.rs2); [[fallthrough]];
    case format::I:
    case format::load:
    case format::shift:
    case format::shift_word:
    case format::unary: regs.get(i.rs1); break;
    case format::U: break;
    case format::J: continue;
    case format::fence:
      if ((i.imm & predecessor_w) && (i.imm & successor_o)) return {}; // these are counted
      continue;
    default: return {};
    }
    if (d.op->shape != format::B) regs.set(i.rd, {value::unknown, 0, false, 0});
  }
  for (unsigned r = 1; r < 32; ++r)
    if (regs.read_first[r] && regs.written[r]) return {};
  return found;
}

} // namespace

std::optional<repetition> find_repetition(std::uint64_t address, std::span<const decoded> line) {
  if (line.empty() || line.size() > longest || !returns_to(address, line)) return {};
  if (auto poll = find_poll(line)) return poll;
  return find_copy(line);
}

} // namespace acf::cpu
