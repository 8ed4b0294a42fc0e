// Where the cycles of a block went: busy, or waiting for a named cause. At any instant
// busy + sum(stalls) = cycles since the start, exactly.
#pragma once

#include "models/common/units.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

namespace acf::common {

enum class activity_kind : std::uint8_t {
  busy,
  no_job,    // nothing was asked of the tile: firmware, or the end of the run
  sequencer, // the next command was not dispatched yet (fetch, or its queue order)
  dma,       // operands: their transfer had not been started
  dram,      // operands: their transfer was held up most by DRAM
  mesh,      // operands: their transfer was held up most by the mesh
  latency,   // operands: their transfer met no contention, it takes that long
  matrix,    // a result of the matrix engine
  vector,    // a result of the vector unit
  peer,      // another tile had not sent yet
  sram,      // SRAM bandwidth
  fence,     // earlier commands of the job
  stopped,   // error or abort
  count
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(activity_kind::count)> activity_names{
    "busy",   "no_job", "sequencer", "dma",  "dram",  "mesh",   "latency",
    "matrix", "vector", "peer",      "sram", "fence", "stopped"};

using activity_totals = std::array<cycles, static_cast<std::size_t>(activity_kind::count)>;

class activity {
public:
  // Told of every stretch of time once it is known what it was spent on, in the order of time and without gaps.
  std::function<void(activity_kind, cycles begin, cycles end)> on_span;

  // The block changes what it does at `now`.
  void enter(activity_kind kind, cycles now) {
    account(now);
    current_ = kind;
  }
  // The time since the last change turns out to have been spent otherwise: first part, then second from `split` on.
  void resolve(activity_kind before, cycles split, activity_kind after, cycles now) {
    if (now <= since_) return;
    if (split > now) split = now;
    if (split < since_) split = since_;
    span(before, split);
    span(after, now);
  }
  activity_totals totals(cycles now) const {
    activity_totals t = totals_;
    if (now > since_) t[index(current_)] += now - since_;
    return t;
  }

  // What it has done since when, as far as is known.
  activity_kind current() const { return current_; }
  cycles since() const { return since_; }

private:
  static constexpr std::size_t index(activity_kind k) { return static_cast<std::size_t>(k); }
  void account(cycles now) {
    if (now > since_) span(current_, now);
  }
  void span(activity_kind kind, cycles end) {
    if (end == since_) return;
    totals_[index(kind)] += end - since_;
    if (on_span) on_span(kind, since_, end);
    since_ = end;
  }

  activity_totals totals_{};
  activity_kind current_ = activity_kind::no_job;
  cycles since_ = 0;
};

} // namespace acf::common
