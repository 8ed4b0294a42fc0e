#include "platform/registers_document/document.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char ch : text) {
    if (ch == '<')
      out += "&lt;";
    else if (ch == '>')
      out += "&gt;";
    else if (ch == '&')
      out += "&amp;";
    else
      out += ch;
  }
  return out;
}

std::string element(int depth, std::string_view name, std::string_view text) {
  return fmt::format("{:{}}<{}>{}</{}>\n", "", 2 * depth, name, escaped(text), name);
}
std::string hex(std::uint64_t value) { return fmt::format("0x{:X}", value); }

// What SVD can say about an access mode.
struct svd_access {
  std::string_view access, modified_write;
};
svd_access svd_of(hal::access a) {
  switch (a) {
  case hal::access::ro: return {"read-only", ""};
  case hal::access::rw: return {"read-write", ""};
  case hal::access::wo: return {"write-only", ""};
  case hal::access::w1c: return {"read-write", "oneToClear"};
  case hal::access::w1s: return {"read-write", "oneToSet"};
  }
  return {};
}

std::string field_svd(const hal::field& f) {
  const svd_access a = svd_of(f.mode);
  std::string out = "            <field>\n" + element(7, "name", f.name);
  out += element(7, "description", f.text.empty() ? f.name : f.text);
  out += element(7, "bitOffset", std::to_string(f.lsb)) + element(7, "bitWidth", std::to_string(f.width));
  out += element(7, "access", a.access);
  if (!a.modified_write.empty()) out += element(7, "modifiedWriteValues", a.modified_write);
  return out + "            </field>\n";
}

// Registers that share an address (one read, one written) are alternatives of each other.
std::string alternate_of(const hal::register_block& block, const hal::reg& r) {
  for (const hal::reg& other : block) {
    if (other.name == r.name) break;
    if (other.offset == r.offset) return std::string{other.name};
  }
  return {};
}

std::string register_svd(const config& c, const block_instances& b, const hal::reg& r, std::uint32_t instance) {
  const auto reset = reset_of(c, b, instance, r);
  std::string out = "        <register>\n";
  const std::uint32_t count = b.count_of(r);
  if (count > 1) out += element(5, "dim", std::to_string(count)) + element(5, "dimIncrement", hex(r.stride));
  // an array in the sense of SVD has no gaps; others are a numbered list
  const std::string number = count == 1 ? "" : r.stride == r.width ? "[%s]" : "%s";
  out += element(5, "name", std::string{r.name} + number);
  out += element(5, "description", r.text);
  if (const std::string other = alternate_of(*b.block, r); !other.empty())
    out += element(5, "alternateRegister", other);
  out += element(5, "addressOffset", hex(r.offset)) + element(5, "size", std::to_string(r.width * 8));
  out += element(5, "access", !r.writable() ? "read-only" : r.readable() ? "read-write" : "write-only");
  out += element(5, "resetValue", hex(reset.value_or(0)));
  out += element(5, "resetMask", hex(reset ? r.implemented() : 0));
  out += "          <fields>\n";
  for (std::size_t i = 0; i < r.field_count; ++i) out += field_svd(r.fields[i]);
  return out + "          </fields>\n        </register>\n";
}

std::string peripheral_name(const block_instances& b, std::uint32_t instance) {
  if (b.columns == 0) return std::string{b.block->name};
  const std::uint32_t number = b.first + instance;
  return fmt::format("{}_{}_{}", b.block->name, number % b.columns, number / b.columns);
}

std::string first_peripheral(const config& c, const block_instances& b) {
  std::string out = "    <peripheral>\n" + element(3, "name", peripheral_name(b, 0));
  out += element(3, "description", b.block->text) + element(3, "groupName", b.block->name);
  out += element(3, "baseAddress", hex(b.base));
  out += "      <addressBlock>\n" + element(4, "offset", "0x0") + element(4, "size", hex(b.block->size)) +
         element(4, "usage", "registers") + "      </addressBlock>\n      <registers>\n";
  for (const hal::reg& r : *b.block) out += register_svd(c, b, r, 0);
  return out + "      </registers>\n    </peripheral>\n";
}

// Further instances repeat only the registers whose reset value is their own.
std::string derived_peripheral(const config& c, const block_instances& b, std::uint32_t instance) {
  std::string own;
  for (const hal::reg& r : *b.block)
    if (reset_of(c, b, instance, r) != reset_of(c, b, 0, r)) own += register_svd(c, b, r, instance);
  std::string out = fmt::format("    <peripheral derivedFrom=\"{}\">\n", peripheral_name(b, 0));
  out += element(3, "name", peripheral_name(b, instance)) + element(3, "baseAddress", hex(b.base_of(instance)));
  if (!own.empty()) out += "      <registers>\n" + own + "      </registers>\n";
  return out + "    </peripheral>\n";
}

} // namespace

std::string registers_svd(const config& c, const register_blocks& blocks) {
  std::string out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                    "<device schemaVersion=\"1.3\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema-instance\" "
                    "xs:noNamespaceSchemaLocation=\"CMSIS-SVD.xsd\">\n";
  out += element(1, "name", "ACF_1") + element(1, "version", "1.0");
  out += element(1, "description", "Adaptive Compute Fabric: a system-on-chip that trains sparse neural networks");
  out += element(1, "addressUnitBits", "8") + element(1, "width", "64");
  out += element(1, "size", "32") + element(1, "resetValue", "0x0") + element(1, "resetMask", "0xFFFFFFFFFFFFFFFF");
  out += "  <peripherals>\n";
  for (const block_instances& b : blocks) {
    out += first_peripheral(c, b);
    for (std::uint32_t i = 1; i < b.count; ++i) out += derived_peripheral(c, b, i);
  }
  return out + "  </peripherals>\n</device>\n";
}

} // namespace acf::platform
