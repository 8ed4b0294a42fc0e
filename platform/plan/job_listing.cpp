#include "platform/plan/job_listing.hpp"

#include "sw_stack/hal/memory_map.hpp"

namespace acf::platform {
namespace {

using hal::command;
using hal::opcode;

bool is(const command& c, opcode op) { return c.op == static_cast<std::uint8_t>(op); }

// SETREG with an immediate; one that loads leaves the scalar as it is.
void set_scalar(const command& c, job_listing::scalars& s) {
  auto& to = s[c.param[0] % s.size()];
  std::uint64_t value = c.param[2] | std::uint64_t{c.param[3]} << 32;
  if (c.param[4]) value += s[(c.param[4] - 1) % s.size()];
  switch (c.param[1]) {
  case hal::setreg_op::set: to = value; break;
  case hal::setreg_op::add: to += value; break;
  case hal::setreg_op::exclusive_or: to ^= value; break;
  default: break;
  }
}

} // namespace

job_listing::job_listing(std::span<const std::uint8_t> image) : image_(image), head_(at<hal::job::header>(0)) {}

std::span<const std::uint8_t> job_listing::dram(std::uint64_t address, std::uint64_t bytes) const {
  return piece(address - hal::map::job_image, bytes);
}

job_listing::scalars job_listing::first_scalars(std::uint32_t tile) const {
  return at<scalars>(head_.scalars + tile * sizeof(scalars));
}

std::vector<listed_command> job_listing::ring(std::uint32_t tile, hal::job::ring which, scalars& s) const {
  const auto entry = [&](hal::job::ring r) {
    return at<hal::job::ring_entry>(head_.rings +
                                    (tile * std::uint64_t{hal::tile::rings} + r) * sizeof(hal::job::ring_entry));
  };
  // The setup ring begins with the definition of all views.
  const auto define = at<command>(entry(hal::job::setup).address - hal::map::job_image);
  const std::uint64_t views_at = define.param[0] | std::uint64_t{define.param[1]} << 32;
  const std::uint32_t views = define.param[2];
  const auto resolve = [&](std::uint16_t number, std::uint32_t offset) {
    zbcc::resolved_view v;
    if (number == hal::no_view) return v;
    v.is = zbcc::resolved_view::state::undefined;
    if (number < views) {
      v.is = zbcc::resolved_view::state::defined;
      v.record = at<hal::view_record>(views_at + number * sizeof(hal::view_record) - hal::map::job_image);
    }
    v.offset = offset & 0x8000'0000 ? s[offset & 15] + (offset >> 4 & 0x7FF'FFFF) : offset;
    return v;
  };

  std::vector<listed_command> all;
  const auto e = entry(which);
  for (std::uint32_t i = 0; i < e.length; ++i) {
    const std::uint64_t from = e.address - hal::map::job_image + std::uint64_t{i} * hal::command_bytes;
    listed_command c{at<command>(from), {}, {}};
    for (std::size_t k = 0; k < 4; ++k) c.views.push_back(resolve(c.record.view[k], c.record.offset[k]));
    if (c.record.flags & hal::flag::extended) {
      ++i;
      c.extension = at<hal::extension>(from + hal::command_bytes);
      for (std::size_t k = 0; k < 4; ++k) c.views.push_back(resolve(c.extension->view[k], c.extension->offset[k]));
    }
    if (is(c.record, opcode::setreg)) set_scalar(c.record, s);
    all.push_back(std::move(c));
  }
  return all;
}

} // namespace acf::platform
