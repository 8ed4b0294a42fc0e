// Where the cycles of a block went: busy, or waiting for a named cause. At any instant
// busy + sum(stalls) = cycles since the start, exactly.
#pragma once

#include "models/common/units.hpp"

#include <algorithm>
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
  // The time since the last change turns out to have been spent otherwise, up to `end`.
  void resolve(activity_kind kind, cycles end) {
    if (end > since_) span(kind, end);
  }
  // The same, with what another block did in that time: where it was busy, or as long ago as nobody remembers, with
  // `busy`; else with what that one had waited for.
  void resolve_as(const activity& other, activity_kind busy, cycles end) {
    const std::size_t first = other.stretches_ > other.latest_.size() ? other.stretches_ - other.latest_.size() : 0;
    for (std::size_t i = first; i < other.stretches_; ++i) {
      const stretch& s = other.latest_[i % other.latest_.size()];
      if (s.end <= since_) continue;
      resolve(busy, std::min(s.begin, end));
      resolve(s.kind == activity_kind::busy ? busy : s.kind, std::min(s.end, end));
    }
    resolve(busy, end);
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
    remember(kind, end);
    since_ = end;
  }
  void remember(activity_kind kind, cycles end) {
    if (stretches_ > 0) {
      stretch& last = latest_[(stretches_ - 1) % latest_.size()];
      if (last.kind == kind && last.end == since_) {
        last.end = end;
        return;
      }
    }
    latest_[stretches_++ % latest_.size()] = {since_, end, kind};
  }

  struct stretch {
    cycles begin, end;
    activity_kind kind;
  };
  std::array<stretch, 64> latest_{};
  std::size_t stretches_ = 0; // of all times

  activity_totals totals_{};
  activity_kind current_ = activity_kind::no_job;
  cycles since_ = 0;
};

} // namespace acf::common
