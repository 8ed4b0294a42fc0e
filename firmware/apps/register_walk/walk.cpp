#include "firmware/apps/register_walk/walk.hpp"

#include <algorithm>
#include <cstdio>

#include "firmware/apps/register_walk/probe.hpp"

namespace acf::register_walk {
namespace {

constexpr std::uint64_t lines_enough = 20; // complaints printed; all are counted

std::uint64_t all_bits(const acf_register& r) {
  return r.width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * r.width) - 1;
}
std::uint64_t described_bits(const acf_register& r) {
  return r.read_mask | r.write_mask | r.w1c_mask | r.w1s_mask | r.wo_mask;
}
std::uint64_t reserved_bits(const acf_register& r) { return all_bits(r) & ~described_bits(r); }
bool is_readable(const acf_register& r) { return (described_bits(r) & ~r.wo_mask) != 0; }
bool is_writable(const acf_register& r) { return (r.write_mask | r.w1c_mask | r.w1s_mask | r.wo_mask) != 0; }

void expect(const place& p, bool holds, const char* what, std::uint64_t found, std::uint64_t expected, tally& t) {
  ++t.checks;
  if (holds || t.wrong++ >= lines_enough) return;
  std::printf("%s[%u].%s[%u] at 0x%lx: %s is 0x%lx, expected 0x%lx\n", p.block->name, static_cast<unsigned>(p.instance),
              p.reg->name, static_cast<unsigned>(p.element), p.address(), what, found, expected);
}

void expect_equal(const place& p, const char* what, std::uint64_t found, std::uint64_t expected, tally& t) {
  expect(p, found == expected, what, found, expected, t);
}

std::uint64_t value_of(const place& p) { return read(p.address(), p.reg->width).value_or(0); }

// Every access that is not the register's own width, aligned, faults.
void check_widths(const place& p, tally& t) {
  for (const unsigned bytes : {1u, 2u, 4u, 8u}) {
    if (bytes == p.reg->width || p.address() % bytes != 0) continue;
    expect_equal(p, "fault of a read of another width", !read(p.address(), bytes), true, t);
    expect_equal(p, "fault of a write of another width", !write(p.address(), bytes, 0), true, t);
  }
  expect_equal(p, "fault of a misaligned read", !read(p.address() + 1, p.reg->width), true, t);
}

void check_read_only(const place& p, tally& t) {
  const auto before = value_of(p);
  expect_equal(p, "fault of a write", !write(p.address(), p.reg->width, before), true, t);
  expect_equal(p, "value after a refused write", value_of(p), before, t);
}

void check_reserved(const place& p, bool thorough, tally& t) {
  const auto reserved = reserved_bits(*p.reg);
  const bool readable = is_readable(*p.reg);
  const auto before = readable ? value_of(p) : 0;
  const auto try_bit = [&](std::uint64_t bit) {
    // What the register holds is written along with the bit, so that a write that is not refused changes little.
    const auto rest = before & p.reg->write_mask;
    const bool refused = !write(p.address(), p.reg->width, rest | bit);
    expect_equal(p, "fault of a write of a reserved bit", refused, p.block->ignores_reserved == 0, t);
    if (readable) expect_equal(p, "value after a write of a reserved bit", value_of(p), before, t);
  };
  const auto lowest = reserved & (0 - reserved);
  for (auto rest = reserved; rest != 0; rest &= rest - 1) {
    const auto bit = rest & (0 - rest);
    if (thorough || bit == lowest || (rest & (rest - 1)) == 0) try_bit(bit);
  }
}

void check_kept_bits(const place& p, tally& t) {
  const auto& r = *p.reg;
  const auto before = value_of(p);
  for (const auto pattern : {~std::uint64_t{0}, 0x5555'5555'5555'5555u, 0xAAAA'AAAA'AAAA'AAAAu, std::uint64_t{0}}) {
    // Read-only bits of a writable register ignore what is written.
    const auto ignored = r.read_mask & ~r.write_mask & ~r.w1c_mask & pattern;
    const bool accepted = write(p.address(), r.width, (pattern & r.write_mask) | ignored);
    expect_equal(p, "acceptance of a write", accepted, true, t);
    expect_equal(p, "value after a write", value_of(p), (pattern & r.write_mask) | (before & ~r.write_mask), t);
  }
  write(p.address(), r.width, before & r.write_mask);
}

// Clearing what is not set changes nothing.
void check_clear_bits(const place& p, tally& t) {
  const auto before = value_of(p);
  const bool accepted = write(p.address(), p.reg->width, (before & p.reg->write_mask) | p.reg->w1c_mask);
  expect_equal(p, "acceptance of a write of ones to clear", accepted, true, t);
  expect_equal(p, "value after clearing", value_of(p), before & ~p.reg->w1c_mask, t);
}

} // namespace

void check_reset(const place& p, tally& t) {
  const auto& r = *p.reg;
  const auto found = read(p.address(), r.width);
  expect_equal(p, "acceptance of a read", found.has_value(), is_readable(r), t);
  if (!found) return;
  expect_equal(p, "value after reset", *found & r.reset_mask, r.reset & r.reset_mask & r.read_mask, t);
  expect_equal(p, "bits that read as zero", *found & ~r.read_mask, 0, t);
}

void check_access(const place& p, bool thorough, tally& t) {
  const auto& r = *p.reg;
  check_widths(p, t);
  if (!is_writable(r)) return check_read_only(p, t);
  check_reserved(p, thorough, t);
  if (!is_readable(r)) return; // writing such a register starts something
  if (r.write_mask != 0) check_kept_bits(p, t);
  if (r.w1c_mask != 0) check_clear_bits(p, t);
}

void fill(const place& p) {
  if (p.reg->write_mask != 0) write(p.address(), p.reg->width, p.reg->write_mask);
}

void check_holes(const acf_block& b, tally& t) {
  const auto covered = [&b](std::uint64_t address) {
    return std::any_of(b.registers, b.registers + b.register_count, [address](const acf_register& r) {
      const auto element = r.count > 1 && address >= r.address ? (address - r.address) / r.stride : 0;
      const auto begin = r.address + std::min<std::uint64_t>(element, r.count - 1) * r.stride;
      return address >= begin && address < begin + r.width;
    });
  };
  std::uint64_t end = b.base;
  for (auto r = b.registers; r != b.registers + b.register_count; ++r)
    end = std::max(end, r->address + std::uint64_t{r->count} * std::max(r->stride, r->width));
  end += 64;
  if (b.instances > 1) end = std::min(end, b.base + b.instance_stride);
  for (auto address = b.base; address < end; address += 4) {
    if (covered(address)) continue;
    for (const unsigned bytes : {4u, 8u}) { // an undescribed register might take either
      if (address % bytes != 0 || covered(address + bytes - 4)) continue;
      const acf_register nothing{"(no register)", address, bytes, 1, 0, 0, 0, 0, 0, 0, 0, 0};
      const place p{&b, 0, &nothing, 0};
      expect_equal(p, "fault of a read", !read(address, bytes), true, t);
      expect_equal(p, "fault of a write", !write(address, bytes, 0), true, t);
    }
  }
}

} // namespace acf::register_walk
