// The port of one DRAM channel in at timing: TLM base protocol outside, one payload per packet; commands and banks
// inside.
//
//   BEGIN_REQ --> [accepting] --bursts--> bank_channel --> complete --> BEGIN_RESP
//   END_REQ <-- when all its bursts have found room in the channel's queues
//
// One payload waits for room, at most `held` more are on their way or wait for END_RESP: then nothing further is
// accepted, and the mesh fills up behind. Bytes of a write move when the channel has taken all of it, those of a read
// when its last burst has passed the data bus, or before a later write to them: accesses to the same bytes take effect
// in the order in which they came.
#pragma once

#include <deque>
#include <functional>
#include <queue>
#include <unordered_map>

#include <systemc>
#include <tlm>

#include "models/dram/bank_channel.hpp"
#include "models/dram/memory_timing.hpp"

namespace acf::dram {

class channel_port : public sc_core::sc_module {
public:
  static constexpr std::size_t held = 16;

  struct owner { // the controller
    virtual ~owner() = default;
    virtual void move_bytes(tlm::tlm_generic_payload& p) = 0; // sets the response status
    virtual tlm::tlm_sync_enum to_initiator(std::uint32_t channel, tlm::tlm_generic_payload& p,
                                            tlm::tlm_phase phase) = 0;
    // From the first byte of the channel's own memory.
    virtual std::uint64_t local_address(const tlm::tlm_generic_payload& p) const = 0;
  };

  channel_port(sc_core::sc_module_name name, std::uint32_t number, const device& d, owner& o);

  tlm::tlm_sync_enum from_initiator(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase);

  const bank_channel& channel() const { return channel_; }
  channel_counters counters(std::uint64_t now_ps);
  // While the run is in lt, nobody asks here, and refreshes and standby are in the price of a byte: their energy does
  // not count. At first they do. Nothing may be under way.
  void count_energy(bool on, std::uint64_t now_ps);
  bool idle() const { return packets_.empty(); }
  std::uint64_t last_done_ps() const { return last_done_ps_; }

private:
  using clock = bank_channel::clock;
  struct packet {
    tlm::tlm_generic_payload* payload;
    std::uint64_t local; // address in the channel's own memory
    std::uint64_t first; // burst of the channel
    std::uint32_t bursts, added, missing;
    std::uint64_t arrived_ps;
    bool moved; // its bytes
  };

  void collect();
  void work();
  void add_bursts(clock now);
  void move_write(packet& k);
  void move(packet& k);
  void run_until(clock now);
  void complete(std::uint64_t number);
  void respond();

  const std::uint32_t number_;
  const device device_;
  const address_order order_;
  const std::uint64_t clock_ps_;
  owner& owner_;
  bank_channel channel_;

  std::unordered_map<std::uint64_t, packet> packets_; // by number, from BEGIN_REQ to the end of the response
  std::uint64_t accepting_ = 0;                       // number of the one without END_REQ; 0: none
  std::uint64_t next_number_ = 1;
  std::deque<std::uint64_t> complete_; // in this order they respond
  std::uint64_t responding_ = 0;       // waits for END_RESP; 0: none
  struct later {
    bool operator()(const bank_channel::completion& a, const bank_channel::completion& b) const {
      return a.at > b.at || (a.at == b.at && a.tag > b.tag);
    }
  };
  std::priority_queue<bank_channel::completion, std::vector<bank_channel::completion>, later> due_;
  std::vector<bank_channel::completion> fresh_;
  // All that reaches the port at an instant is there before the clock edge at it, whatever order processes run in.
  sc_core::sc_event wake_, edge_;
  clock ticked_ = ~clock{0}; // last clock edge
  std::uint64_t idle_read_ps_, idle_write_ps_;
  std::uint64_t last_done_ps_ = 0;
  channel_counters counters_;
  struct spending {
    channel_energy energy;
    std::uint64_t refreshes = 0;
  };
  spending spent(std::uint64_t now_ps); // since the start of the simulation
  bool counts_energy_ = true;
  spending counted_, since_; // before the last time that it began to count; up to then, counted or not
};

} // namespace acf::dram
