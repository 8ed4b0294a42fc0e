// Who goes first at one instant of simulated time.
//
// Whoever reserves something shared (a link, a DRAM channel, SRAM bandwidth) or acts on the whole chip (a hart) asks
// for its turn first. Requests are collected until nothing else happens at that instant any more. They are served one
// by one, lowest rank first, each after everything that follows from the one before at the same instant. So neither the
// order in which the kernel runs processes nor events of others decide anything.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <systemc>
#include <vector>

namespace acf::common {

class turns : public sc_core::sc_module {
public:
  explicit turns(const sc_core::sc_module_name& name);

  // In a thread: returns at the same simulated time, when it is this rank's turn. It lasts until the thread waits.
  void take(std::uint32_t rank);
  // Calls `what` when it is this rank's turn.
  void call(std::uint32_t rank, std::function<void()> what);

private:
  struct request {
    std::uint32_t rank;
    std::uint64_t order; // equal ranks: who asked first
    std::function<void()> serve;
  };

  void ask(std::uint32_t rank, std::function<void()> serve);
  void serve_next();

  std::vector<request> waiting_;                     // a few at a time
  std::map<std::uint32_t, sc_core::sc_event> bells_; // of threads, by rank
  std::uint64_t asked_ = 0;
  std::uint32_t holder_ = 0;
  std::uint64_t held_in_delta_ = ~std::uint64_t{0};
  sc_core::sc_event next_;
};

// A place in the order, for the block that holds it.
struct turn {
  turns& order;
  std::uint32_t rank;
  void take() const { order.take(rank); }
};

// Faults are injected between what ends at an instant and what begins; flits move when all units have offered what they
// offer at that instant; harts come last and see all of it.
namespace rank {
inline constexpr std::uint32_t fault = 0, first_unit = 1, flits = (1u << 24) - 1, fence = 1u << 24,
                               first_hart = fence + 1;
}

} // namespace acf::common
