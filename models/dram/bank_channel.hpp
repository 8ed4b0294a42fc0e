// One DRAM channel command by command: controller queues, banks with rows, refresh.
//
//   add() -> read queue, write buffer -> bank queues -> banks -> data
//            one transaction a clock     one command a clock
//
// Row hits go first inside a bank queue, until hit_cap of them have passed an older conflict; banks take turns. Reads
// come before writes until the write buffer is full, or holds more than drain_above while no command waits: then all
// of it drains. Writes are posted: acknowledged a clock after they entered the buffer; a read of a buffered write is
// answered from there. Refresh takes a rank as soon as its open rows can be closed.
//
// Queues, arbitration and timing rules are those of DRAMsim3 (Li et al., IEEE CAL 19(2), 2020), whose rows in
// reference/timing it is compared with; its limits too: no power-down, all-bank refresh only.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "models/dram/address_order.hpp"

namespace acf::dram {

struct channel_activity {
  std::uint64_t reads = 0, writes = 0, row_hits = 0; // column commands; those that found their row used already
  std::uint64_t activates = 0, precharges = 0, refreshes = 0;
  std::uint64_t data_clocks = 0; // of the data bus
  // Clocks in which commands waited and none could go: for a row to open or close, for a column command (bus,
  // turnaround, bank group), for a refresh.
  std::uint64_t row_waits = 0, column_waits = 0, refresh_waits = 0;
};

struct channel_energy {
  double activate = 0, read = 0, write = 0, refresh = 0, standby = 0; // activate: with its precharge
  double total() const { return activate + read + write + refresh + standby; }
  channel_energy& operator+=(const channel_energy& o) {
    activate += o.activate, read += o.read, write += o.write, refresh += o.refresh, standby += o.standby;
    return *this;
  }
  friend channel_energy operator-(const channel_energy& x, const channel_energy& y) {
    return {x.activate - y.activate, x.read - y.read, x.write - y.write, x.refresh - y.refresh, x.standby - y.standby};
  }
};

class bank_channel {
public:
  using clock = std::uint64_t;
  struct completion {
    std::uint64_t tag;
    clock at;
    bool write;
  };

  explicit bank_channel(const device& d);

  // Room for one more; a transaction that is not accepted is offered again later.
  bool accepts(bool write) const { return (write ? writes_ : reads_).size() < device_.transactions; }
  // One burst, at clock `now`, before tick(now). Its completion will carry the tag.
  void add(std::uint64_t tag, const place& where, bool write, clock now);

  // One clock. Appends completions, which may lie in the future.
  void tick(clock now, std::vector<completion>& done);
  // The next clock at which tick() could do something without new transactions.
  clock next_work() const { return next_work_; }
  bool idle() const { return reads_.empty() && writes_.empty() && waiting_ == 0; }

  const channel_activity& activity() const { return activity_; }
  // Energy so far in picojoules, by command, and of standby up to `now`.
  channel_energy energy_pj(clock now) const;

private:
  static constexpr clock never = ~clock{0};
  enum command : std::uint8_t { activate, precharge, read, write_, refresh, commands };
  enum relation : std::uint8_t { same_bank, same_group, same_rank, other_rank, relations };

  struct transaction {
    std::uint64_t key; // of the burst in the channel
    std::uint32_t bank, row, column;
    bool write;
  };
  struct bank_state {
    static constexpr std::uint32_t closed = 0xFFFFFFFF;
    std::uint32_t open_row = closed;
    std::uint32_t hits = 0;
    clock next[commands] = {};
    std::vector<transaction> queue;
  };
  struct choice {
    command what;
    std::uint32_t bank;
    std::size_t position; // in its queue
  };

  void make_rules();
  std::optional<choice> first_ready(std::uint32_t bank, clock now);
  std::optional<choice> next_command(clock now);
  bool serve_refresh(clock now);
  void open(std::uint32_t bank, std::uint32_t row, clock now);
  void close(std::uint32_t bank, clock now);
  void issue(const choice& c, clock now, std::vector<completion>& done);
  void apply(command what, std::uint32_t bank, clock now);
  void wait_for(clock when, command what);
  bool schedule();
  clock activate_allowed(std::uint32_t rank) const;

  const device device_;
  std::int32_t rules_[commands][relations][commands]; // clocks from the first to the second; -1: no rule
  std::uint32_t banks_;                               // of a rank
  std::vector<bank_state> state_;                     // rank * banks + group * banks_per_group + bank
  std::vector<transaction> reads_, writes_;
  std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> pending_reads_; // tags by burst
  std::unordered_map<std::uint64_t, std::uint64_t> pending_writes_;
  std::vector<completion> early_;         // answered without a command
  std::vector<std::deque<clock>> window_; // end of the activation window of the last activates, by rank
  std::size_t draining_ = 0;
  std::size_t waiting_ = 0; // commands in bank queues
  std::uint32_t turn_ = 0;
  std::deque<std::uint32_t> refresh_due_; // ranks
  bool refreshing_ = false;
  clock next_refresh_;
  std::uint32_t next_rank_ = 0;
  clock next_work_ = 0;
  clock earliest_ = never; // of a command, when none was ready,
  command awaited_ = read; // and which
  channel_activity activity_;
  std::vector<std::uint32_t> open_banks_;           // by rank
  std::vector<clock> active_clocks_, active_since_; // with open rows, by rank
};

} // namespace acf::dram
