// The registers of one instance of a block: what an access does according to the register description, and what the
// owner wants to happen besides. Plain C++; register_socket.hpp connects banks to a TLM bus.
//
//   register_bank regs{hal::watchdog::block};
//   regs.computed(hal::watchdog::count, [this] { return clocks_left(); });       // value on reading, no side effect
//   regs.on_read(hal::plic::claim, [this](std::uint32_t context) { ... });       // besides, after the value was taken
//   regs.on_write(hal::watchdog::kick, [this](std::uint64_t key) { ... });       // besides, after the rules were
//   applied
//
// Callbacks take (index, value), (value) or nothing; those without a value (index) or nothing. One of on_write may
// return an access_result to refuse.
#pragma once

#include <concepts>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "models/common/register_decoder.hpp"

namespace acf::common {

enum class access_result : std::uint8_t {
  ok,
  unmapped,      // no register there
  wrong_size,    // not the width of the register, or misaligned
  read_only,     // write of a register without a writable bit
  write_only,    // read of a register without a readable bit
  reserved_bits, // write that sets a reserved bit
  refused,       // the block's own rule, see its description
};

class register_bank;

struct register_access {
  const register_bank& bank;
  const hal::reg* target; // null if unmapped
  std::uint32_t index;
  std::uint64_t offset; // in the block
  unsigned size;        // bytes
  bool write;
  std::uint64_t value; // written, or read; 0 if a read failed
  access_result result;
};

std::string name(const register_access&);    // "TILE(2,1).RING_BASE[3]", or "TILE(2,1)+0x44" if unmapped
std::string explain(const register_access&); // "write of 0x4 to TILE.STATUS sets reserved bits 0x4"

// Sees every access except debug ones, refused ones included, after it has taken effect.
class register_observer {
public:
  virtual ~register_observer() = default;
  virtual void on_register_access(const register_access&) = 0;
};

// What can stand behind an address range of a bus: a bank, or several.
class register_target {
public:
  virtual ~register_target() = default;
  // One access of 1 to 8 bytes.
  virtual access_result read(std::uint64_t offset, unsigned size, std::uint64_t& value) = 0;
  virtual access_result write(std::uint64_t offset, unsigned size, std::uint64_t value) = 0;
  // Debug access without side effects, of any alignment and length: bytes that are there, up to the first hole.
  virtual std::size_t peek(std::uint64_t offset, std::span<std::uint8_t> bytes) const = 0;
  virtual std::size_t poke(std::uint64_t offset, std::span<const std::uint8_t> bytes) = 0;
};

class register_bank final : public register_target {
public:
  using get_function = std::function<std::uint64_t(std::uint32_t index)>;
  using set_function = std::function<void(std::uint32_t index, std::uint64_t value)>;
  using read_function = std::function<void(std::uint32_t index)>;
  using write_function = std::function<access_result(std::uint32_t index, std::uint64_t value)>;

  // Many instances of a block share one decoder. The instance's name appears in traces; default: the block's.
  explicit register_bank(const hal::register_block& block, std::string instance = {});
  explicit register_bank(shared_decoder decoder, std::string instance = {});

  const hal::register_block& block() const { return decoder->block(); }
  const std::string& instance() const { return name; }
  void observe(register_observer* who) { observer = who; }

  // ---- what the owner says once, in its constructor
  // The register's value comes from elsewhere. `get` must have no side effect: debuggers call it.
  template <class F>
  void computed(const hal::reg& r, F get) {
    behaviour(r).get = with_index<get_function>(std::move(get));
  }
  // The register's value is kept elsewhere. `set` receives the value that the access rules have made.
  template <class G, class S>
  void external(const hal::reg& r, G get, S set) {
    behaviour(r).get = with_index<get_function>(std::move(get));
    behaviour(r).set = with_index_and_value<set_function>(std::move(set));
  }
  template <class F>
  void on_read(const hal::reg& r, F what) {
    behaviour(r).read = with_index<read_function>(std::move(what));
  }
  // Receives the bits as written, cut to the writable ones.
  template <class F>
  void on_write(const hal::reg& r, F what) {
    behaviour(r).write = with_index_and_value<write_function>(std::move(what));
  }
  // Only the first `count` elements of an array are there in this instance.
  void limit(const hal::reg& r, std::uint32_t count) { behaviour(r).count = count; }
  // Reset value of this instance, e.g. of an identification register.
  void preset(const hal::reg& r, std::uint64_t value, std::uint32_t index = 0);

  // ---- the owner's side of the registers: no access rules, no callbacks
  std::uint64_t get(const hal::reg& r, std::uint32_t index = 0) const;
  std::uint64_t get(const hal::reg& r, const hal::field& f, std::uint32_t index = 0) const;
  void set(const hal::reg& r, std::uint64_t value, std::uint32_t index = 0);
  void set(const hal::reg& r, const hal::field& f, std::uint64_t part, std::uint32_t index = 0);
  void reset(); // what is kept here; computed and external values are the owner's to reset

  // ---- the bus side
  access_result read(std::uint64_t offset, unsigned size, std::uint64_t& value) override;
  access_result write(std::uint64_t offset, unsigned size, std::uint64_t value) override;
  std::size_t peek(std::uint64_t offset, std::span<std::uint8_t> bytes) const override;
  std::size_t poke(std::uint64_t offset, std::span<const std::uint8_t> bytes) override;

private:
  // One register: masks from its description, storage (empty: every element has its reset value), callbacks.
  struct slot {
    std::uint64_t read_mask, implemented, rw, w1c, w1s, wo;
    std::uint32_t count;
    std::vector<std::uint64_t> values, presets;
    get_function get;
    set_function set;
    read_function read;
    write_function write;
  };
  struct target {
    access_result result;
    std::uint16_t slot = register_decoder::none;
    std::uint32_t index = 0;
    unsigned shift = 0; // of a half, bits
  };

  slot& behaviour(const hal::reg& r) { return slots[decoder->slot_of(r)]; }
  target resolve(std::uint64_t offset, unsigned size, bool write) const;
  access_result do_write(const target& t, unsigned size, std::uint64_t value);
  std::uint64_t value_of(std::uint16_t s, std::uint32_t index) const;
  std::uint64_t reset_of(std::uint16_t s, std::uint32_t index) const;
  void keep(std::uint16_t s, std::uint32_t index, std::uint64_t value);
  void tell(const target& t, std::uint64_t offset, unsigned size, bool write, std::uint64_t value);

  template <class R, class F>
  static R with_index(F f) {
    if constexpr (std::invocable<F&, std::uint32_t>)
      return R(std::move(f));
    else
      return R([f = std::move(f)](std::uint32_t) mutable { return f(); });
  }
  template <class R, class F>
  static R with_index_and_value(F f) {
    return R([f = std::move(f)](std::uint32_t index, std::uint64_t value) mutable -> typename R::result_type {
      const auto call = [&] {
        if constexpr (std::invocable<F&, std::uint32_t, std::uint64_t>)
          return f(index, value);
        else if constexpr (std::invocable<F&, std::uint64_t>)
          return f(value);
        else
          return f();
      };
      if constexpr (!std::is_void_v<decltype(call())> || std::is_void_v<typename R::result_type>)
        return call();
      else
        return call(), access_result::ok;
    });
  }

  shared_decoder decoder;
  std::string name;
  std::vector<slot> slots;
  register_observer* observer = nullptr;
};

} // namespace acf::common
