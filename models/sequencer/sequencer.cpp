#include "models/sequencer/sequencer.hpp"

#include "models/common/thread_stack.hpp"
#include "sw_stack/hal/command_names.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace acf::sequencer {

namespace {

constexpr std::uint32_t records_per_line = 16;

unit_number unit_of(const hal::command& cmd) {
  using enum hal::opcode;
  const unit_number dma = (cmd.flags & hal::flag::channel) ? dma1 : dma0;
  switch (static_cast<hal::opcode>(cmd.op)) {
  case fence:
  case reduce:
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
  case norm:
  case pool:
  case softmax_xent:
  case gradients:
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

} // namespace

sequencer::sequencer(sc_core::sc_module_name name, const common::turn& turn, const common::clock_domain& clock,
                     semaphores& sems, fabric_port& port)
    : sc_module(name), turn_(turn), clock_(clock), sems_(sems), stream_(port, common::streams - 1) {
  SC_HAS_PROCESS(sequencer);
  SC_THREAD(run);
  set_stack_size(common::thread_stack_bytes);
  sems_.know(self, activity_);
}

// --- registers ---------------------------------------------------------------------------------------------------

std::uint64_t sequencer::doorbell(std::uint32_t ring, std::uint32_t count) {
  if (stopped()) return 0;
  const auto position = jobs_.at(ring).position;
  try {
    jobs_.add(ring, count);
    rung_.notify(sc_core::SC_ZERO_TIME);
    changed_();
  } catch (const command_failure& refusal) {
    record_error({ring, position, jobs_.last_number()}, refusal);
  }
  return jobs_.last_number();
}

void sequencer::flush(common::activity_kind empty) {
  ++epoch_;
  for (auto* u : units_)
    if (u) u->flush();
  jobs_.clear();
  for (auto& l : lines_) l.valid = false;
  sems_.forget_requests();
  tell_units(empty);
  flushed_.notify(sc_core::SC_ZERO_TIME);
}

void sequencer::reset() {
  flush(common::activity_kind::no_job);
  sems_.reset();
  jobs_.rewind();
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
    while (jobs_.dispatched_all() || stopped()) {
      activity_.enter(stopped() ? common::activity_kind::stopped : common::activity_kind::no_job, clock_.now());
      wait(rung_ | flushed_);
    }
    tell_units(common::activity_kind::sequencer);
    const auto epoch = epoch_;
    try {
      run_job(jobs_.dispatching());
      jobs_.end_of_dispatch();
      finish_jobs();
    } catch (const command_failure& failure) {
      if (epoch == epoch_) record_error(at_, failure);
    } catch (const interrupted&) {
    }
  }
}

void sequencer::run_job(job& j) {
  jobs_.begin(j);
  std::uint32_t pc = 0;
  while (pc < j.count) {
    activity_.enter(common::activity_kind::busy, clock_.now());
    const auto index = j.position(pc);
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
  const auto position = j.position(pc);
  const auto number = position / records_per_line;
  const auto fetched = line_at(j, number).fetched;
  // The next line is fetched while this one is worked off: of this job, or the first one of the next.
  const auto left_here = records_per_line - position % records_per_line;
  if (j.count - pc > left_here) {
    const auto next = (number + std::uint64_t{1}) * records_per_line < j.length ? number + 1 : 0;
    if (next != number) prefetch(j, next);
  } else if (const auto* next = jobs_.behind()) {
    prefetch(*next, next->start / records_per_line);
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
      activity_.resolve(t.under_way->held_by, clock_.now());
    } else {
      pause(t.done);
    }
    activity_.enter(common::activity_kind::busy, clock_.now());
    units_waited_since(begin);
  }
  check(t);
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
  d.serial = jobs_.dispatch(j);
  u.push(std::move(d));
}

// --- unit_owner --------------------------------------------------------------------------------------------------

void sequencer::completed(const dispatched& command) {
  ++retired_;
  jobs_.complete(command.serial);
  retired_event_.notify(sc_core::SC_ZERO_TIME);
  finish_jobs();
}

void sequencer::finish_jobs() {
  if (!jobs_.retire()) return;
  if (jobs_.empty()) tell_units(common::activity_kind::no_job);
  changed_();
}

// It stays outstanding: a fence behind it must never tell that the job is done.
void sequencer::failed(const dispatched& command, const command_failure& failure) {
  record_error({command.ring, command.index, command.job, command.op()}, failure);
}

void sequencer::tell_units(common::activity_kind empty) {
  for (auto* u : units_)
    if (u) u->empty_means(empty);
}

void sequencer::units_waited_since(common::cycles begin) {
  for (auto* u : units_)
    if (u) u->resolve_empty(begin, activity_);
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
  for (std::size_t n = 0; n < jobs_.number_behind(); ++n) {
    const auto& j = jobs_.behind(n);
    text += fmt::format("{} {} records of ring {} from command {}", n == 0 ? "; behind it wait" : ",", j.count, j.ring,
                        j.position(0));
  }
  return text;
}

} // namespace acf::sequencer
