// Zeros packed away on their way: through the packer of the tile, and by rows that lie packed in DRAM.
#include "models/same/dma_channel.hpp"

#include "models/same/dma_checks.hpp"
#include "sw_stack/hal/zero_packing.hpp"

#include <algorithm>
#include <cstring>

namespace acf::same {

using common::cycles;
using hal::tile::error;
using sequencer::dispatched;

// View 3 of a command with the flag compress: u16[rows, pieces of a row], rows of which may lie apart.
dma_channel::packed_rows dma_channel::packing(const dispatched& d, unsigned view, const byte_range& data,
                                              std::uint64_t count, std::uint64_t row_bytes, bool write) const {
  if (!(d.cmd.flags & hal::flag::compress)) return {};
  const auto& v = d.view[3];
  require(d.has_view[3] && v.type == static_cast<std::uint8_t>(hal::element::u16), error::bad_view, 19);
  const auto r = rows(d, 3, write);
  const std::uint64_t pieces = (row_bytes + hal::packed_piece - 1) / hal::packed_piece;
  require(r.total() == count * pieces * 2 && (r.rows == 1 || r.rows == count), error::shape, 19);
  require(!overlaps(r, data), error::overlap, std::max(r.begin, data.begin));
  return {hal::bytes_of(static_cast<hal::element>(d.view[view].type)),
          {r.begin, pieces * 2, count, r.rows == 1 ? pieces * 2 : r.stride}};
}

std::uint32_t dma_channel::packed_size(std::uint64_t said_by, std::uint32_t raw) const {
  std::uint16_t size = 0;
  std::memcpy(&size, &sram_.bytes()[said_by], sizeof size);
  require(size == raw || (codecs_ && size > 0 && size < raw), error::index, said_by);
  return size;
}

dma_channel::packed_piece dma_channel::pack(std::span<const std::uint8_t> raw, std::uint32_t element, cycles ready) {
  const auto bytes = static_cast<std::uint32_t>(raw.size());
  // At timing learns only now that the packet before has left, but this one was packed meanwhile.
  const auto from = phases() && packer_free_ > 0 ? std::min(ready, packer_free_) : ready;
  packed_piece p{hal::pack_zeros(raw, element), raw,
                 codecs_->packer.pass(from, bytes, element, std::min(from, clock().now()))};
  packer_free_ = p.passage.free;
  if (!on_time(p.passage.done)) return {};
  if (p.packed) p.carried = *p.packed;
  to_pack_ += bytes;
  packed_ += p.carried.size();
  return p;
}

cycles dma_channel::packed_piece::next(cycles injected) const {
  const auto flits = (carried.size() + link_bytes - 1) / link_bytes;
  return std::max(passage.free, injected - std::min<cycles>(injected, flits));
}

void dma_channel::write_packed(std::uint64_t address, std::uint64_t offset, std::uint32_t bytes, std::uint32_t element,
                               std::uint64_t size_at) {
  const auto ready = sram_.ports(clock().now()).reserve(now_, 1, bytes);
  if (!on_time(ready)) return;
  const auto raw = sram_.bytes().subspan(offset, bytes);
  packed_piece p{{}, raw, {ready, ready}};
  if (codecs_) p = pack(raw, element, ready);
  if (flushed_) return;
  const auto size = static_cast<std::uint16_t>(p.carried.size());
  auto t = stream_.write(address, p.carried, p.passage.done);
  std::memcpy(&sram_.bytes()[size_at], &size, sizeof size);
  stored_ += size;
  left_ = t.injected;
  if (codecs_) t.injected = p.next(t.injected);
  if (phases()) watch(t, size);
  advance(t, size);
}

} // namespace acf::same
