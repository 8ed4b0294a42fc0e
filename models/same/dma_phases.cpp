// The DMA channel in at timing: transfers are over when their last answer is here, and so are commands.
#include "models/same/dma_channel.hpp"

#include <algorithm>
#include <utility>

namespace acf::same {

using common::cycles;

bool dma_channel::on_time(cycles n) {
  if (phases() && n > clock().now() && !(wait_until(n) && take_turn())) flushed_ = true;
  return !flushed_;
}

void dma_channel::watch(const transfer& t, std::uint32_t bytes, std::function<cycles(cycles)> then) {
  auto& c = incomplete_[serial_];
  ++c.transfers;
  c.bytes += bytes;
  const auto over = [this, serial = serial_, bytes, then = std::move(then),
                     parcel = t.parcel](const sequencer::flight& f) {
    const auto known = incomplete_.find(serial);
    if (known == incomplete_.end()) return; // dropped meanwhile
    auto& mine = known->second;
    --mine.transfers;
    mine.bytes -= bytes;
    const auto when = then ? then(f.done) : f.done;
    if (when >= mine.done) mine.done = when, mine.held_by = f.held_by;
    if (f.failure && !mine.failure) mine.failure = f.failure;
    complete_if_over(serial);
  };
  if (t.under_way->over()) return over(*t.under_way);
  t.under_way->on_done = over;
}

void dma_channel::complete_if_over(std::uint64_t serial) {
  const auto known = incomplete_.find(serial);
  if (known == incomplete_.end() || !known->second.issued || known->second.transfers > 0) return;
  auto& c = known->second;
  const auto when = std::max(c.done, clock().now());
  if (c.loading) {
    sram_.settle(clock().now());
    sram_.release(c.held);
    sram_.hold_until(*c.loading, true, when, {c.command.ring, c.command.index, c.command.job, c.command.cmd.op});
  }
  if (c.failure) failures_.emplace(serial, *c.failure);
  const auto mine = incomplete_.extract(known);
  const auto held_by = std::exchange(held_by_, mine.mapped().held_by); // the signal's cause is this command's
  finish(mine.mapped().command, mine.mapped().start, when);
  held_by_ = held_by;
}

void dma_channel::await(transfer& t) {
  const auto& f = *t.under_way;
  if (!wait_while([&f] { return f.unsent > 0 || !f.over(); }, stream_.moved()) || !take_turn()) flushed_ = true;
  t.injected = f.sent;
  t.done = f.done;
}

void dma_channel::hold_loaded(const byte_range& r, const sequencer::dispatched& d) {
  const holder who{d.ring, d.index, d.job, d.cmd.op};
  if (!phases()) return sram_.hold_until(r, true, done_, who);
  auto& c = incomplete_[serial_];
  c.loading = r;
  c.held = sram_.hold({}, {r}, who);
}

void dma_channel::dropped() {
  parcels_.clear();
  failures_.clear();
  for (const auto& [serial, c] : incomplete_)
    if (c.loading) sram_.release(c.held);
  incomplete_.clear();
}

} // namespace acf::same
