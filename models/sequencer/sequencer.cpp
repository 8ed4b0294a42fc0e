#include "models/sequencer/sequencer.hpp"

#include "models/common/thread_stack.hpp"
#include "sw_stack/hal/command_names.hpp"
#include "sw_stack/hal/threshold_commands.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace acf::sequencer {

namespace {

struct interrupted {}; // the tile was reset or aborted while the sequencer was at work

constexpr std::uint32_t records_per_line = 16;
constexpr std::size_t most_posted = 16; // adds to other tiles that have not been acknowledged: TIMING.md

unit_number unit_of(const hal::command& cmd) {
  using enum hal::opcode;
  const unit_number dma = (cmd.flags & hal::flag::channel) ? dma1 : dma0;
  switch (static_cast<hal::opcode>(cmd.op)) {
  case fence:
  case counters: return dma;
  case copy: return cmd.param[0] == hal::copy_mode::local ? vector : dma;
  case gather:
  case scatter: return cmd.param[0] == hal::table_in::sram ? vector : dma;
  case mm:
  case sddmm: return matrix;
  case convert:
  case transpose:
  case score:
  case select_k:
  case mask_update:
  case nm_select:
  case dts_store:
  case sparsify:
  case ewise:
  case rowred:
  case softmax_xent:
  case update: return vector;
  default: throw command_failure{hal::tile::error::bad_opcode, cmd.op};
  }
}

bool is_steering(hal::opcode op) {
  return op == hal::opcode::defview || op == hal::opcode::setreg || op == hal::opcode::sem || op == hal::opcode::loop;
}

// Bits that mean nothing yet: a list that sets them was made for another chip.
void check_form(const hal::command& cmd) {
  if (cmd.flags & ~hal::flag::known) throw command_failure{hal::tile::error::bad_parameter, 24};
  if (cmd.reserved0 || cmd.reserved1) throw command_failure{hal::tile::error::bad_parameter, 25};
}

std::uint64_t wide(const hal::command& cmd, unsigned low) {
  return cmd.param[low] | static_cast<std::uint64_t>(cmd.param[low + 1]) << 32;
}

} // namespace

sequencer::sequencer(sc_core::sc_module_name name, const common::turn& turn, const common::clock_domain& clock,
                     semaphores& sems, fabric_port& port)
    : sc_module(name), turn_(turn), clock_(clock), sems_(sems), stream_(port, common::streams - 1) {
  SC_HAS_PROCESS(sequencer);
  SC_THREAD(run);
  set_stack_size(common::thread_stack_bytes);
}

// --- registers ---------------------------------------------------------------------------------------------------

std::uint64_t sequencer::doorbell(std::uint32_t ring, std::uint32_t count) {
  if (stopped()) return 0;
  auto& r = rings_[ring];
  const auto number = ++job_number_;
  const auto refuse = [&](hal::tile::error why, std::uint64_t address) {
    record_error({ring, r.position, number}, {why, address});
    return number;
  };
  if (undispatched_ >= hal::tile::job_queue_depth) return refuse(hal::tile::error::overrun, count);
  if (r.length == 0 || r.base % hal::command_bytes != 0) return refuse(hal::tile::error::ring, r.base);
  if (count == 0) count = r.length;
  job j{ring, r.position, count, r.base, r.length};
  j.number = number;
  r.position = static_cast<std::uint32_t>((r.position + static_cast<std::uint64_t>(count)) % r.length);
  jobs_.push_back(j);
  ++undispatched_;
  rung_.notify(sc_core::SC_ZERO_TIME);
  changed_();
  return number;
}

void sequencer::flush(common::activity_kind empty) {
  ++epoch_;
  for (auto* u : units_)
    if (u) u->flush();
  jobs_.clear();
  undispatched_ = 0;
  outstanding_.clear();
  for (auto& l : lines_) l.valid = false;
  sems_.forget_requests();
  tell_units(empty);
  flushed_.notify(sc_core::SC_ZERO_TIME);
}

void sequencer::reset() {
  flush(common::activity_kind::no_job);
  sems_.reset();
  for (auto& r : rings_) r.position = 0;
  scalars_.fill(0);
  scalar_coming_.fill({});
  posted_.clear();
  view_defined_.fill(false);
  error_cause_ = hal::tile::error::none;
  error_index_ = 0;
  error_address_ = 0;
  aborted_ = false;
  changed_();
}

void sequencer::abort() {
  if (jobs_.empty()) return;
  flush(common::activity_kind::stopped);
  aborted_ = true;
  changed_();
}

void sequencer::clear_error() {
  if (!error()) return;
  flush(common::activity_kind::no_job);
  error_cause_ = hal::tile::error::none;
  changed_();
}

void sequencer::clear_aborted() {
  aborted_ = false;
  tell_units(common::activity_kind::no_job);
  changed_();
}

void sequencer::record_error(const place& where, const command_failure& failure) {
  if (!error()) {
    error_cause_ = failure.cause;
    error_index_ = where.ring << 24 | (where.index & 0xFF'FFFF);
    error_address_ = failure.address;
    error_job_ = where.job;
    error_op_ = where.op;
    tell_units(common::activity_kind::stopped);
  }
  changed_();
}

// --- the process -------------------------------------------------------------------------------------------------

void sequencer::run() {
  for (;;) {
    while (undispatched_ == 0 || stopped()) {
      activity_.enter(stopped() ? common::activity_kind::stopped : common::activity_kind::no_job, clock_.now());
      wait(rung_ | flushed_);
    }
    tell_units(common::activity_kind::sequencer);
    const auto epoch = epoch_;
    auto& j = jobs_[jobs_.size() - undispatched_];
    try {
      run_job(j);
      j.dispatched_all = true;
      --undispatched_;
      finish_jobs();
    } catch (const command_failure& failure) {
      if (epoch == epoch_) record_error(at_, failure);
    } catch (const interrupted&) {
    }
  }
}

void sequencer::run_job(job& j) {
  j.first_serial = serial_;
  std::uint32_t pc = 0;
  while (pc < j.count) {
    activity_.enter(common::activity_kind::busy, clock_.now());
    const auto index = static_cast<std::uint32_t>((j.start + static_cast<std::uint64_t>(pc)) % j.length);
    at_ = {j.ring, index, j.number};
    hal::command cmd;
    const auto bytes = fetch(j, pc);
    std::memcpy(&cmd, bytes.data(), sizeof cmd);
    at_.op = static_cast<hal::opcode>(cmd.op);
    hal::extension ext;
    const bool extended = cmd.flags & hal::flag::extended;
    if (extended) {
      if (pc + 1 >= j.count) throw command_failure{hal::tile::error::ring, index};
      const auto more = fetch(j, pc + 1);
      std::memcpy(&ext, more.data(), sizeof ext);
    }
    pause(clock_.now() + (extended ? 2 : 1)); // one record per cycle
    if (stopped()) throw interrupted{};
    // Of an opcode that does not exist, that is the first thing to say.
    const auto unit = is_steering(at_.op) ? self : unit_of(cmd);
    check_form(cmd);
    switch (at_.op) {
    case hal::opcode::defview: defview(cmd), ++retired_; break;
    case hal::opcode::setreg: setreg(cmd), ++retired_; break;
    case hal::opcode::sem: sem(cmd), ++retired_; break;
    case hal::opcode::loop: pc = loop(cmd, pc), ++retired_; continue;
    default: dispatch(*units_[unit], j, cmd, extended ? &ext : nullptr, index);
    }
    pc += extended ? 2 : 1;
  }
}

void sequencer::pause(common::cycles until) {
  const auto epoch = epoch_;
  while (clock_.now() < until && epoch == epoch_) wait(clock_.until(until), flushed_);
  if (epoch != epoch_) throw interrupted{};
}

void sequencer::take_turn() {
  const auto epoch = epoch_;
  turn_.take();
  if (epoch != epoch_) throw interrupted{};
}

sequencer::line& sequencer::line_at(const job& j, std::uint32_t number) {
  for (auto& l : lines_)
    if (l.valid && l.job == j.number && l.number == number) return l;
  take_turn();
  auto& l = lines_[next_line_];
  next_line_ = (next_line_ + 1) % lines_.size();
  const auto records = std::min(records_per_line, j.length - number * records_per_line);
  l.valid = false;
  const auto address = j.base + static_cast<std::uint64_t>(number) * records_per_line * hal::command_bytes;
  l.fetched = stream_.read(address, records * hal::command_bytes, clock_.now());
  l.valid = true;
  l.job = j.number;
  l.number = number;
  return l;
}

// An error is the business of the command that needs the line, if one ever does.
void sequencer::prefetch(const job& j, std::uint32_t number) {
  try {
    line_at(j, number);
  } catch (const command_failure&) {
  }
}

sequencer::record sequencer::fetch(const job& j, std::uint32_t pc) {
  const auto position = static_cast<std::uint32_t>((j.start + static_cast<std::uint64_t>(pc)) % j.length);
  const auto number = position / records_per_line;
  const auto fetched = line_at(j, number).fetched;
  // The next line is fetched while this one is worked off: of this job, or the first one of the next.
  const auto left_here = records_per_line - position % records_per_line;
  if (j.count - pc > left_here) {
    const auto next = (number + std::uint64_t{1}) * records_per_line < j.length ? number + 1 : 0;
    if (next != number) prefetch(j, next);
  } else if (undispatched_ > 1) {
    const auto& next = jobs_[jobs_.size() - undispatched_ + 1];
    prefetch(next, next.start / records_per_line);
  }
  await(fetched);
  record result;
  std::memcpy(result.data(), &fetched.parcel->bytes[position % records_per_line * hal::command_bytes], result.size());
  return result;
}

void sequencer::await(const transfer& t) {
  if (!t.over(clock_.now())) {
    const auto begin = clock_.now();
    activity_.enter(t.held_by, begin);
    if (t.under_way) {
      const auto epoch = epoch_;
      while (!t.under_way->over() && epoch == epoch_) wait(stream_.moved() | flushed_);
      if (epoch != epoch_) throw interrupted{};
      activity_.resolve(t.under_way->held_by, begin, t.under_way->held_by, clock_.now());
    } else {
      pause(t.done);
    }
    activity_.enter(common::activity_kind::busy, clock_.now());
  }
  check(t);
}

std::uint32_t sequencer::resolve(std::uint32_t offset) const {
  if (!(offset >> 31)) return offset;
  return static_cast<std::uint32_t>(scalars_[offset & 0xF]) + ((offset & 0x7FFF'FFFF) >> 4);
}

void sequencer::use(std::uint32_t r) {
  if (!scalar_coming_[r].parcel) return;
  await(transfer{scalar_coming_[r]});
  take_over(r);
}

void sequencer::take_over(std::uint32_t r) {
  auto& coming = scalar_coming_[r];
  if (!coming.parcel || !coming.over(clock_.now())) return;
  if (!coming.parcel->error) {
    scalars_[r] = 0;
    std::memcpy(&scalars_[r], coming.parcel->bytes.data(), coming.parcel->bytes.size());
  }
  coming = {};
}

std::uint64_t sequencer::scalar(std::uint32_t r) {
  take_over(r);
  return scalars_[r];
}

void sequencer::scalar(std::uint32_t r, std::uint64_t value) {
  take_over(r);
  scalars_[r] = value;
}

void sequencer::use_scalars_of(const hal::command& cmd, const hal::extension* ext) {
  for (const auto o : cmd.offset)
    if (o >> 31) use(o & 0xF);
  if (ext)
    for (const auto o : ext->offset)
      if (o >> 31) use(o & 0xF);
  const auto named = [&](std::uint32_t r) {
    if (r < hal::tile::scalars) use(r);
  };
  switch (static_cast<hal::opcode>(cmd.op)) {
  case hal::opcode::softmax_xent:
  case hal::opcode::update: named(cmd.param[1]); break;
  case hal::opcode::select_k: named(cmd.param[2]); break;
  case hal::opcode::sparsify:
    if (cmd.param[0] == hal::sparsify_rule::random) named(cmd.param[3]);
    break;
  case hal::opcode::ewise:
    if (cmd.param[0] == hal::ewise_fn::uniform) named(cmd.param[3]);
    break;
  case hal::opcode::fence:
    if (cmd.param[4]) named(cmd.param[4] - 1);
    break;
  default: break;
  }
}

void sequencer::dispatch(unit& u, job& j, const hal::command& cmd, const hal::extension* ext, std::uint32_t index) {
  use_scalars_of(cmd, ext);
  dispatched d;
  d.cmd = cmd;
  d.extended = ext != nullptr;
  if (ext) d.ext = *ext;
  for (unsigned i = 0; i < 8; ++i) {
    if (i >= 4 && !ext) break;
    const auto id = i < 4 ? cmd.view[i] : ext->view[i - 4];
    d.offset[i] = resolve(i < 4 ? cmd.offset[i] : ext->offset[i - 4]);
    if (id == hal::no_view) continue;
    if (id >= hal::view_count || !view_defined_[id]) throw command_failure{hal::tile::error::bad_view, 16u + i};
    d.view[i] = views_[id];
    d.has_view[i] = true;
  }
  d.scalar = scalars_;
  d.ring = j.ring;
  d.job = j.number;
  d.index = index;
  const auto epoch = epoch_;
  while (u.full()) {
    activity_.enter(common::activity_kind::sequencer, clock_.now());
    wait(queue_moved_ | flushed_);
    if (epoch != epoch_) throw interrupted{};
  }
  d.serial = serial_++;
  outstanding_.insert(d.serial);
  ++j.outstanding;
  u.push(std::move(d));
}

void sequencer::defview(const hal::command& cmd) {
  const std::uint32_t first = cmd.view[0], count = cmd.param[2];
  if (count == 0 || first >= hal::view_count || count > hal::view_count - first)
    throw command_failure{hal::tile::error::bad_parameter, 2};
  constexpr std::uint32_t piece = fabric_stream::largest / sizeof(hal::view_record);
  for (std::uint32_t i = 0; i < count; i += piece) {
    const auto records = std::min(count - i, piece);
    take_turn();
    const auto fetched =
        stream_.read(wide(cmd, 0) + i * sizeof(hal::view_record), records * sizeof(hal::view_record), clock_.now());
    await(fetched);
    std::memcpy(&views_[first + i], fetched.parcel->bytes.data(), fetched.parcel->bytes.size());
  }
  std::fill_n(view_defined_.begin() + first, count, true);
}

void sequencer::setreg(const hal::command& cmd) {
  const auto r = cmd.param[0];
  if (r >= hal::tile::scalars) throw command_failure{hal::tile::error::bad_parameter, 0};
  auto operand = wide(cmd, 2);
  if (cmd.param[4] > hal::tile::scalars) throw command_failure{hal::tile::error::bad_parameter, 4};
  if (cmd.param[4]) {
    use(cmd.param[4] - 1);
    operand += scalars_[cmd.param[4] - 1];
  }
  use(r);
  switch (cmd.param[1]) {
  case hal::setreg_op::set: scalars_[r] = operand; break;
  case hal::setreg_op::add: scalars_[r] += operand; break;
  case hal::setreg_op::exclusive_or: scalars_[r] ^= operand; break;
  case hal::setreg_op::load32:
  case hal::setreg_op::load64: {
    take_turn();
    scalar_coming_[r] = stream_.read(operand, cmd.param[1] == hal::setreg_op::load32 ? 4 : 8, clock_.now());
    break;
  }
  default: throw command_failure{hal::tile::error::bad_parameter, 1};
  }
}

std::uint32_t sequencer::loop(const hal::command& cmd, std::uint32_t pc) {
  const auto counter = cmd.param[1];
  if (counter >= hal::tile::scalars) throw command_failure{hal::tile::error::bad_parameter, 1};
  if (cmd.param[0] == 0 || cmd.param[0] > pc) throw command_failure{hal::tile::error::bad_parameter, 0};
  for (unsigned p : {2u, 4u})
    if (cmd.param[p] > hal::tile::scalars) throw command_failure{hal::tile::error::bad_parameter, p};
  use(counter);
  for (unsigned p : {2u, 4u})
    if (cmd.param[p]) use(cmd.param[p] - 1);
  if (scalars_[counter] <= 1) {
    scalars_[counter] = 0;
    return pc + 1;
  }
  --scalars_[counter];
  for (unsigned p : {2u, 4u})
    if (cmd.param[p])
      scalars_[cmd.param[p] - 1] += static_cast<std::uint64_t>(static_cast<std::int32_t>(cmd.param[p + 1]));
  return pc - cmd.param[0];
}

// Goes on when the packet has entered the mesh, and not before one of most_posted credits is back.
void sequencer::post(remote_signal what, std::uint32_t tiles) {
  const auto& port = stream_.port();
  if (!port.valid(tiles)) throw command_failure{hal::tile::error::bad_parameter, 1};
  const auto stall = [this](common::cycles until) {
    if (until <= clock_.now()) return;
    activity_.enter(common::activity_kind::mesh, clock_.now());
    pause(until);
    activity_.enter(common::activity_kind::busy, clock_.now());
  };
  const auto over = [this](const transfer& t) { return t.over(clock_.now()); };
  std::erase_if(posted_, over);
  while (posted_.size() >= most_posted) {
    if (posted_.front().under_way)
      await(transfer{posted_.front()});
    else
      stall(std::ranges::min(posted_, {}, &transfer::done).done);
    std::erase_if(posted_, over);
  }
  take_turn();
  const auto now = clock_.now();
  if (port.includes_self(tiles)) sems_.signal(what.semaphore, what.count, now, {now});
  if (!port.includes_others(tiles)) return;
  const auto t = stream_.signal(tiles, what, now);
  posted_.push_back(t);
  if (!t.under_way) return stall(t.injected);
  const auto epoch = epoch_;
  while (t.under_way->unsent > 0 && epoch == epoch_) wait(stream_.moved() | flushed_);
  if (epoch != epoch_) throw interrupted{};
  stall(t.under_way->sent);
}

void sequencer::sem(const hal::command& cmd) {
  const auto id = cmd.param[2], count = cmd.param[3];
  if (id >= hal::tile::semaphores) throw command_failure{hal::tile::error::bad_parameter, 2};
  if (count == 0 || count > 0x3FF) throw command_failure{hal::tile::error::bad_parameter, 3};
  if (cmd.param[0] == 1) {
    post({static_cast<std::uint16_t>(id), static_cast<std::uint16_t>(count)}, cmd.param[1]);
    return;
  }
  if (cmd.param[0] != 0) throw command_failure{hal::tile::error::bad_parameter, 0};
  const auto epoch = epoch_;
  const auto begin = clock_.now();
  activity_.enter(common::activity_kind::peer, begin);
  sems_.request(self, {hal::on(id, count), 0}, serial_);
  while (epoch == epoch_ && sems_.pending(self)) wait(sems_.granted(self) | flushed_);
  if (epoch != epoch_) throw interrupted{};
  if (clock_.now() > begin) {
    const auto& c = sems_.last_cause(self);
    activity_.resolve(c.before, std::max(c.started, begin), c.after, clock_.now());
    for (auto* u : units_)
      if (u) u->resolve_empty(begin, c);
  }
}

// --- unit_owner --------------------------------------------------------------------------------------------------

void sequencer::completed(const dispatched& command) {
  ++retired_;
  outstanding_.erase(command.serial);
  for (auto j = jobs_.rbegin(); j != jobs_.rend(); ++j)
    if (j->first_serial <= command.serial && j->outstanding > 0) {
      --j->outstanding;
      break;
    }
  retired_event_.notify(sc_core::SC_ZERO_TIME);
  finish_jobs();
}

void sequencer::finish_jobs() {
  const auto before = jobs_.size();
  while (!jobs_.empty() && jobs_.front().dispatched_all && jobs_.front().outstanding == 0) jobs_.pop_front();
  if (jobs_.size() == before) return;
  if (jobs_.empty()) tell_units(common::activity_kind::no_job);
  changed_();
}

// It stays outstanding: a fence behind it must never tell that the job is done.
void sequencer::failed(const dispatched& command, const command_failure& failure) {
  record_error({command.ring, command.index, command.job, command.op()}, failure);
}

bool sequencer::earlier_done(std::uint64_t serial) const {
  return outstanding_.empty() || *outstanding_.begin() >= serial;
}

void sequencer::tell_units(common::activity_kind empty) {
  for (auto* u : units_)
    if (u) u->empty_means(empty);
}

std::string sequencer::why_stuck() const {
  if (jobs_.empty()) return {};
  std::string text = fmt::format("ring {} at command {}", at_.ring, at_.index);
  static constexpr std::array names{"sequencer", "dma0", "dma1", "matrix", "vector"};
  for (unsigned i = 0; i < units_.size(); ++i) {
    if (units_[i] && units_[i]->current())
      text += fmt::format("; {} at ring {} command {} ({})", names[i], units_[i]->current()->ring,
                          units_[i]->current()->index, hal::name_of(units_[i]->current()->op()));
    if (const auto waits = sems_.waiting_for(i))
      for (const auto w : *waits)
        if (hal::count_of(w))
          text += fmt::format(" waits for SEMAPHORE[{}] >= {} (is {})", hal::semaphore_of(w), hal::count_of(w),
                              sems_.value(hal::semaphore_of(w)));
  }
  return text;
}

} // namespace acf::sequencer
