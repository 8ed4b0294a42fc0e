// A unit of a tile: executes commands in order, each when its semaphores allow. Derived classes say what executing
// means.
#pragma once

#include "models/common/activity.hpp"
#include "models/common/turns.hpp"
#include "models/sequencer/dispatched.hpp"
#include "models/sequencer/semaphores.hpp"

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <systemc>
#include <vector>

namespace acf::sequencer {

// What units tell the sequencer of their tile.
class unit_owner {
public:
  virtual ~unit_owner() = default;
  virtual void completed(const dispatched& command) = 0;
  virtual void failed(const dispatched& command, const command_failure& failure) = 0;
  virtual bool stopped() const = 0;
  // True when every command of this tile, of whatever job, that was dispatched before `serial` has completed.
  virtual bool earlier_done(std::uint64_t serial) const = 0;
  virtual const sc_core::sc_event& retired_event() const = 0;
  virtual void queue_moved() = 0; // a queue has room again
};

struct unit_observer {
  virtual ~unit_observer() = default;
  virtual void started(const sc_core::sc_module& /*unit*/, const dispatched& /*command*/) {}
  virtual void executed(const sc_core::sc_module& unit, const dispatched& command, common::cycles start,
                        common::cycles end) = 0;
};

class unit : public sc_core::sc_module {
public:
  static constexpr std::size_t queue_depth = 16;
  static constexpr std::size_t most_completing = 64; // commands of a pipelined unit that wait for their last byte

  bool full() const { return queue_.size() >= queue_depth; }
  bool idle() const { return queue_.empty() && !current_; }
  void push(dispatched command);
  // Drops everything, also what is running.
  void flush();
  // What an empty queue means from now on: no_job, sequencer or stopped.
  void empty_means(common::activity_kind kind);
  // The sequencer has waited since `begin` before it could dispatch anything: a unit with an empty queue waited, too,
  // and for the same.
  void resolve_empty(common::cycles begin, const common::activity& of_sequencer);

  common::activity_totals activity_totals() const { return activity_.totals(clock_.now()); }
  const std::optional<dispatched>& current() const { return current_; }
  bool executing() const { return executing_; }
  void observe(unit_observer& who) { observers_.push_back(&who); }
  // Called when another command, or none, is the current one, when it begins to execute, and when one has completed.
  void on_change(std::function<void()> f) { changed_ = std::move(f); }
  const common::activity& spent() const { return activity_; }
  common::activity& spent() { return activity_; }

protected:
  unit(sc_core::sc_module_name name, unsigned number, const common::turn& turn, const common::clock_domain& clock,
       semaphores& sems, unit_owner& owner);

  // Returned by execute(): the command completes later, when the derived class calls finish().
  static constexpr common::cycles later = ~common::cycles{0};
  // Executes one command; may wait (through wait_until). Returns the cycle at which it completes, now or later.
  // `done` is called by the base at that cycle. Throws command_failure.
  virtual common::cycles execute(const dispatched& command, common::cycles start) = 0;
  // Before a command begins: what has arrived in memory by now is there, or known to be wrong.
  virtual void settle() {}
  // What went wrong after execute() had returned, of a command that completes now.
  virtual std::optional<command_failure> late_failure(const dispatched&) { return {}; }
  // Commands that had not completed are gone.
  virtual void dropped() {}
  // Whether the next command may start while this one is completing (DMA).
  virtual bool pipelined() const { return false; }
  // Cause attached to the signal of the command just executed.
  virtual signal_cause cause(const dispatched& command, common::cycles start) const = 0;
  // Side of the signal: remote signals travel with their packets.
  virtual bool signals_itself(const dispatched&) const { return true; }

  // Waits until cycle `n`; false when the unit was flushed meanwhile.
  bool wait_until(common::cycles n);
  // Before something shared is reserved: at the beginning of a command, and after every wait. False as above.
  bool take_turn();
  // Waits while `condition` holds; looks again whenever `e` happens. False as above.
  bool wait_while(const std::function<bool()>& condition, const sc_core::sc_event& e);
  // The command's signal, and its completion at cycle `when`.
  void finish(const dispatched& command, common::cycles start, common::cycles when);
  bool wait_for_earlier(const dispatched& command);
  // In the middle of command number `serial`: waits for what a command's wait means, and takes it. False as above.
  bool await_signal(std::uint16_t wait, std::uint64_t serial);
  const common::clock_domain& clock() const { return clock_; }
  unsigned number() const { return number_; }
  semaphores& sems() { return sems_; }

private:
  void run();
  bool wait_for_semaphores(const dispatched& command);
  bool take_counts(const std::array<std::uint16_t, 2>& waits, std::uint64_t serial);
  void complete(const dispatched& command);
  bool wait_for_room();
  void retire_due();

  struct completion {
    common::cycles when;
    dispatched command;
  };

  const unsigned number_;
  const common::turn turn_;
  const common::clock_domain& clock_;
  semaphores& sems_;
  unit_owner& owner_;
  std::vector<unit_observer*> observers_;
  std::function<void()> changed_ = [] {};
  std::deque<dispatched> queue_;
  std::optional<dispatched> current_;
  bool executing_ = false;
  std::uint64_t epoch_ = 0; // counts flushes
  common::activity activity_;
  common::activity_kind empty_ = common::activity_kind::no_job;
  std::deque<completion> completing_;
  sc_core::sc_event pushed_, flushed_, completion_due_, retired_;
};

} // namespace acf::sequencer
