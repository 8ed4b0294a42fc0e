#include "models/sequencer/unit.hpp"

#include "models/common/thread_stack.hpp"

#include <algorithm>
#include <utility>

namespace acf::sequencer {

unit::unit(sc_core::sc_module_name name, unsigned number, const common::turn& turn, const common::clock_domain& clock,
           semaphores& sems, unit_owner& owner)
    : sc_module(name), number_(number), turn_(turn), clock_(clock), sems_(sems), owner_(owner) {
  SC_HAS_PROCESS(unit);
  SC_THREAD(run);
  set_stack_size(common::thread_stack_bytes);
  sems_.know(number_, activity_);
  SC_METHOD(retire_due);
  sensitive << completion_due_;
  dont_initialize();
}

void unit::push(dispatched command) {
  queue_.push_back(std::move(command));
  pushed_.notify(sc_core::SC_ZERO_TIME);
}

void unit::flush() {
  queue_.clear();
  completing_.clear();
  dropped();
  current_.reset();
  changed_();
  ++epoch_;
  flushed_.notify(sc_core::SC_ZERO_TIME);
}

void unit::empty_means(common::activity_kind kind) {
  empty_ = kind;
  if (queue_.empty() && !current_) activity_.enter(kind, clock_.now());
}

void unit::resolve_empty(common::cycles begin, const common::activity& of_sequencer) {
  if (!idle()) return;
  activity_.resolve(empty_, begin); // before `begin` it was as it was
  activity_.resolve_as(of_sequencer, empty_, clock_.now());
}

bool unit::wait_until(common::cycles n) {
  const auto epoch = epoch_;
  while (clock_.now() < n && epoch == epoch_) wait(clock_.until(n), flushed_);
  return epoch == epoch_;
}

bool unit::take_turn() {
  const auto epoch = epoch_;
  turn_.take();
  return epoch == epoch_;
}

bool unit::wait_while(const std::function<bool()>& condition, const sc_core::sc_event& e) {
  const auto epoch = epoch_;
  while (epoch == epoch_ && condition()) wait(e | flushed_);
  return epoch == epoch_;
}

bool unit::wait_for_earlier(const dispatched& command) {
  const auto epoch = epoch_;
  activity_.enter(common::activity_kind::fence, clock_.now());
  while (epoch == epoch_ && !owner_.earlier_done(command.serial)) wait(owner_.retired_event() | flushed_);
  activity_.enter(common::activity_kind::busy, clock_.now());
  return epoch == epoch_;
}

bool unit::wait_for_semaphores(const dispatched& command) {
  if (hal::count_of(command.cmd.wait[0]) == 0 && hal::count_of(command.cmd.wait[1]) == 0) return true;
  return take_counts(command.cmd.wait, command.serial);
}

bool unit::await_signal(std::uint16_t wait, std::uint64_t serial) {
  if (!take_counts({wait, 0}, serial) || !take_turn()) return false;
  activity_.enter(common::activity_kind::busy, clock_.now());
  return true;
}

bool unit::take_counts(const std::array<std::uint16_t, 2>& waits, std::uint64_t serial) {
  const auto epoch = epoch_;
  const auto begin = clock_.now();
  // Provisional: what the time was spent on is known when the signal has come.
  activity_.enter(common::activity_kind::peer, begin);
  sems_.request(number_, waits, serial);
  while (epoch == epoch_ && sems_.pending(number_)) wait(sems_.granted(number_) | flushed_);
  if (epoch != epoch_) return false;
  sems_.explain(activity_, sems_.last_cause(number_), clock_.now());
  return true;
}

// Without a limit, a loop of commands that start faster than they complete would have ever more of them under way.
bool unit::wait_for_room() {
  const auto epoch = epoch_;
  while (epoch == epoch_ && completing_.size() >= most_completing) {
    activity_.enter(common::activity_kind::latency, clock_.now());
    wait(retired_ | flushed_);
  }
  return epoch == epoch_;
}

void unit::run() {
  for (;;) {
    while (queue_.empty()) {
      activity_.enter(empty_, clock_.now());
      wait(pushed_ | flushed_);
    }
    const auto epoch = epoch_;
    current_ = std::move(queue_.front());
    queue_.pop_front();
    changed_();
    owner_.queue_moved();
    if (!wait_for_room() || !wait_for_semaphores(*current_) || !take_turn()) continue;
    settle();
    if (owner_.stopped()) {
      current_.reset();
      changed_();
      continue;
    }
    const auto start = clock_.now();
    activity_.enter(common::activity_kind::busy, start);
    executing_ = true;
    changed_();
    for (auto* o : observers_) o->started(*this, *current_);
    const dispatched command = *current_;
    bool finished = false;
    try {
      const auto end = execute(command, start);
      if (end == later) {
        finished = true;
      } else if (epoch == epoch_ && (pipelined() || wait_until(end))) {
        finish(command, start, end);
        finished = true;
      }
    } catch (const command_failure& failure) {
      if (epoch == epoch_) owner_.failed(command, failure);
    }
    if (!finished)
      for (auto* o : observers_) o->executed(*this, command, start, clock_.now());
    executing_ = false;
    if (epoch == epoch_) current_.reset();
    changed_();
  }
}

void unit::finish(const dispatched& command, common::cycles start, common::cycles when) {
  if (hal::count_of(command.cmd.signal) != 0 && signals_itself(command))
    sems_.signal(hal::semaphore_of(command.cmd.signal), hal::count_of(command.cmd.signal), when, cause(command, start));
  for (auto* o : observers_) o->executed(*this, command, start, when);
  if (when <= clock_.now()) return complete(command);
  const auto at = std::upper_bound(completing_.begin(), completing_.end(), when,
                                   [](common::cycles w, const completion& c) { return w < c.when; });
  completing_.insert(at, {when, command});
  completion_due_.cancel();
  completion_due_.notify(clock_.until(completing_.front().when));
}

void unit::complete(const dispatched& command) {
  if (const auto failure = late_failure(command))
    owner_.failed(command, *failure);
  else
    owner_.completed(command);
}

void unit::retire_due() {
  const auto now = clock_.now();
  while (!completing_.empty() && completing_.front().when <= now) {
    const auto command = std::move(completing_.front().command);
    completing_.pop_front();
    complete(command);
  }
  if (!completing_.empty()) completion_due_.notify(clock_.until(completing_.front().when));
  retired_.notify(sc_core::SC_ZERO_TIME);
  changed_();
}

} // namespace acf::sequencer
