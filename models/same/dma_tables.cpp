// GATHER and SCATTER: rows of a table in DRAM that an index list in SRAM names.
#include "models/same/dma_channel.hpp"

#include "models/same/dma_checks.hpp"

#include <cstring>

namespace acf::same {

using hal::tile::error;
using sequencer::dispatched;

std::vector<std::uint32_t> dma_channel::index_list(const dispatched& d) const {
  require(d.has_view[0] && d.view[0].type == static_cast<std::uint8_t>(hal::element::u32), error::bad_view, 16);
  const auto r = rows(d, 0, false);
  std::vector<std::uint32_t> list(r.total() / 4);
  for (std::uint64_t row = 0; row < r.rows; ++row)
    std::memcpy(list.data() + row * r.bytes / 4, &sram_.bytes()[r.begin + row * r.stride], r.bytes);
  return list;
}

void dma_channel::gather(const dispatched& d) {
  const auto list = index_list(d);
  const auto r = rows(d, 1, true);
  const auto& v = d.view[1];
  const std::uint64_t row_bytes = row_elements(v) * hal::bytes_of(static_cast<hal::element>(v.type));
  require(v.dim[0] == list.size(), error::shape, 17);
  require(d.cmd.param[4] == row_bytes, error::bad_parameter, 4);
  const std::uint64_t pitch = d.cmd.param[3];
  const auto packed = packing(d, 1, r, list.size(), row_bytes, false);
  const held_ranges held(sram_, {packed.sizes}, {r}, holder_of(d));
  for (std::size_t i = 0; i < list.size() && !flushed_; ++i) {
    const auto place = r.begin + (v.dim[0] > 1 ? i * v.stride[0] : 0);
    if (list[i] == hal::no_index) {
      std::memset(&sram_.bytes()[place], 0, row_bytes);
      ++now_;
    } else {
      read_row(d.address() + list[i] * pitch, place, row_bytes, packed.row(i));
    }
  }
  if (!flushed_) hold_loaded(r, d);
}

void dma_channel::scatter(const dispatched& d) {
  const auto list = index_list(d);
  const auto r = rows(d, 1, false);
  const auto& v = d.view[1];
  const std::uint64_t row_bytes = row_elements(v) * hal::bytes_of(static_cast<hal::element>(v.type));
  require(v.dim[0] == list.size(), error::shape, 17);
  require(d.cmd.param[4] == row_bytes, error::bad_parameter, 4);
  require(d.cmd.param[5] == 0, error::bad_parameter, 5);
  const std::uint64_t pitch = d.cmd.param[3];
  const auto packed = packing(d, 1, r, list.size(), row_bytes, true);
  const held_ranges held(sram_, {r}, {packed.sizes}, holder_of(d));
  left_ = now_;
  packer_free_ = 0;
  for (std::size_t i = 0; i < list.size() && !flushed_; ++i)
    if (list[i] != hal::no_index)
      write_row(d.address() + list[i] * pitch, r.begin + (v.dim[0] > 1 ? i * v.stride[0] : 0), row_bytes,
                packed.row(i));
  now_ = std::max(now_, left_);
  if (!flushed_) sram_.hold_until(r, false, now_, holder_of(d));
}

} // namespace acf::same
