#include "platform/soc/register_values.hpp"

#include "platform/registers_document/document.hpp"

#include <fmt/format.h>

namespace acf::platform {

namespace {

// Large arrays (routing tables) are shown as far as someone would read.
constexpr std::uint32_t most_elements = 32;

std::string line(cpu::cpu_core& by, const std::string& name, std::uint64_t address, const hal::reg& r) {
  if (read_mask(r) == 0) return fmt::format("  {:<28} write-only\n", name);
  std::uint64_t value = 0;
  if (by.peek(address, &value, r.width) != r.width) return fmt::format("  {:<28} cannot be read\n", name);
  std::string text = fmt::format("  {:<28} {:#0{}x}", name, value, 2 + 2 * r.width);
  for (std::size_t i = 0; i < r.field_count && r.field_count > 1; ++i)
    text += fmt::format("  {}={:#x}", r.fields[i].name, hal::get(value, r.fields[i]));
  return text + "\n";
}

} // namespace

std::string registers_now(cpu::cpu_core& by, const config& c, const std::string& block) {
  const auto map = register_map(c);
  const auto chosen = select_blocks(map, block);
  if (const auto* wrong = std::get_if<std::string>(&chosen)) return *wrong + "\n";
  std::string text;
  for (const auto& b : std::get<register_blocks>(chosen))
    for (std::uint32_t i = 0; i < b.count; ++i) {
      text += b.name_of(i) + "\n";
      for (const hal::reg& r : *b.block) {
        const auto count = b.count_of(r);
        for (std::uint32_t n = 0; n < std::min(count, most_elements); ++n)
          text += line(by, count == 1 ? std::string(r.name) : fmt::format("{}[{}]", r.name, n),
                       b.base_of(i) + r.offset + n * r.stride, r);
        if (count > most_elements) text += fmt::format("  {}[{}...{}]\n", r.name, most_elements, count - 1);
      }
    }
  return text;
}

} // namespace acf::platform
