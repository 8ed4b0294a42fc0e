// Rings and jobs of a tile, without time: a doorbell appends a job, its records are dispatched in order, its commands
// complete in any order, and a job is over when all of its commands are.
#pragma once

#include "sw_stack/hal/tile_registers.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <set>

namespace acf::sequencer {

struct job {
  std::uint32_t ring = 0, start = 0, count = 0; // records
  std::uint64_t base = 0; // of the ring, and its length, at the doorbell: software may move it while the job runs
  std::uint32_t length = 0;
  std::uint64_t number = 0; // of the tile's jobs, from 1
  std::uint64_t first_serial = 0;
  std::uint64_t outstanding = 0; // commands dispatched and not complete
  bool dispatched_all = false;

  // Position in the ring of the job's record `pc`.
  std::uint32_t position(std::uint32_t pc) const {
    return static_cast<std::uint32_t>((start + static_cast<std::uint64_t>(pc)) % length);
  }
};

class job_queue {
public:
  struct ring {
    std::uint64_t base = 0;
    std::uint32_t length = 0, position = 0; // records
  };
  ring& at(std::uint32_t r) { return rings_[r]; }
  const ring& at(std::uint32_t r) const { return rings_[r]; }

  // Appends a job of `count` records (0: the whole ring) from the ring's position on. Throws command_failure OVERRUN
  // or RING; the attempt has a number all the same.
  void add(std::uint32_t r, std::uint32_t count);
  std::uint64_t last_number() const { return number_; }

  bool empty() const { return jobs_.empty(); }
  std::size_t size() const { return jobs_.size(); }
  bool dispatched_all() const { return undispatched_ == 0; }
  job& dispatching() { return jobs_[jobs_.size() - undispatched_]; }
  // The job behind the one that is dispatched; null: none yet.
  const job* behind() const { return undispatched_ > 1 ? &jobs_[jobs_.size() - undispatched_ + 1] : nullptr; }

  std::size_t number_behind() const { return undispatched_ > 1 ? undispatched_ - 1 : 0; }
  const job& behind(std::size_t n) const { return jobs_[jobs_.size() - undispatched_ + 1 + n]; }
  void begin(job& j) { j.first_serial = serial_; }
  std::uint64_t next_serial() const { return serial_; }
  // A command of `j` goes to its unit; returns its serial number.
  std::uint64_t dispatch(job& j);
  void end_of_dispatch();
  void complete(std::uint64_t serial);
  // All commands before `serial` are complete.
  bool earlier_done(std::uint64_t serial) const { return outstanding_.empty() || *outstanding_.begin() >= serial; }
  // Forgets the jobs at the front that are over; true if there was one.
  bool retire();

  void clear(); // jobs; rings and numbers stay
  void rewind();

private:
  std::array<ring, hal::tile::rings> rings_{};
  std::deque<job> jobs_;         // front: oldest not over
  std::size_t undispatched_ = 0; // jobs at the back of jobs_ not yet dispatched completely
  std::uint64_t number_ = 0, serial_ = 0;
  std::set<std::uint64_t> outstanding_;
};

} // namespace acf::sequencer
