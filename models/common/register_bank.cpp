#include "models/common/register_bank.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace acf::common {
namespace {

std::uint64_t low_bits(unsigned bytes) { return bytes >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * bytes) - 1; }

std::string hex(std::uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

} // namespace

register_bank::register_bank(const hal::register_block& block, std::string instance)
    : register_bank(std::make_shared<const register_decoder>(block), std::move(instance)) {}

register_bank::register_bank(shared_decoder shared, std::string instance)
    : decoder(std::move(shared)), name(instance.empty() ? std::string(block().name) : std::move(instance)) {
  using enum hal::access;
  slots.reserve(block().count);
  for (const auto& r : block())
    slots.push_back({.read_mask = r.implemented() & ~(r.mask(hal::access::wo) | r.mask(hal::access::w1s)),
                     .implemented = r.implemented(),
                     .rw = r.mask(hal::access::rw),
                     .w1c = r.mask(hal::access::w1c),
                     .w1s = r.mask(hal::access::w1s),
                     .wo = r.mask(hal::access::wo),
                     .count = r.count,
                     .values = {},
                     .presets = {},
                     .get = {},
                     .set = {},
                     .read = {},
                     .write = {}});
}

// ---- values

std::uint64_t register_bank::reset_of(std::uint16_t s, std::uint32_t index) const {
  const auto& presets = slots[s].presets;
  return presets.empty() ? decoder->at(s).reset : presets[index];
}

std::uint64_t register_bank::value_of(std::uint16_t s, std::uint32_t index) const {
  const auto& r = slots[s];
  if (r.get) return r.get(index);
  return r.values.empty() ? reset_of(s, index) : r.values[index];
}

void register_bank::keep(std::uint16_t s, std::uint32_t index, std::uint64_t value) {
  auto& r = slots[s];
  if (r.set) return r.set(index, value);
  if (r.get) return; // computed: nothing to keep
  if (r.values.empty()) {
    r.values.resize(decoder->at(s).count);
    for (std::uint32_t i = 0; i < r.values.size(); ++i) r.values[i] = reset_of(s, i);
  }
  r.values[index] = value;
}

void register_bank::preset(const hal::reg& r, std::uint64_t value, std::uint32_t index) {
  const auto s = decoder->slot_of(r);
  if (index >= r.count) throw std::logic_error(name + "." + std::string(r.name) + ": no such element");
  auto& presets = slots[s].presets;
  if (presets.empty()) presets.assign(r.count, r.reset);
  presets[index] = value;
  if (!slots[s].values.empty()) slots[s].values[index] = value;
}

std::uint64_t register_bank::get(const hal::reg& r, std::uint32_t index) const {
  return value_of(decoder->slot_of(r), index);
}
std::uint64_t register_bank::get(const hal::reg& r, const hal::field& f, std::uint32_t index) const {
  return hal::get(get(r, index), f);
}
void register_bank::set(const hal::reg& r, std::uint64_t value, std::uint32_t index) {
  keep(decoder->slot_of(r), index, value);
}
void register_bank::set(const hal::reg& r, const hal::field& f, std::uint64_t part, std::uint32_t index) {
  set(r, hal::put(get(r, index), f, part), index);
}

void register_bank::reset() {
  for (auto& r : slots) r.values.clear();
}

// ---- the access rules

register_bank::target register_bank::resolve(std::uint64_t offset, unsigned size, bool write) const {
  const auto& here = decoder->find(offset);
  const auto& wanted = write ? here.write : here.read;
  const auto& place = wanted.there() ? wanted : write ? here.read : here.write;
  if (!place.there() || place.index >= slots[place.slot].count) return {access_result::unmapped};
  target t{access_result::ok, place.slot, place.index};
  const auto& r = decoder->at(place.slot);
  const auto into = offset - r.at(place.index);
  const bool whole = size == r.width && into == 0;
  const bool half = block().rules.halves && 2 * size == r.width && into % size == 0;
  if (!whole && !half) {
    t.result = access_result::wrong_size;
  } else if (!wanted.there()) {
    t.result = write ? access_result::read_only : access_result::write_only;
  }
  t.shift = static_cast<unsigned>(8 * into);
  return t;
}

access_result register_bank::read(std::uint64_t offset, unsigned size, std::uint64_t& value) {
  const auto t = resolve(offset, size, false);
  value = 0;
  if (t.result == access_result::ok) {
    auto& r = slots[t.slot];
    value = (value_of(t.slot, t.index) & r.read_mask) >> t.shift & low_bits(size);
    if (r.read) r.read(t.index);
  }
  if (observer) tell(t, offset, size, false, value);
  return t.result;
}

access_result register_bank::write(std::uint64_t offset, unsigned size, std::uint64_t value) {
  auto t = resolve(offset, size, true);
  if (t.result == access_result::ok) t.result = do_write(t, size, value);
  if (observer) tell(t, offset, size, true, value);
  return t.result;
}

access_result register_bank::do_write(const target& t, unsigned size, std::uint64_t value) {
  auto& r = slots[t.slot];
  const auto lanes = low_bits(size) << t.shift; // bits of the register that this access touches
  auto written = (value << t.shift) & lanes;
  if ((written & ~r.implemented) != 0 && !block().rules.reserved_ignored) return access_result::reserved_bits;
  const auto old = value_of(t.slot, t.index);
  written |= old & r.rw & ~lanes;
  written &= r.rw | r.w1c | r.w1s | r.wo;

  const auto starts = r.set ? r.w1s : 0; // an external owner sees them, storage reads as zero
  const auto replaced = r.rw | r.wo | r.w1s;
  keep(t.slot, t.index, (old & ~replaced & ~(written & r.w1c)) | (written & (r.rw | r.wo | starts)));
  return r.write ? r.write(t.index, written) : access_result::ok;
}

// ---- debug access

std::size_t register_bank::peek(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto& place = decoder->find(offset + i).read;
    if (!place.there() || place.index >= slots[place.slot].count) return i;
    const auto value = value_of(place.slot, place.index) & slots[place.slot].read_mask;
    bytes[i] = static_cast<std::uint8_t>(value >> 8 * (offset + i - decoder->at(place.slot).at(place.index)));
  }
  return bytes.size();
}

std::size_t register_bank::poke(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto& place = decoder->find(offset + i).write;
    if (!place.there() || place.index >= slots[place.slot].count) return i;
    const auto shift = 8 * (offset + i - decoder->at(place.slot).at(place.index));
    const auto changed = std::uint64_t{0xFF} << shift & slots[place.slot].rw;
    const auto old = value_of(place.slot, place.index);
    keep(place.slot, place.index, (old & ~changed) | (std::uint64_t{bytes[i]} << shift & changed));
  }
  return bytes.size();
}

// ---- in words

void register_bank::tell(const target& t, std::uint64_t offset, unsigned size, bool write, std::uint64_t value) {
  const auto* r = t.slot == register_decoder::none ? nullptr : &decoder->at(t.slot);
  observer->on_register_access({*this, r, t.index, offset, size, write, value, t.result});
}

std::string name(const register_access& a) {
  if (!a.target) return a.bank.instance() + "+" + hex(a.offset);
  auto text = a.bank.instance() + "." + std::string(a.target->name);
  if (a.target->count > 1) text += "[" + std::to_string(a.index) + "]";
  return text;
}

std::string explain(const register_access& a) {
  auto what = a.write ? "write of " + hex(a.value) + " to " + name(a) : "read of " + name(a);
  switch (a.result) {
  case access_result::ok: return what;
  case access_result::unmapped: return what + ": no register there";
  case access_result::wrong_size:
    return what + ": " + std::to_string(a.size) + " bytes at offset " + hex(a.offset) + ", the register has " +
           std::to_string(a.target->width) + " bytes at offset " + hex(a.target->at(a.index));
  case access_result::read_only: return what + ": read only";
  case access_result::write_only: return what + ": write only";
  case access_result::reserved_bits: return what + " sets reserved bits " + hex(a.value & ~a.target->implemented());
  case access_result::refused: return what + ": refused";
  }
  return what;
}

} // namespace acf::common
