// REDUCE: sums over tiles, passed on from tile to tile in rank order, so that they have the same bits on every mesh.
//
//   rank 0:  (+0 + own terms) --packet, signal--> rank 1: + own terms --> ... --> last rank: + own terms --> results
//
// Why no chain can hold up the mesh. A hop is a send like any other: a unicast packet of the request class that ends in
// the SRAM of the next rank, at a place which the software of that tile has set aside. Its network interface always
// takes it, acknowledges in the response class, and never keeps it until a packet of its own can leave. The sum goes on
// as a new packet when this channel has seen the signal; while it waits for that, it holds no buffer, credit or virtual
// channel. So no packet ever waits for another REDUCE, and routes without cycles stay free of deadlock, whatever chains
// cross each other. What remains is software's: a rank waits for the one before it and for nobody else, so chains
// cannot wait for each other unless two tiles list two of them on one channel in different orders.
#include "models/same/dma_channel.hpp"

#include "models/same/dma_checks.hpp"
#include "models/zbcc/arithmetic.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace acf::same {

using common::activity_kind;
using common::cycles;
using hal::tile::error;
using sequencer::dispatched;
using sequencer::remote_signal;

namespace {

// 15 flits, and a cycle between packets: acknowledges of what arrives at the same pace pass there.
constexpr std::uint64_t packet_bytes = 960;
constexpr cycles between_packets = 1;
constexpr std::uint64_t adder_bytes = 64; // a flit a cycle: 16 fp32 adders
constexpr cycles adder_latency = 4;

} // namespace

// n fp32 numbers side by side, here or at another tile: where they begin.
std::uint64_t dma_channel::place_of(const dispatched& d, unsigned view, std::uint64_t n) const {
  require(d.has_view[view], error::bad_view, 16 + view);
  const auto& v = d.view[view];
  require(v.layout == static_cast<std::uint8_t>(hal::format::dense) &&
              v.type == static_cast<std::uint8_t>(hal::element::f32),
          error::bad_view, 16 + view);
  std::uint64_t elements = 1, expected = 4;
  for (unsigned i = 4; i-- > 0;) {
    if (v.dim[i] <= 1 && i > 0) continue;
    require(v.dim[i] <= 1 || v.stride[i] == expected, error::bad_view, 16 + view);
    elements *= v.dim[i];
    expected *= v.dim[i];
    require(elements <= sram_.size(), error::range, v.base);
  }
  require(elements == n, error::shape, 16 + view);
  const auto begin = std::uint64_t{v.base} + d.offset[view];
  require(sram_.contains(begin, n * 4), error::range, begin + n * 4);
  return begin;
}

void dma_channel::reduce(const dispatched& d) {
  const auto set = d.cmd.param[4], receivers = d.cmd.param[5], chain = d.cmd.param[0];
  const auto& port = stream_.port();
  require(chain < hal::tile::semaphores, error::bad_parameter, 0);
  require(port.valid(set) && port.includes_self(set), error::bad_parameter, 4);
  require(port.valid(receivers), error::bad_parameter, 5);
  require(d.has_view[0] && d.view[0].type == static_cast<std::uint8_t>(hal::element::f32), error::bad_view, 16);
  const auto& v = d.view[0];
  const auto numbers = row_elements(v), terms = std::uint64_t{v.dim[0]};
  const auto own = terms > 0 ? rows(d, 0, false) : byte_range{};
  const std::uint64_t pitch = terms > 1 ? v.stride[0] : 0, bytes = numbers * 4;
  const tiles_of all(set);
  const auto rank = all.rank(port.x(), port.y());
  const bool first = rank == 0, last = rank + 1 == all.count();
  const auto partial = first && last ? 0 : place_of(d, 1, numbers);
  const auto result = last ? place_of(d, 2, numbers) : 0;
  const bool keeps = last && port.includes_self(receivers), remote = d.cmd.flags & hal::flag::signal_remote;
  const remote_signal told = signal_of(d);
  const holder who = holder_of(d);
  const held_ranges held(sram_, own.total() ? std::vector{own} : std::vector<byte_range>{}, {}, who);
  const auto start = left_ = now_;
  kept_ = 0;
  std::vector<float> sums, row;
  for (std::uint64_t at = 0; at < bytes && !flushed_; at += packet_bytes) {
    const auto size = static_cast<std::uint32_t>(std::min(bytes - at, packet_bytes));
    sums.assign(size / 4, 0.f);
    row.resize(size / 4);
    std::optional<held_ranges> arrived; // not while it is awaited: packets are refused where a command reads
    if (!first) {
      if (!await_signal(hal::on(chain, 1), d.serial)) {
        flushed_ = true;
        break;
      }
      settle();
      now_ = std::max(now_, clock().now());
      const byte_range here{partial + at, size, 1, 0};
      if (const auto met = sram_.conflict(here, false, clock().now()))
        throw sequencer::command_failure{error::overlap, *met};
      arrived.emplace(sram_, std::vector{here}, std::vector<byte_range>{}, who);
      std::memcpy(sums.data(), &sram_.bytes()[here.begin], size);
    }
    for (std::uint64_t i = 0; i < terms; ++i) {
      std::memcpy(row.data(), &sram_.bytes()[own.begin + i * pitch + at], size);
      for (std::size_t k = 0; k < row.size(); ++k) sums[k] += row[k];
    }
    for (float& s : sums) s = zbcc::canonical(s);
    additions_ += terms * sums.size();
    // The last row of terms is added as the sums pass to the network interface, others before that.
    const auto flits = (size + adder_bytes - 1) / adder_bytes, reads = terms + (first ? 0 : 1);
    const auto read = sram_.ports(clock().now()).reserve(now_, std::max<cycles>(1, reads), size * reads);
    const auto ready = read + adder_latency + (terms > 1 ? (terms - 1) * flits : 0);
    // The next packet may follow.
    const auto added = std::max(read, now_ + std::max<cycles>(1, terms) * flits) + between_packets;
    if (!on_time(ready)) break;
    const std::span data(reinterpret_cast<const std::uint8_t*>(sums.data()), size);
    if (keeps) keep(d, result + at, data, ready + flits);
    const bool ends = at + size == bytes;
    const auto signal = !last ? std::optional(remote_signal{static_cast<std::uint16_t>(chain), 1})
                        : ends && remote && told.count ? std::optional(told)
                                                       : std::nullopt;
    const auto to = last ? receivers : all.tile(rank + 1);
    auto t = stream_.send(to, (last ? result : partial) + at, data, ready, signal);
    left_ = std::max(t.injected, ready);
    t.injected = std::max(added, left_ - std::min(left_, adder_latency)); // the next one fills the adders meanwhile
    const bool sends = port.includes_others(to);
    // Zeros that a first rank without terms sends come from no memory.
    summed_ += std::max(size * (reads + (keeps ? 1 : 0)), sends ? std::uint64_t{size} : 0) - (sends ? size : 0);
    if (sends) {
      sent_ += size;
      if (t.under_way) watch(t, size);
      advance(t, size);
    }
    now_ = std::max(now_, added);
  }
  now_ = std::max(now_, left_);
  if (flushed_) return;
  if (own.total()) sram_.hold_until(own, false, now_, who);
  if (keeps && remote && told.count)
    sems().signal(told.semaphore, told.count, std::max(now_, kept_),
                  {start, activity_kind::dma, activity_kind::mesh, number()});
}

// A piece of the result at the tile that has formed it: written like a load that has come back at cycle `when`.
void dma_channel::keep(const dispatched& d, std::uint64_t offset, std::span<const std::uint8_t> data, cycles when) {
  const byte_range place{offset, data.size(), 1, 0};
  if (const auto met = sram_.conflict(place, true, clock().now()))
    throw sequencer::command_failure{error::overlap, *met};
  auto parcel = std::make_shared<common::parcel>();
  parcel->bytes.assign(data.begin(), data.end());
  const auto there = std::max(when, sram_.ports(clock().now()).reserve(when, 1, data.size()));
  kept_ = std::max(kept_, there);
  sram_.expect(there, offset, std::move(parcel), loading(d.serial));
  sram_.hold_until(place, true, there, holder_of(d));
  done_ = std::max(done_, kept_);
}

} // namespace acf::same
