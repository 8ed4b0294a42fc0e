#include "models/same/dma_channel.hpp"

#include "models/same/dma_checks.hpp"
#include "sw_stack/hal/zero_packing.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace acf::same {

using common::activity_kind;
using common::cycles;
using hal::tile::error;
using sequencer::command_failure;
using sequencer::dispatched;
using sequencer::remote_signal;

namespace {

constexpr cycles lookahead = 512;                // cycles a command may issue ahead of simulated time
constexpr std::uint64_t outstanding = 16 * 1024; // bytes under way per channel
constexpr cycles setup = 4;                      // decode and address generation per command

std::span<const std::uint8_t> bytes_of(const auto& object) {
  return {reinterpret_cast<const std::uint8_t*>(&object), sizeof object};
}

} // namespace

dma_channel::dma_channel(sc_core::sc_module_name name, unsigned number, const common::turn& turn,
                         const common::clock_domain& clock, sequencer::semaphores& sems, sequencer::unit_owner& owner,
                         fabric_port& port, sram& memory, zero_codecs* codecs,
                         std::function<counter_snapshot()> snapshot)
    : unit(name, number, turn, clock, sems, owner),
      stream_(port, number),
      sram_(memory),
      codecs_(codecs),
      snapshot_(std::move(snapshot)) {}

cycles dma_channel::execute(const dispatched& d, cycles start) {
  serial_ = d.serial;
  now_ = start + setup;
  done_ = now_;
  held_by_ = activity_kind::latency;
  held_until_ = 0;
  in_flight_.clear();
  in_flight_bytes_ = 0;
  flushed_ = false;
  // A loop of commands that are asked for faster than they are answered must not have ever more of them under way.
  if (phases() && !wait_while([this] { return incomplete_.size() >= most_completing; }, stream_.moved())) return later;
  try {
    perform(d);
  } catch (const command_failure&) {
    flushed_ = true;
    give_up();
    throw;
  }
  if (!flushed_) wait_until(now_); // the channel is free when its last packet has left
  if (flushed_) give_up();
  if (!flushed_ && incomplete_.contains(serial_)) {
    auto& c = incomplete_[serial_];
    c.command = d;
    c.start = start;
    c.done = std::max({c.done, done_, now_});
    c.issued = true;
    complete_if_over(serial_);
    return later;
  }
  return std::max(done_, now_);
}

// What the command has asked for comes to nothing.
void dma_channel::give_up() {
  sram_.settle(clock().now());
  sram_.cancel(loading(serial_));
  parcels_.erase(serial_);
  incomplete_.erase(serial_);
}

void dma_channel::perform(const dispatched& d) {
  switch (d.op()) {
  case hal::opcode::copy:
    switch (d.cmd.param[0]) {
    case hal::copy_mode::load: load(d); break;
    case hal::copy_mode::store: store(d); break;
    case hal::copy_mode::send: send(d); break;
    case hal::copy_mode::deal: deal(d); break;
    default: throw command_failure{error::bad_parameter, 0};
    }
    break;
  case hal::opcode::gather: gather(d); break;
  case hal::opcode::scatter: scatter(d); break;
  case hal::opcode::reduce: reduce(d); break;
  case hal::opcode::fence: fence(d); break;
  case hal::opcode::counters: counters(d); break;
  default: throw command_failure{error::bad_opcode, d.cmd.op};
  }
}

std::optional<command_failure> dma_channel::late_failure(const dispatched& d) {
  sram_.settle(clock().now()); // what is unpacked wrongly is found when it is put in place
  const auto moved = parcels_.extract(d.serial);
  if (const auto mine = failures_.extract(d.serial); !mine.empty()) return mine.mapped();
  if (moved.empty()) return {};
  try {
    for (const auto& p : moved.mapped()) sequencer::check(*p);
  } catch (const command_failure& failure) {
    return failure;
  }
  return {};
}

sequencer::signal_cause dma_channel::cause(const dispatched&, cycles start) const {
  return {start, activity_kind::dma, held_by_, number()};
}

bool dma_channel::signals_itself(const dispatched& d) const {
  const bool sends = d.op() == hal::opcode::reduce ||
                     (d.op() == hal::opcode::copy &&
                      (d.cmd.param[0] == hal::copy_mode::send || d.cmd.param[0] == hal::copy_mode::deal));
  return !(sends && (d.cmd.flags & hal::flag::signal_remote));
}

byte_range dma_channel::rows(const dispatched& d, unsigned view, bool write) const {
  require(d.has_view[view], error::bad_view, 16 + view);
  const auto& v = d.view[view];
  require(v.layout == static_cast<std::uint8_t>(hal::format::dense) && v.type <= 7, error::bad_view, 16 + view);
  const std::uint64_t size = hal::bytes_of(static_cast<hal::element>(v.type));
  const auto elements = row_elements(v);
  require(elements <= sram_.size(), error::range, v.base);
  // Elements of a row lie side by side.
  std::uint64_t expected = size;
  for (unsigned i = 3; i >= 1; --i) {
    if (v.dim[i] <= 1) continue;
    require(v.stride[i] == expected, error::bad_view, 16 + view);
    expected *= v.dim[i];
  }
  byte_range r{static_cast<std::uint64_t>(v.base) + d.offset[view], elements * size, v.dim[0], v.stride[0]};
  if (r.rows <= 1) r.stride = r.bytes;
  require(r.rows > 0 && r.rows <= sram_.size(), error::shape, 16 + view);
  require(r.rows * elements <= sram_.size(), error::range, v.base);
  require(!write || r.rows == 1 || r.stride >= r.bytes, error::overlap, r.begin); // rows that share bytes
  require(r.begin <= sram_.size() && r.end() <= sram_.size() && r.stride <= sram_.size(), error::range, r.end());
  if (r.stride == r.bytes) r = {r.begin, r.bytes * r.rows, 1, 0}; // one solid piece
  if (const auto at = sram_.conflict(r, write, clock().now())) throw command_failure{error::overlap, *at};
  return r;
}

void dma_channel::advance(const transfer& t, std::uint32_t bytes) {
  if (t.parcel) parcels_[serial_].push_back(t.parcel);
  if (phases()) {
    // Until it has left, and until there is room for another one.
    const auto& f = *t.under_way;
    const auto full = [this] {
      const auto c = incomplete_.find(serial_);
      return c != incomplete_.end() && c->second.bytes > outstanding;
    };
    if (!wait_while([&] { return f.unsent > 0 || full(); }, stream_.moved()) || !take_turn()) flushed_ = true;
    now_ = std::max({now_, f.sent, clock().now()});
    return;
  }
  now_ = std::max(now_, t.injected);
  done_ = std::max(done_, t.done);
  if (t.done >= held_until_) held_until_ = t.done, held_by_ = t.held_by;
  in_flight_.emplace_back(t.done, bytes);
  in_flight_bytes_ += bytes;
  while (in_flight_bytes_ > outstanding) { // the oldest transfer must end before the next one starts
    now_ = std::max(now_, in_flight_.front().first);
    in_flight_bytes_ -= in_flight_.front().second;
    in_flight_.pop_front();
  }
  if (now_ > clock().now() + lookahead && !(wait_until(now_) && take_turn())) flushed_ = true;
}

void dma_channel::read_row(std::uint64_t address, std::uint64_t offset, std::uint64_t bytes,
                           const packed_rows& packed) {
  const std::uint64_t step = packed.element ? hal::packed_piece : fabric_stream::largest;
  for (std::uint64_t at = 0; at < bytes && !flushed_; at += step) {
    const auto size = static_cast<std::uint32_t>(std::min(bytes - at, step));
    if (!on_time(now_)) return;
    packed_form form;
    if (packed.element) form = {packed.element, size, packed.sizes.begin + at / step * 2};
    read_piece(address + at, offset + at, size, form);
  }
}

void dma_channel::read_piece(std::uint64_t address, std::uint64_t offset, std::uint32_t bytes,
                             const packed_form& form) {
  const auto size = form.element ? packed_size(form.said_by, bytes) : bytes;
  const auto how = size < bytes ? form : packed_form{};
  auto t = stream_.read(address, size, now_);
  loaded_ += size;
  unpacked_more_ += bytes - size;
  if (phases()) {
    watch(t, size, [this, offset, bytes, how, parcel = t.parcel, serial = serial_](cycles done) {
      done = land(0, done, bytes, how);
      sram_.expect(done, offset, parcel, loading(serial), how);
      return done;
    });
  } else {
    t.done = land(now_, t.done, bytes, how);
    sram_.expect(t.done, offset, t.parcel, loading(serial_), how);
  }
  advance(t, size);
}

// Written as it arrives, flit by flit, or as it comes out of the unpacker.
cycles dma_channel::land(cycles first, cycles done, std::uint32_t size, const packed_form& form) {
  const auto now = clock().now();
  if (form.element) done = codecs_->unpacker.pass(done, size, form.element, now).done;
  const auto flits = std::min<cycles>(size / link_bytes, done - first);
  return std::max(done, sram_.ports(now).reserve(done - flits, flits, size));
}

void dma_channel::write_row(std::uint64_t address, std::uint64_t offset, std::uint64_t bytes,
                            const packed_rows& packed) {
  const std::uint64_t step = packed.element ? hal::packed_piece : fabric_stream::largest;
  for (std::uint64_t at = 0; at < bytes && !flushed_; at += step) {
    const auto size = static_cast<std::uint32_t>(std::min(bytes - at, step));
    if (packed.element) {
      write_packed(address + at, offset + at, size, packed.element, packed.sizes.begin + at / step * 2);
      continue;
    }
    const auto ready = sram_.ports(clock().now()).reserve(now_, 1, size);
    if (!on_time(ready)) return;
    const auto t = stream_.write(address + at, sram_.bytes().subspan(offset + at, size), ready);
    stored_ += size;
    if (phases()) watch(t, size);
    advance(t, size);
  }
}

void dma_channel::load(const dispatched& d) {
  const auto r = rows(d, 1, true);
  const std::uint64_t row_bytes = row_elements(d.view[1]) * hal::bytes_of(static_cast<hal::element>(d.view[1].type));
  const std::uint64_t count = d.view[1].dim[0], pitch = d.cmd.param[3] ? d.cmd.param[3] : row_bytes;
  const bool solid = r.rows == 1 && pitch == row_bytes;
  const auto packed = packing(d, 1, r, solid ? 1 : count, solid ? r.bytes : row_bytes, false);
  const held_ranges held(sram_, {packed.sizes}, {r}, holder_of(d));
  if (solid) {
    read_row(d.address(), r.begin, r.bytes, packed);
  } else {
    const std::uint64_t stride = count > 1 ? d.view[1].stride[0] : 0;
    for (std::uint64_t i = 0; i < count && !flushed_; ++i)
      read_row(d.address() + i * pitch, r.begin + i * stride, row_bytes, packed.row(i));
  }
  if (!flushed_) hold_loaded(r, d);
}

void dma_channel::store(const dispatched& d) {
  const auto r = rows(d, 0, false);
  const std::uint64_t row_bytes = row_elements(d.view[0]) * hal::bytes_of(static_cast<hal::element>(d.view[0].type));
  const std::uint64_t count = d.view[0].dim[0], pitch = d.cmd.param[3] ? d.cmd.param[3] : row_bytes;
  const bool solid = r.rows == 1 && pitch == row_bytes;
  const auto packed = packing(d, 0, r, solid ? 1 : count, solid ? r.bytes : row_bytes, true);
  const held_ranges held(sram_, {r}, {packed.sizes}, holder_of(d));
  left_ = now_;
  packer_free_ = 0;
  if (solid) {
    write_row(d.address(), r.begin, r.bytes, packed);
  } else {
    const std::uint64_t stride = count > 1 ? d.view[0].stride[0] : 0;
    for (std::uint64_t i = 0; i < count && !flushed_; ++i)
      write_row(d.address() + i * pitch, r.begin + i * stride, row_bytes, packed.row(i));
  }
  now_ = std::max(now_, left_);
  if (!flushed_) sram_.hold_until(r, false, now_, holder_of(d));
}

void dma_channel::send(const dispatched& d) {
  const auto from = rows(d, 0, false);
  require(d.has_view[1], error::bad_view, 17);
  const auto &a = d.view[0], &b = d.view[1];
  require(a.type == b.type && a.dim[0] == b.dim[0] && row_elements(a) == row_elements(b), error::shape, 17);
  const std::uint64_t row_bytes = row_elements(a) * hal::bytes_of(static_cast<hal::element>(a.type));
  const std::uint64_t to = static_cast<std::uint64_t>(b.base) + d.offset[1];
  const bool solid = from.rows == 1 && (a.dim[0] == 1 || b.stride[0] == row_bytes);
  const std::uint64_t count = solid ? 1 : a.dim[0], piece = solid ? from.bytes : row_bytes;
  const std::uint64_t from_stride = a.dim[0] > 1 ? a.stride[0] : 0, to_stride = a.dim[0] > 1 ? b.stride[0] : 0;
  const std::uint64_t to_end = to + (count - 1) * to_stride + piece;
  require(to <= sram_.size() && to_end <= sram_.size(), error::range, to_end);
  const auto set = d.cmd.param[4];
  require(stream_.port().valid(set), error::bad_parameter, 4);
  const bool remote = d.cmd.flags & hal::flag::signal_remote;
  const remote_signal signal = signal_of(d);
  // Packed data travel packet by packet, so that each can be unpacked by itself.
  const bool packs = codecs_ && (d.cmd.flags & hal::flag::compress) && stream_.port().includes_others(set);
  const auto element = packs ? hal::bytes_of(static_cast<hal::element>(a.type)) : 0;
  const std::uint64_t step = element ? hal::packed_piece : fabric_stream::largest;
  const auto start = left_ = now_;
  packer_free_ = 0;
  const held_ranges held(sram_, {from}, {}, holder_of(d));
  for (std::uint64_t i = 0; i < count && !flushed_; ++i)
    for (std::uint64_t at = 0; at < piece && !flushed_; at += step) {
      const auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(piece - at, step));
      const bool last = i + 1 == count && at + size == piece;
      const auto t = send_piece(set, to + i * to_stride + at, from.begin + i * from_stride + at, size, element,
                                last && remote && signal.count ? std::optional(signal) : std::nullopt);
      if (flushed_) break;
      if (t.under_way) watch(t, size);
      if (t.under_way || !phases()) advance(t, size);
    }
  now_ = std::max(now_, left_);
  if (!flushed_) sram_.hold_until(from, false, now_, holder_of(d));
  // The sender is a member of the set too: its own copy is in place as soon as the data have left.
  if (remote && stream_.port().includes_self(set) && signal.count && !flushed_)
    sems().signal(signal.semaphore, signal.count, now_, {start, activity_kind::dma, activity_kind::mesh, number()});
}

transfer dma_channel::send_piece(std::uint32_t set, std::uint64_t to, std::uint64_t from, std::uint32_t bytes,
                                 std::uint32_t element, std::optional<remote_signal> signal) {
  const auto ready = sram_.ports(clock().now()).reserve(now_, 1, bytes);
  if (!on_time(ready)) return {};
  const auto raw = sram_.bytes().subspan(from, bytes);
  if (!element) {
    sent_ += bytes;
    const auto t = stream_.send(set, to, raw, ready, signal);
    left_ = t.injected;
    return t;
  }
  const auto piece = pack(raw, element, ready);
  if (flushed_) return {};
  sent_ += piece.carried.size();
  common::packing how;
  if (piece.packed) how = {static_cast<std::uint8_t>(element), static_cast<std::uint16_t>(bytes)};
  auto t = stream_.send(set, to, piece.carried, piece.passage.done, signal, how);
  left_ = t.injected;
  t.injected = piece.next(t.injected);
  return t;
}

void dma_channel::fence(const dispatched& d) {
  require(d.cmd.param[4] <= hal::tile::scalars, error::bad_parameter, 4);
  if (!(wait_for_earlier(d) && take_turn())) {
    flushed_ = true;
    return;
  }
  now_ = clock().now();
  const auto value = d.cmd.param[4] ? static_cast<std::uint32_t>(d.scalar[d.cmd.param[4] - 1]) : d.cmd.param[3];
  auto written = stream_.write(d.address(), bytes_of(value), now_);
  stored_ += 4;
  if (phases()) await(written);
  if (flushed_) return;
  done_ = written.done;
  now_ = std::max(now_, written.injected);
  if (!(wait_until(done_) && take_turn())) { // the report, and its interrupt, follow the acknowledgement
    flushed_ = true;
    return;
  }
  sequencer::check(written);
  auto t = stream_.report_fence(d.cmd.param[0] & 1, done_);
  if (phases()) await(t);
  now_ = t.injected;
  done_ = t.done;
}

void dma_channel::counters(const dispatched& d) {
  const auto values = snapshot_();
  if (!on_time(now_)) return;
  const auto t = stream_.write(d.address(), bytes_of(values), now_);
  if (phases()) watch(t, sizeof values);
  advance(t, sizeof values);
  stored_ += sizeof values;
}

} // namespace acf::same
