#include "platform/registers_document/document.hpp"

#include "sw_stack/hal/tile_registers.hpp"
#include "sw_stack/hal/value_names.hpp"

#include <fmt/format.h>

namespace acf::platform {
namespace {

std::string cell(std::string_view text) { // a bar would end the cell
  std::string out;
  for (const char ch : text) out += ch == '|' ? std::string{"\\|"} : std::string{ch};
  return out;
}

std::string place_of(const block_instances& b) {
  if (b.count == 1) return fmt::format("0x{:08x}", b.base);
  return fmt::format("0x{:08x} + 0x{:x} i, i = y * {} + x, {} instances", b.base, b.stride, b.columns, b.count);
}

std::string elements(const block_instances& b, const hal::reg& r) {
  return b.count_of(r) > 1 ? fmt::format("[{}]", b.count_of(r)) : "";
}

std::string rules_of(const hal::register_block& block) {
  std::string out;
  if (block.rules.reserved_ignored) out += " Writes to reserved bits are ignored.";
  if (block.rules.halves) out += " Registers can also be accessed as two halves.";
  return out;
}

void add_register(std::string& out, const config& c, const block_instances& b, const hal::reg& r) {
  const auto reset = reset_of_all(c, b, r);
  const std::string array = elements(b, r);
  const std::string offset =
      b.count_of(r) > 1 ? fmt::format("0x{:04x} + 0x{:x} i", r.offset, r.stride) : fmt::format("0x{:04x}", r.offset);
  out += fmt::format("\n### {}.{}{}\n\n{} Offset {}, {} bytes, {}, reset {}.\n\n", b.block->name, r.name, array, r.text,
                     offset, r.width, access_of(r), reset ? fmt::format("0x{:x}", *reset) : "differs");
  out += "| bits | field | access | reset | |\n|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < r.field_count; ++i) {
    const hal::field& f = r.fields[i];
    const std::string bits = f.width == 1 ? fmt::format("{}", f.lsb) : fmt::format("{}:{}", f.lsb + f.width - 1, f.lsb);
    out += fmt::format("| {} | {} | {} | {} | {} |\n", bits, f.name, name_of(f.mode),
                       reset ? fmt::format("0x{:x}", hal::get(*reset, f)) : "differs", cell(f.text));
  }
}

std::string errors_of_tiles() {
  std::string out = "\n## Errors of a tile\n\n| ERROR_CAUSE | | what happened | ERROR_ADDRESS |\n|---|---|---|---|\n";
  for (const auto& e : hal::tile::error_meanings) {
    const auto number = static_cast<std::uint32_t>(e.cause);
    out += fmt::format("| {} | {} | {} | {} |\n", number, hal::value_name(hal::tile::error_cause.text, number),
                       cell(e.what), cell(e.address));
  }
  return out;
}

} // namespace

std::string registers_markdown(const config& c, const register_blocks& blocks) {
  std::string out =
      "# Registers\n\n"
      "Reset values are those of the chip described. Access: `ro` read only, `rw` read and write, `wo` "
      "write only (reading the register is an access fault), `w1c` write one to clear, `w1s` write one to "
      "start, reads as zero. A register is accessed as a whole. Bits outside all fields are reserved: they "
      "read as zero, and setting one is an access fault, or is ignored where the block says so.\n\n"
      "| block | where | |\n|---|---|---|\n";
  for (const block_instances& b : blocks)
    out += fmt::format("| {} | {} | {} |\n", b.block->name, place_of(b), cell(b.block->text));
  for (const block_instances& b : blocks) {
    out += fmt::format("\n## {}\n\n{} At {}.{}\n\n| offset | register | access | reset | |\n|---|---|---|---|---|\n",
                       b.block->name, b.block->text, place_of(b), rules_of(*b.block));
    for (const hal::reg& r : *b.block) {
      const auto reset = reset_of_all(c, b, r);
      out += fmt::format("| 0x{:04x} | {}{} | {} | {} | {} |\n", r.offset, r.name, elements(b, r), access_of(r),
                         reset ? fmt::format("0x{:x}", *reset) : "differs", cell(r.text));
    }
    for (const hal::reg& r : *b.block) add_register(out, c, b, r);
  }
  return out + errors_of_tiles();
}

} // namespace acf::platform
