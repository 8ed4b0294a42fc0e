// Register descriptions as data: one constexpr list per block, read by models (decoding), driver (field access),
// `acf-vp regs` (documents) and tests. Freestanding C++20.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace acf::hal {

enum class access : std::uint8_t {
  ro,  // read only; writes are an access fault when the whole register is ro, else ignored in these bits
  rw,  // reads return what was written
  wo,  // write only: reading the register is an access fault
  w1c, // write one to clear
  w1s, // write one to start; reads as zero
};

struct field {
  std::string_view name;
  std::uint8_t lsb;
  std::uint8_t width;
  access mode;
  std::string_view text;

  constexpr std::uint64_t mask() const {
    return (width >= 64 ? ~std::uint64_t{0} : ((std::uint64_t{1} << width) - 1)) << lsb;
  }
};

inline constexpr std::size_t max_fields = 12;

// One register, or `count` equal registers `stride` bytes apart. `width` in bytes, 1, 2, 4 or 8: the only access size
// taken. Bits outside all fields are reserved: they read zero, and a write that sets one is an access fault. The rules
// of a block (below) can soften both. A register that is only read and one that is only written may share an offset.
struct reg {
  std::string_view name;
  std::uint32_t offset = 0;
  std::uint8_t width = 4;
  std::uint64_t reset = 0;
  std::string_view text;
  std::size_t field_count = 0;
  std::array<field, max_fields> fields{};
  std::uint32_t count = 1;
  std::uint32_t stride = 0;

  template <std::size_t n>
  constexpr reg(std::string_view register_name, std::uint32_t at, std::uint8_t bytes, std::uint64_t reset_value,
                const field (&list)[n], std::string_view description, std::uint32_t copies = 1,
                std::uint32_t distance = 0)
      : name(register_name),
        offset(at),
        width(bytes),
        reset(reset_value),
        text(description),
        field_count(n),
        count(copies),
        stride(distance) {
    static_assert(n <= max_fields);
    for (std::size_t i = 0; i < n; ++i) fields[i] = list[i];
  }

  // One field that covers the whole register.
  constexpr reg(std::string_view register_name, std::uint32_t at, std::uint8_t bytes, std::uint64_t reset_value,
                access mode, std::string_view description, std::uint32_t copies = 1, std::uint32_t distance = 0)
      : name(register_name),
        offset(at),
        width(bytes),
        reset(reset_value),
        text(description),
        field_count(1),
        count(copies),
        stride(distance) {
    fields[0] = field{"VALUE", 0, static_cast<std::uint8_t>(bytes * 8), mode, description};
  }

  // The field of that name; a name that does not exist does not compile.
  consteval field operator[](std::string_view field_name) const {
    for (std::size_t i = 0; i < field_count; ++i)
      if (fields[i].name == field_name) return fields[i];
    return missing_field();
  }

  constexpr std::uint32_t at(std::uint32_t index) const { return offset + index * stride; }

  constexpr std::uint64_t mask(access mode) const {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < field_count; ++i)
      if (fields[i].mode == mode) bits |= fields[i].mask();
    return bits;
  }
  constexpr std::uint64_t implemented() const {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < field_count; ++i) bits |= fields[i].mask();
    return bits;
  }
  constexpr bool readable() const { return (implemented() & ~mask(access::wo)) != 0; }
  constexpr bool writable() const { return (implemented() & ~mask(access::ro)) != 0; }

private:
  static field missing_field(); // not constexpr and not defined: reaching it stops compilation
};

// Value of a field inside a register value, and a register value with a field replaced.
constexpr std::uint64_t get(std::uint64_t value, const field& f) { return (value & f.mask()) >> f.lsb; }
constexpr std::uint64_t put(std::uint64_t value, const field& f, std::uint64_t part) {
  return (value & ~f.mask()) | ((part << f.lsb) & f.mask());
}
constexpr bool test(std::uint64_t value, const field& f) { return get(value, f) != 0; }

// Where the data sheet of an existing chip is more liberal than our own blocks are.
struct block_rules {
  bool reserved_ignored = false; // writes to reserved bits are ignored, no access fault
  bool halves = false;           // a register is also accessible as two halves
};

struct register_block {
  std::string_view name;
  std::uint64_t size; // bytes of the window
  const reg* first;
  std::size_t count;
  std::string_view text;
  block_rules rules{};

  constexpr const reg* begin() const { return first; }
  constexpr const reg* end() const { return first + count; }
};

template <std::size_t n>
constexpr register_block make_block(std::string_view name, std::uint64_t size, const reg (&list)[n],
                                    std::string_view text, block_rules rules = {}) {
  return {name, size, list, n, text, rules};
}

} // namespace acf::hal
