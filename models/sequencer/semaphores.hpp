// The counting semaphores of a tile. Units wait for counts and consume them; signals come from units here, or with
// packets from other tiles, at their exact time. When several units could be served at one instant, the one
// whose command was dispatched first goes first, whatever order the simulation kernel ran them in.
#pragma once

#include "models/common/activity.hpp"
#include "models/common/units.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/tile_registers.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <queue>
#include <systemc>
#include <tuple>
#include <vector>

namespace acf::sequencer {

// Why a signal came when it came: the consumer's waiting time before `started` is the signaller's own lateness, the
// time after it is what `after` says. The lateness is what unit `by` of this tile had waited for then; where that unit
// was busy, or the signal is nobody's here, it is `before`.
struct signal_cause {
  static constexpr unsigned nobody = ~0u;

  common::cycles started = 0;
  common::activity_kind before = common::activity_kind::sequencer;
  common::activity_kind after = common::activity_kind::sequencer;
  unsigned by = nobody;
};

class semaphores : public sc_core::sc_module {
public:
  static constexpr unsigned units = 5; // sequencer, two DMA channels, matrix, vector

  semaphores(sc_core::sc_module_name name, const common::clock_domain& clock);

  // Adds `count` to `semaphore` at cycle `when` (now or later).
  void signal(std::uint32_t semaphore, std::uint32_t count, common::cycles when, const signal_cause& cause);

  // Unit `unit` wants both waits for its command number `serial`; `granted(unit)` is notified when it has got them.
  void request(unsigned unit, const std::array<std::uint16_t, 2>& waits, std::uint64_t serial);
  const sc_core::sc_event& granted(unsigned unit) const { return units_[unit].granted; }
  bool pending(unsigned unit) const { return units_[unit].waits.has_value(); }
  // Whose waiting `by` means.
  void know(unsigned unit, const common::activity& its) { units_[unit].activity = &its; }
  // The signal that completed the last grant of a unit; nothing if it did not have to wait.
  const signal_cause& last_cause(unsigned unit) const { return units_[unit].cause; }
  // What `waited` has done since its last change, at `now`, is waiting for a signal with this cause.
  void explain(common::activity& waited, const signal_cause& cause, common::cycles now) const;
  // What a unit waits for, for "why is it stuck".
  std::optional<std::array<std::uint16_t, 2>> waiting_for(unsigned unit) const { return units_[unit].waits; }

  std::uint32_t value(std::uint32_t semaphore) const { return count_[semaphore]; }
  void set(std::uint32_t semaphore, std::uint32_t count);
  // The commands that wait are gone: nobody is to be served any more.
  void forget_requests();
  // Forgets counts, requests and signals under way.
  void reset();

private:
  struct arrival {
    common::cycles when;
    std::uint32_t semaphore, count;
    signal_cause cause;
    // Those of equal times by what they say: the order in which units signalled at one instant decides nothing.
    auto key() const { return std::tuple(when, semaphore, cause.started, cause.before, cause.after, cause.by, count); }
    bool operator>(const arrival& other) const { return key() > other.key(); }
  };
  struct unit_state {
    std::optional<std::array<std::uint16_t, 2>> waits;
    std::uint64_t serial = 0;
    signal_cause cause;
    const common::activity* activity = nullptr;
    sc_core::sc_event granted;
  };

  void deliver();   // SC_METHOD: adds what is due
  void arbitrate(); // SC_METHOD: serves commands in order
  bool available(std::uint16_t wait) const { return count_[hal::semaphore_of(wait)] >= hal::count_of(wait); }
  void take(std::uint16_t wait) { count_[hal::semaphore_of(wait)] -= hal::count_of(wait); }

  const common::clock_domain& clock_;
  std::array<std::uint32_t, hal::tile::semaphores> count_{};
  struct latest {
    common::cycles arrived = 0;
    signal_cause cause;
  };
  std::array<latest, hal::tile::semaphores> latest_{};
  std::array<unit_state, units> units_;
  std::priority_queue<arrival, std::vector<arrival>, std::greater<>> arrivals_;
  sc_core::sc_event due_, changed_;
};

} // namespace acf::sequencer
