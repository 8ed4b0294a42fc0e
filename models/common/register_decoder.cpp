#include "models/common/register_decoder.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

namespace acf::common {
namespace {

[[noreturn]] void contradiction(const hal::register_block& block, const hal::reg& r, const std::string& what) {
  throw std::logic_error(std::string(block.name) + "." + std::string(r.name) + ": " + what);
}

std::uint64_t all_bits(const hal::reg& r) { return hal::field{{}, 0, std::uint8_t(8 * r.width), {}, {}}.mask(); }

} // namespace

register_decoder::register_decoder(const hal::register_block& block) : described(block), granule(8), granule_shift(0) {
  for (const auto& r : block) granule = std::min<std::uint32_t>(granule, r.width);
  granule_shift = static_cast<unsigned>(std::countr_zero(granule));
  const auto page_entries = page_bytes / granule;
  pages.assign((block.size + page_bytes - 1) / page_bytes, 0);
  entries.resize(page_entries);
  for (std::size_t slot = 0; slot < block.count; ++slot) {
    check(at(static_cast<std::uint16_t>(slot)));
    enter(static_cast<std::uint16_t>(slot));
  }
}

void register_decoder::check(const hal::reg& r) const {
  if (r.width != 1 && r.width != 2 && r.width != 4 && r.width != 8)
    contradiction(described, r, "width must be 1, 2, 4 or 8 bytes");
  if (r.count == 0) contradiction(described, r, "count must not be 0");
  if (r.count > 1 && r.stride < r.width) contradiction(described, r, "stride is less than the width");
  if (r.offset % r.width != 0 || (r.count > 1 && r.stride % r.width != 0))
    contradiction(described, r, "offset and stride must be multiples of the width");
  if (r.offset + std::uint64_t{r.count - 1} * r.stride + r.width > described.size)
    contradiction(described, r, "lies outside the block's window");
  std::uint64_t taken = 0;
  for (std::size_t i = 0; i < r.field_count; ++i) {
    const auto& f = r.fields[i];
    const auto name = "field " + std::string(f.name);
    if (f.width == 0 || f.lsb + f.width > 8 * r.width) contradiction(described, r, name + " lies outside the register");
    if ((taken & f.mask()) != 0) contradiction(described, r, name + " overlaps another field");
    taken |= f.mask();
  }
  if ((r.reset & ~(r.implemented() & all_bits(r))) != 0) contradiction(described, r, "reset value sets reserved bits");
}

void register_decoder::enter(std::uint16_t slot) {
  const auto& r = at(slot);
  for (std::uint32_t index = 0; index < r.count; ++index)
    for (std::uint32_t byte = 0; byte < r.width; byte += granule) enter(slot, index, make_entry(r.at(index) + byte));
}

void register_decoder::enter(std::uint16_t slot, std::uint32_t index, entry& e) {
  const auto& r = at(slot);
  const auto claim = [&](place& p) {
    if (p.there()) contradiction(described, r, "overlaps " + std::string(at(p.slot).name));
    p = {slot, index};
  };
  if (r.readable()) claim(e.read);
  if (r.writable()) claim(e.write);
}

register_decoder::entry& register_decoder::make_entry(std::uint64_t offset) {
  auto& page = pages[offset / page_bytes];
  if (page == 0) {
    page = static_cast<std::uint32_t>(entries.size());
    entries.resize(entries.size() + page_bytes / granule);
  }
  return entries[page + ((offset % page_bytes) >> granule_shift)];
}

std::uint16_t register_decoder::slot_of(const hal::reg& r) const {
  const auto& e = find(r.offset);
  for (const auto& p : {e.read, e.write})
    if (p.there() && at(p.slot).name == r.name) return p.slot;
  contradiction(described, r, "is no register of this block");
}

} // namespace acf::common
