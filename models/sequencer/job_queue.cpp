#include "models/sequencer/job_queue.hpp"

#include "models/sequencer/dispatched.hpp"
#include "sw_stack/hal/commands.hpp"

namespace acf::sequencer {

void job_queue::add(std::uint32_t r, std::uint32_t count) {
  ++number_;
  auto& from = rings_[r];
  if (undispatched_ >= hal::tile::job_queue_depth) throw command_failure{hal::tile::error::overrun, count};
  if (from.length == 0 || from.base % hal::command_bytes != 0) throw command_failure{hal::tile::error::ring, from.base};
  if (count == 0) count = from.length;
  jobs_.push_back({r, from.position, count, from.base, from.length, number_});
  from.position = jobs_.back().position(count);
  ++undispatched_;
}

std::uint64_t job_queue::dispatch(job& j) {
  outstanding_.insert(serial_);
  ++j.outstanding;
  return serial_++;
}

void job_queue::end_of_dispatch() {
  dispatching().dispatched_all = true;
  --undispatched_;
}

void job_queue::complete(std::uint64_t serial) {
  outstanding_.erase(serial);
  for (auto j = jobs_.rbegin(); j != jobs_.rend(); ++j)
    if (j->first_serial <= serial && j->outstanding > 0) {
      --j->outstanding;
      break;
    }
}

bool job_queue::retire() {
  const auto before = jobs_.size();
  while (!jobs_.empty() && jobs_.front().dispatched_all && jobs_.front().outstanding == 0) jobs_.pop_front();
  return jobs_.size() != before;
}

void job_queue::clear() {
  jobs_.clear();
  undispatched_ = 0;
  outstanding_.clear();
}

void job_queue::rewind() {
  for (auto& r : rings_) r.position = 0;
}

} // namespace acf::sequencer
