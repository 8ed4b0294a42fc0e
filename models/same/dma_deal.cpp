// COPY deal: of a matrix every tile gets the columns that the blocks it owns will read, and no others. The list of
// blocks says which: it lies in SRAM and changes with the mask, the command does not.
//
//   list of slots {row, column}  -> columns of each tile, as runs
//   rows of the matrix  --runs--> packets of pieces (pieces.hpp), a few for each tile
#include "models/same/dma_channel.hpp"

#include "models/same/dealing.hpp"
#include "models/same/dma_checks.hpp"

#include <algorithm>
#include <cstring>

namespace acf::same {

using common::activity_kind;
using common::cycles;
using hal::tile::error;
using sequencer::dispatched;
using sequencer::remote_signal;

namespace {

constexpr std::uint64_t list_bytes = 64;      // of the list a cycle takes
constexpr std::uint64_t pieces_per_cycle = 4; // banks of 16 bytes that fill a flit

} // namespace

void dma_channel::deal(const dispatched& d) {
  const auto from = rows(d, 0, false), listed = rows(d, 2, false);
  require(d.has_view[1], error::bad_view, 17);
  const auto &a = d.view[0], &b = d.view[1], &l = d.view[2];
  const auto columns = row_elements(a), element = std::uint64_t{hal::bytes_of(static_cast<hal::element>(a.type))};
  require(l.type == static_cast<std::uint8_t>(hal::element::u32), error::bad_view, 18);
  require(row_elements(l) == 2, error::shape, 18);
  require(columns % dealt_columns == 0, error::shape, 16);
  const auto blocks = static_cast<std::uint32_t>(columns / dealt_columns);
  require(a.type == b.type && a.dim[0] == b.dim[0] && columns == row_elements(b), error::shape, 17);
  const std::uint64_t from_stride = a.dim[0] > 1 ? a.stride[0] : 0, to_stride = a.dim[0] > 1 ? b.stride[0] : 0;
  const std::uint64_t to = std::uint64_t{b.base} + d.offset[1], last_row = (a.dim[0] - 1) * to_stride,
                      to_end = to + last_row + columns * element;
  require(to <= sram_.size() && to_end <= sram_.size(), error::range, to_end);
  require(last_row + columns * element <= most_piece_offset, error::range, to_end);
  const auto set = d.cmd.param[4], word = d.cmd.param[5];
  require(stream_.port().valid(set), error::bad_parameter, 4);
  require(word <= 1, error::bad_parameter, 5);
  const bool remote = d.cmd.flags & hal::flag::signal_remote;
  const remote_signal told = signal_of(d);

  std::vector<std::uint32_t> slots(l.dim[0]); // the block column, or row, of each
  for (std::uint32_t s = 0; s < l.dim[0]; ++s) {
    const auto at = listed.begin + (listed.rows > 1 ? s * listed.stride : s * 8) + 4 * word;
    std::memcpy(&slots[s], &sram_.bytes()[at], 4);
    require(slots[s] < blocks, error::index, at);
  }
  const held_ranges held(sram_, {from, listed}, {}, holder_of(d));
  const auto start = now_;
  const auto reading = (listed.total() + list_bytes - 1) / list_bytes;
  now_ = sram_.ports(clock().now()).reserve(now_, reading, listed.total()) + reading;
  left_ = now_;

  const tiles_of all(set);
  const auto n = static_cast<std::uint32_t>(slots.size()), tiles = all.count();
  const auto self = stream_.port().includes_self(set) ? all.rank(stream_.port().x(), stream_.port().y()) : tiles;
  for (std::uint32_t step = 0; step < tiles && !flushed_; ++step) {
    const auto t = (self + 1 + step) % tiles; // everybody begins with another one
    if (t == self) continue;
    const auto signal = remote && told.count ? std::optional(told) : std::nullopt;
    const auto own = slots_of(t, tiles, n);
    const auto runs =
        runs_of(std::span(slots).subspan(own.first, own.count), blocks, static_cast<std::uint32_t>(element));
    if (runs.empty()) {
      if (signal) deal_signal(all.tile(t), *signal);
      continue;
    }
    std::vector<std::uint8_t> packet;
    std::uint64_t pieces = 0;
    const auto leave = [&](bool ends) {
      deal_packet(all.tile(t), to, packet, pieces, ends ? signal : std::nullopt);
      packet.clear();
      pieces = 0;
    };
    for (std::uint32_t row = 0; row < a.dim[0] && !flushed_; ++row)
      for (const auto& r : runs) {
        if (packet.size() + piece_header + r.count > dealt_packet_bytes) leave(false);
        if (flushed_) break;
        append_piece(packet, static_cast<std::uint32_t>(row * to_stride + r.first),
                     sram_.bytes().subspan(from.begin + row * from_stride + r.first, r.count));
        ++pieces;
      }
    if (!flushed_) leave(true);
  }
  now_ = std::max(now_, left_);
  if (flushed_) return;
  sram_.hold_until(from, false, now_, holder_of(d));
  if (remote && told.count && self < tiles)
    sems().signal(told.semaphore, told.count, now_, {start, activity_kind::dma, activity_kind::mesh, number()});
}

void dma_channel::deal_packet(std::uint32_t tile, std::uint64_t to, std::span<const std::uint8_t> packet,
                              std::uint64_t pieces, std::optional<remote_signal> signal) {
  const auto gathering = (pieces + pieces_per_cycle - 1) / pieces_per_cycle;
  const auto ready = sram_.ports(clock().now()).reserve(now_, gathering, packet.size()) + gathering - 1;
  if (!on_time(ready)) return;
  sent_ += packet.size();
  follow(stream_.send(tile, to, packet, ready, signal, {.pieces = true}), static_cast<std::uint32_t>(packet.size()));
}

void dma_channel::deal_signal(std::uint32_t tile, remote_signal signal) {
  if (!on_time(now_)) return;
  follow(stream_.signal(tile, signal, now_), 0);
}

void dma_channel::follow(const transfer& t, std::uint32_t bytes) {
  left_ = t.injected;
  if (t.under_way) watch(t, bytes);
  advance(t, bytes);
}

} // namespace acf::same
