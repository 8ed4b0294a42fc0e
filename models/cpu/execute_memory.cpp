// Loads, stores and atomics, of integer and floating-point registers.
#include "models/cpu/execute.hpp"
#include <algorithm>

namespace acf::cpu {
namespace {

using namespace encode;
using u64 = std::uint64_t;
using s64 = std::int64_t;

// Where a value goes to or comes from: T says how wide it is and how it is extended.
template <class T>
struct integer_register {
  using type = T;
  static u64 get(const hart& h, unsigned r) { return h.x[r]; }
  static void set(hart& h, unsigned r, T v) { h.x[r] = static_cast<u64>(static_cast<s64>(v)); }
};
template <class T>
struct float_register {
  using type = T;
  static u64 get(const hart& h, unsigned r) { return h.f[r]; }
  static void set(hart& h, unsigned r, T v) {
    h.f[r] = sizeof(T) == 4 ? u64{v} | 0xffffffff00000000u : u64{v};
    h.float_used();
  }
};

template <class Register>
[[gnu::noinline]] flow load_slow(hart& h, insn* i, s64 left) {
  using T = typename Register::type;
  const hart::access a = h.read_slow(i, h.x[i->rs1] + static_cast<u64>(i->imm), sizeof(T), left);
  if (h.outcome == hart::after::trapped) return nullptr;
  Register::set(h, i->rd, static_cast<T>(a.value));
  if (h.outcome == hart::after::leave) return h.leave(i + 1, a.left);
  return next(h, i, a.left);
}
template <class Register>
flow run_load(hart& h, insn* i, s64 left) {
  using T = typename Register::type;
  const std::byte* p = h.readable<T>(h.x[i->rs1] + static_cast<u64>(i->imm));
  if (!p) [[unlikely]]
    return load_slow<Register>(h, i, left);
  T value;
  std::memcpy(&value, p, sizeof value);
  Register::set(h, i->rd, value);
  return next(h, i, left);
}

template <class Register>
[[gnu::noinline]] flow store_slow(hart& h, insn* i, s64 left) {
  const u64 address = h.x[i->rs1] + static_cast<u64>(i->imm);
  left = h.write_slow(i, address, Register::get(h, i->rs2), sizeof(typename Register::type), left);
  if (h.outcome == hart::after::trapped) return nullptr;
  if constexpr (std::is_same_v<Register, float_register<typename Register::type>>) ++h.float_instret;
  if (h.outcome == hart::after::leave) return h.leave(i + 1, left);
  return next(h, i, left);
}
template <class Register>
flow run_store(hart& h, insn* i, s64 left) {
  using T = typename Register::type;
  std::byte* p = h.writable<T>(h.x[i->rs1] + static_cast<u64>(i->imm));
  if (!p) [[unlikely]]
    return store_slow<Register>(h, i, left);
  const T value = static_cast<T>(Register::get(h, i->rs2));
  std::memcpy(p, &value, sizeof value);
  if constexpr (std::is_same_v<Register, float_register<T>>) ++h.float_instret;
  return next(h, i, left);
}

template <class T>
constexpr opcode load(std::string_view name, unsigned f3) {
  const encoding e = I(0x03, f3, format::load);
  return {name, e.match, e.mask, e.shape, cost::load, plain, &run_load<integer_register<T>>};
}
template <class T>
constexpr opcode store(std::string_view name, unsigned f3) {
  const encoding e = S(f3);
  return {name, e.match, e.mask, e.shape, cost::store, plain, &run_store<integer_register<T>>};
}
template <class T>
constexpr opcode float_load(std::string_view name, unsigned f3) {
  const encoding e = I(0x07, f3, format::float_load);
  return {name, e.match, e.mask, e.shape, cost::load, uses_float, &run_load<float_register<T>>};
}
template <class T>
constexpr opcode float_store(std::string_view name, unsigned f3) {
  const encoding e = {0x27 | f3 << 12, 0x707f, format::float_store};
  return {name, e.match, e.mask, e.shape, cost::store, uses_float, &run_store<float_register<T>>};
}

// Atomics need memory. Harts and fabric interleave between slices only, so that a read and a write in a row are atomic.
template <class T>
void write(std::byte* p, T value) {
  std::memcpy(p, &value, sizeof value);
}
template <class T>
T read(const std::byte* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}
template <class T>
u64 extended(u64 v) {
  return static_cast<u64>(static_cast<s64>(static_cast<T>(v)));
}
flow finish(hart& h, insn* i, s64 left) {
  if (h.outcome == hart::after::leave) return h.leave(i + 1, left);
  return next(h, i, left);
}

template <class T>
flow run_lr(hart& h, insn* i, s64 left) {
  const u64 address = h.x[i->rs1];
  const auto nothing = [](u64) -> std::optional<u64> { return {}; };
  const hart::access a = h.atomic_slow(i, address, sizeof(T), false, nothing, left);
  if (h.outcome == hart::after::trapped) return nullptr;
  h.reservation = {true, address, h.reservation.physical, extended<T>(a.value)};
  h.x[i->rd] = h.reservation.value;
  return finish(h, i, a.left);
}
// Succeeds if the reservation stands and memory still holds the value that lr saw; a failing sc still needs a writable
// address.
template <class T>
flow run_sc(hart& h, insn* i, s64 left) {
  const u64 address = h.x[i->rs1];
  bool held = false;
  const auto store = [&](u64 old) -> std::optional<u64> {
    held = h.reserved(address) && h.reservation.value == extended<T>(old);
    if (!held) return {};
    return h.x[i->rs2];
  };
  const hart::access a = h.atomic_slow(i, address, sizeof(T), true, store, left);
  if (h.outcome == hart::after::trapped) return nullptr;
  h.reservation.valid = false;
  if (!held) ++h.performed[event::failed_sc];
  h.x[i->rd] = !held;
  return finish(h, i, a.left);
}
template <class T, class F>
[[gnu::noinline]] flow amo_slow(hart& h, insn* i, s64 left) {
  const auto change = [&](u64 old) -> std::optional<u64> {
    return static_cast<u64>(F{}(static_cast<T>(old), static_cast<T>(h.x[i->rs2])));
  };
  const hart::access a = h.atomic_slow(i, h.x[i->rs1], sizeof(T), true, change, left);
  if (h.outcome == hart::after::trapped) return nullptr;
  h.x[i->rd] = extended<T>(a.value);
  return finish(h, i, a.left);
}
template <class T, class F>
flow run_amo(hart& h, insn* i, s64 left) {
  std::byte* p = h.writable<T>(h.x[i->rs1]);
  if (!p) [[unlikely]]
    return amo_slow<T, F>(h, i, left);
  const T old = read<T>(p);
  write(p, static_cast<T>(F{}(old, static_cast<T>(h.x[i->rs2]))));
  h.x[i->rd] = static_cast<u64>(static_cast<s64>(old));
  return next(h, i, left);
}

// Zicbom and Zicboz, as far as menvcfg and senvcfg let less privileged modes have them.
enum class block_operation { invalidate, clean, flush, zero };
template <block_operation What>
flow run_cache_block(hart& h, insn* i, s64 left) {
  const u64 field = What == block_operation::zero         ? environment::cbze
                    : What == block_operation::invalidate ? environment::cbie
                                                          : environment::cbcfe;
  const bool by_machine = h.mode == privilege::machine || (h.menvcfg & field) != 0;
  const bool by_supervisor = h.mode != privilege::user || (h.senvcfg & field) != 0;
  if (!by_machine || !by_supervisor) return h.illegal(i, left);
  left = h.cache_block(i, h.x[i->rs1], What == block_operation::zero, left);
  if (h.outcome == hart::after::trapped) return nullptr;
  return finish(h, i, left);
}
template <block_operation What>
constexpr opcode cache_block(std::string_view name, unsigned imm12) {
  return {name,  0x200fu | imm12 << 20, 0xfff07fff, format::cache_block, cost::cache_block,
          plain, &run_cache_block<What>};
}

template <class T>
constexpr unsigned width = sizeof(T) == 4 ? 2 : 3;
template <class T, class F>
constexpr opcode amo(std::string_view name, unsigned f5, F) {
  const encoding e = atomic(width<T>, f5);
  return {name, e.match, e.mask, e.shape, cost::atomic, plain, &run_amo<T, F>};
}
template <class T>
constexpr opcode lr(std::string_view name) {
  return {name, 0x1000202f | (width<T> & 1) << 12, 0xf9f0707f, format::load_reserved, cost::atomic, plain, &run_lr<T>};
}
template <class T>
constexpr opcode sc(std::string_view name) {
  const encoding e = atomic(width<T>, 0x03);
  return {name, e.match, e.mask, e.shape, cost::atomic, plain, &run_sc<T>};
}

using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;
using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;

constexpr opcode table[] = {
    load<i8>("lb", 0),
    load<i16>("lh", 1),
    load<i32>("lw", 2),
    load<i64>("ld", 3),
    load<u8>("lbu", 4),
    load<u16>("lhu", 5),
    load<u32>("lwu", 6),
    store<u8>("sb", 0),
    store<u16>("sh", 1),
    store<u32>("sw", 2),
    store<u64>("sd", 3),
    float_load<u32>("flw", 2),
    float_load<u64>("fld", 3),
    float_store<u32>("fsw", 2),
    float_store<u64>("fsd", 3),

    cache_block<block_operation::invalidate>("cbo.inval", 0),
    cache_block<block_operation::clean>("cbo.clean", 1),
    cache_block<block_operation::flush>("cbo.flush", 2),
    cache_block<block_operation::zero>("cbo.zero", 4),

    lr<i32>("lr.w"),
    lr<i64>("lr.d"),
    sc<i32>("sc.w"),
    sc<i64>("sc.d"),
    amo<i32>("amoswap.w", 0x01, [](i32, i32 b) { return b; }),
    amo<i32>("amoadd.w", 0x00, [](i32 a, i32 b) { return u32(a) + u32(b); }),
    amo<i32>("amoxor.w", 0x04, [](i32 a, i32 b) { return a ^ b; }),
    amo<i32>("amoand.w", 0x0c, [](i32 a, i32 b) { return a & b; }),
    amo<i32>("amoor.w", 0x08, [](i32 a, i32 b) { return a | b; }),
    amo<i32>("amomin.w", 0x10, [](i32 a, i32 b) { return std::min(a, b); }),
    amo<i32>("amomax.w", 0x14, [](i32 a, i32 b) { return std::max(a, b); }),
    amo<i32>("amominu.w", 0x18, [](i32 a, i32 b) { return std::min(u32(a), u32(b)); }),
    amo<i32>("amomaxu.w", 0x1c, [](i32 a, i32 b) { return std::max(u32(a), u32(b)); }),
    amo<i64>("amoswap.d", 0x01, [](i64, i64 b) { return b; }),
    amo<i64>("amoadd.d", 0x00, [](i64 a, i64 b) { return u64(a) + u64(b); }),
    amo<i64>("amoxor.d", 0x04, [](i64 a, i64 b) { return a ^ b; }),
    amo<i64>("amoand.d", 0x0c, [](i64 a, i64 b) { return a & b; }),
    amo<i64>("amoor.d", 0x08, [](i64 a, i64 b) { return a | b; }),
    amo<i64>("amomin.d", 0x10, [](i64 a, i64 b) { return std::min(a, b); }),
    amo<i64>("amomax.d", 0x14, [](i64 a, i64 b) { return std::max(a, b); }),
    amo<i64>("amominu.d", 0x18, [](i64 a, i64 b) { return std::min(u64(a), u64(b)); }),
    amo<i64>("amomaxu.d", 0x1c, [](i64 a, i64 b) { return std::max(u64(a), u64(b)); }),
};

} // namespace

std::span<const opcode> memory_opcodes() { return table; }

} // namespace acf::cpu
