// One DMA channel of a tile's sparse memory engine: moves rows between SRAM, DRAM and other tiles, gathers and scatters
// by index lists, adds up over tiles, writes fences. Commands start in order; the next one may start while data are
// still on their way.
#pragma once

#include "models/same/sram.hpp"
#include "models/same/zero_codec.hpp"
#include "models/sequencer/fabric_port.hpp"
#include "models/sequencer/unit.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace acf::same {

using sequencer::fabric_port;
using sequencer::fabric_stream;
using sequencer::transfer;

// What COUNTERS stores.
using counter_snapshot = std::array<std::uint64_t, 8>;

class dma_channel : public sequencer::unit {
public:
  dma_channel(sc_core::sc_module_name name, unsigned number, const common::turn& turn,
              const common::clock_domain& clock, sequencer::semaphores& sems, sequencer::unit_owner& owner,
              fabric_port& port, sram& memory, zero_codecs* codecs, std::function<counter_snapshot()> snapshot);

  std::uint64_t bytes_loaded() const { return loaded_; }
  std::uint64_t bytes_stored() const { return stored_; }
  std::uint64_t bytes_sent() const { return sent_; } // as they travelled
  // Of pieces that were given to the packer: bytes before, and bytes that travelled.
  std::uint64_t bytes_to_pack() const { return to_pack_; }
  std::uint64_t bytes_packed() const { return packed_; }
  std::uint64_t additions() const { return additions_; } // fp32, of REDUCE
  // What REDUCE has read and written in the SRAM beyond the bytes that it sent.
  std::uint64_t bytes_summed() const { return summed_; }
  std::uint64_t bytes_moved() const { // in and out of the SRAM
    return loaded_ + unpacked_more_ + stored_ + sent_ - packed_ + to_pack_ + summed_;
  }

private:
  common::cycles execute(const sequencer::dispatched& command, common::cycles start) override;
  void settle() override { sram_.settle(clock().now()); }
  std::optional<sequencer::command_failure> late_failure(const sequencer::dispatched& command) override;
  void dropped() override;
  bool pipelined() const override { return true; }
  sequencer::signal_cause cause(const sequencer::dispatched& command, common::cycles start) const override;
  bool signals_itself(const sequencer::dispatched& command) const override;

  void perform(const sequencer::dispatched& d);
  void give_up();
  void load(const sequencer::dispatched& d);
  void store(const sequencer::dispatched& d);
  void send(const sequencer::dispatched& d);
  transfer send_piece(std::uint32_t set, std::uint64_t to, std::uint64_t from, std::uint32_t bytes,
                      std::uint32_t element, std::optional<sequencer::remote_signal> signal);
  void deal(const sequencer::dispatched& d);
  void deal_packet(std::uint32_t tile, std::uint64_t to, std::span<const std::uint8_t> packet, std::uint64_t pieces,
                   std::optional<sequencer::remote_signal> signal);
  void deal_signal(std::uint32_t tile, sequencer::remote_signal signal);
  void follow(const transfer& t, std::uint32_t bytes); // a packet of this command has been sent
  void reduce(const sequencer::dispatched& d);
  void keep(const sequencer::dispatched& d, std::uint64_t offset, std::span<const std::uint8_t> data,
            common::cycles when);
  std::uint64_t place_of(const sequencer::dispatched& d, unsigned view, std::uint64_t n) const;
  void gather(const sequencer::dispatched& d);
  void scatter(const sequencer::dispatched& d);
  void fence(const sequencer::dispatched& d);
  void counters(const sequencer::dispatched& d);

  // A dense view as rows in SRAM, checked against its size and against what others hold.
  byte_range rows(const sequencer::dispatched& d, unsigned view, bool write) const;
  std::vector<std::uint32_t> index_list(const sequencer::dispatched& d) const;

  // Rows that lie packed in DRAM, each piece at the place where it would begin as it is. The u16 sizes of the pieces of
  // row i are at begin + i stride of the SRAM. No element: rows as they are.
  struct packed_rows {
    std::uint32_t element = 0;
    byte_range sizes{};

    packed_rows row(std::uint64_t i) const { return {element, {sizes.begin + i * sizes.stride, sizes.bytes}}; }
  };
  // Of `rows` rows of `row_bytes` of this view, in `data` of the SRAM; `write`: their sizes are results.
  packed_rows packing(const sequencer::dispatched& d, unsigned view, const byte_range& data, std::uint64_t rows,
                      std::uint64_t row_bytes, bool write) const;
  std::uint32_t packed_size(std::uint64_t said_by, std::uint32_t raw) const;

  // Moves one row in pieces; `now_` runs ahead of simulated time by at most `lookahead`.
  void read_row(std::uint64_t address, std::uint64_t offset, std::uint64_t bytes, const packed_rows& packed);
  void write_row(std::uint64_t address, std::uint64_t offset, std::uint64_t bytes, const packed_rows& packed);
  void read_piece(std::uint64_t address, std::uint64_t offset, std::uint32_t bytes, const packed_form& form);
  void write_packed(std::uint64_t address, std::uint64_t offset, std::uint32_t bytes, std::uint32_t element,
                    std::uint64_t size_at);
  // When `size` bytes that have come by `done`, not before `first`, are in the SRAM.
  common::cycles land(common::cycles first, common::cycles done, std::uint32_t size, const packed_form& form);

  // A piece that has passed the packer.
  struct packed_piece {
    std::optional<std::vector<std::uint8_t>> packed; // none: no shorter
    std::span<const std::uint8_t> carried;
    zero_codec::passage passage;

    // Of a transfer that could start only now, the time at which the next one may: it is packed while this one leaves.
    common::cycles next(common::cycles injected) const;
  };
  packed_piece pack(std::span<const std::uint8_t> raw, std::uint32_t element, common::cycles ready); // may set flushed_
  void advance(const transfer& t, std::uint32_t bytes);

  // At timing: what is known of a command that has transfers under way.
  struct incomplete {
    sequencer::dispatched command;
    common::cycles start = 0, done = 0;
    common::activity_kind held_by = common::activity_kind::latency;
    std::uint32_t transfers = 0;       // that are not over
    std::uint64_t bytes = 0;           // of those
    bool issued = false;               // all of them have been asked for
    std::optional<byte_range> loading; // held until they are there
    sram::ticket held = 0;
    std::optional<sequencer::command_failure> failure;
  };
  bool phases() const { return stream_.port().phases(); }
  // At timing waits until cycle `n`, because nothing can be asked for ahead of time. Sets flushed_.
  bool on_time(common::cycles n);
  // At timing: `then` gives the cycle at which the transfer is really over, when its last answer has come.
  void watch(const transfer& t, std::uint32_t bytes, std::function<common::cycles(common::cycles)> then = {});
  void complete_if_over(std::uint64_t serial);
  void await(transfer& t); // its last answer; sets flushed_
  // From now on until the command's data are there.
  void hold_loaded(const byte_range& r, const sequencer::dispatched& d);

  fabric_stream stream_;
  sram& sram_;
  zero_codecs* const codecs_; // of the tile; none: the chip has none
  const std::function<counter_snapshot()> snapshot_;

  std::uint64_t serial_ = 0;          // of the command under way,
  common::cycles now_ = 0, done_ = 0; // its next issue, last completion
  common::activity_kind held_by_ = common::activity_kind::latency;
  common::cycles held_until_ = 0;
  std::deque<std::pair<common::cycles, std::uint32_t>> in_flight_; // completion, bytes
  std::uint64_t in_flight_bytes_ = 0;
  bool flushed_ = false;
  // By serial number of the commands that have not completed: what they read and wrote in DRAM.
  std::map<std::uint64_t, std::vector<std::shared_ptr<common::parcel>>> parcels_;
  // At timing, by serial number.
  std::map<std::uint64_t, incomplete> incomplete_;
  std::map<std::uint64_t, sequencer::command_failure> failures_; // of those that are over
  common::cycles left_ = 0;                                      // a packet has, completely
  common::cycles packer_free_ = 0;                               // of the last packet of this command; 0: none yet
  common::cycles kept_ = 0;                                      // a REDUCE's own copy of its result is in place
  std::uint64_t loaded_ = 0, stored_ = 0, sent_ = 0, to_pack_ = 0, packed_ = 0, unpacked_more_ = 0, summed_ = 0,
                additions_ = 0;
};

} // namespace acf::same
