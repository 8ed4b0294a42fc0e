#include "platform/registers_document/command_definitions.hpp"
#include "platform/registers_document/document.hpp"

#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/peripherals.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <stdexcept>

namespace acf::platform {
namespace {

constexpr std::string_view preamble =
    R"(/* Registers and commands of the Adaptive Compute Fabric, made by `acf-vp regs --format header`. */
#ifndef ACF_REGISTERS_H
#define ACF_REGISTERS_H

/* Defines also serve the assembler. Addresses: ACF_BLOCK_BASE + instance * ACF_BLOCK_INSTANCE_STRIDE + ACF_BLOCK_REGISTER
   + element * ACF_BLOCK_REGISTER_STRIDE. */
#ifndef __ASSEMBLER__
#include <stdint.h>

/* A register of the first instance of its block. Masks tell what each bit does:
   read_mask   reads show it (read only, read and write, write one to clear)
   write_mask  keeps what is written      w1c_mask  writing one clears it
   w1s_mask    writing one starts something; reads as zero
   wo_mask     is write only; a register with no other bits cannot be read
   A bit in no mask is reserved: it reads as zero. A register with neither write_mask, w1c_mask, w1s_mask nor wo_mask
   cannot be written. reset_mask marks the bits for which `reset` holds in every instance and array element. */
struct acf_register {
  const char *name;
  uint64_t address;
  uint32_t width; /* bytes; the only size of access */
  uint32_t count; /* of equal registers ... */
  uint32_t stride; /* ... so many bytes apart */
  uint64_t reset, reset_mask;
  uint64_t read_mask, write_mask, w1c_mask, w1s_mask, wo_mask;
};

/* `instances` equal blocks, `instance_stride` bytes apart. Writing a reserved bit is an access fault unless the block
   ignores such writes. */
struct acf_block {
  const char *name;
  uint64_t base;
  uint32_t instances;
  uint64_t instance_stride;
  int ignores_reserved;
  uint32_t register_count;
  const struct acf_register *registers;
};
#endif
)";

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char ch) { return std::tolower(ch); });
  return out;
}

class header {
public:
  std::string text{preamble};

  void define(const std::string& name, std::uint64_t value) { add(name, fmt::format("0x{:X}", value)); }
  void define_number(const std::string& name, std::uint64_t value) { add(name, fmt::format("{}", value)); }

  void add_register(const std::string& block, const hal::reg& r, std::uint32_t count) {
    const std::string name = block + "_" + std::string{r.name};
    define(name, r.offset);
    if (count > 1) {
      define_number(name + "_COUNT", count);
      define(name + "_STRIDE", r.stride);
    }
    for (std::size_t i = 0; i < r.field_count; ++i) {
      define_number(name + "_" + std::string{r.fields[i].name} + "_LSB", r.fields[i].lsb);
      define(name + "_" + std::string{r.fields[i].name} + "_MASK", r.fields[i].mask());
    }
  }

  void add_block(const config& c, const block_instances& b) {
    const std::string name = "ACF_" + std::string{b.block->name};
    text += fmt::format("\n/* {}: {} */\n", b.block->name, b.block->text);
    define(name + "_BASE", b.base);
    define_number(name + "_INSTANCES", b.count);
    define(name + "_INSTANCE_STRIDE", b.stride);
    for (const hal::reg& r : *b.block) add_register(name, r, b.count_of(r));

    text += fmt::format("#ifndef __ASSEMBLER__\nstatic const struct acf_register acf_{}_registers[] = {{\n",
                        lower(b.block->name));
    for (const hal::reg& r : *b.block) {
      const auto reset = reset_of_all(c, b, r);
      text += fmt::format("  {{\"{}\", 0x{:X}, {}, {}, {}, 0x{:X}, 0x{:X}, 0x{:X}, 0x{:X}, 0x{:X}, 0x{:X}, 0x{:X}}},\n",
                          r.name, b.base + r.offset, r.width, b.count_of(r), r.stride, reset.value_or(0),
                          reset ? r.implemented() : 0, read_mask(r), r.mask(hal::access::rw), r.mask(hal::access::w1c),
                          r.mask(hal::access::w1s), r.mask(hal::access::wo));
    }
    text += "};\n#endif\n";
  }

private:
  std::set<std::string> names;

  void add(const std::string& name, const std::string& value) {
    if (!names.insert(name).second) throw std::logic_error{"two registers or fields want the C name " + name};
    text += fmt::format("#define {} {}\n", name, value);
  }
};

std::string upper_case(std::string_view name) {
  std::string text{name};
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

} // namespace

std::string registers_header(const config& c, const register_blocks& blocks) {
  header h;
  for (const block_instances& b : blocks) h.add_block(c, b);
  h.text += "\n/* Interrupts at the PLIC, and memory. */\n";
  for (const auto& [name, number] : hal::interrupts) h.define_number("ACF_IRQ_" + upper_case(name), number);
  h.define("ACF_DRAM_BASE", hal::map::dram);
  h.define("ACF_DRAM_SIZE", std::uint64_t{c.dram.size_mib} << 20);
  h.define_number("ACF_BLOCKS", blocks.size());
  h.text += "#ifndef __ASSEMBLER__\nstatic const struct acf_block acf_blocks[] = {\n";
  for (const block_instances& b : blocks)
    h.text +=
        fmt::format("  {{\"{}\", 0x{:X}, {}, 0x{:X}, {}, {}, acf_{}_registers}},\n", b.block->name, b.base, b.count,
                    b.stride, int{b.block->rules.reserved_ignored}, b.block->count, lower(b.block->name));
  h.text += "};\n#endif\n" + command_definitions() + "\n#endif\n";
  return h.text;
}

} // namespace acf::platform
