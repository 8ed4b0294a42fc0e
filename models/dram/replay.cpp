#include "models/dram/replay.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <iterator>
#include <queue>
#include <random>

namespace acf::dram {
namespace {

constexpr std::string_view names[] = {"seq_rd",        "seq_wr",         "rand_rd",      "rand_wr",
                                      "stride_row_rd", "stride_bank_rd", "mix_seq_1r1w", "mix_rand_2r1w"};

class addresses {
public:
  addresses(const device& d, const address_order& order, const access_load& load)
      : pattern_(load.pattern), random_(load.seed), capacity_(d.capacity()), step_(d.access_bytes()) {
    if (pattern_ == access_pattern::stride_row_rd) step_ = std::uint64_t{1} << order.lowest_bit("ro");
    if (pattern_ == access_pattern::stride_bank_rd) step_ = std::uint64_t{1} << lowest_bank_bit(d, order);
    bursts_ = capacity_ / d.access_bytes();
    burst_ = d.access_bytes();
  }
  std::uint64_t next() {
    if (pattern_ == access_pattern::rand_rd || pattern_ == access_pattern::rand_wr ||
        pattern_ == access_pattern::mix_rand_2r1w)
      return random_() % bursts_ * burst_;
    const auto at = position_;
    position_ += step_;
    if (position_ >= capacity_) position_ -= capacity_;
    return at;
  }
  bool write(std::uint64_t i) const {
    switch (pattern_) {
    case access_pattern::seq_wr:
    case access_pattern::rand_wr: return true;
    case access_pattern::mix_seq_1r1w: return i % 2 == 1;
    case access_pattern::mix_rand_2r1w: return i % 3 == 2;
    default: return false;
    }
  }

private:
  static std::uint32_t lowest_bank_bit(const device& d, const address_order& order) {
    return d.bank_groups > 1 ? std::min(order.lowest_bit("ba"), order.lowest_bit("bg")) : order.lowest_bit("ba");
  }

  access_pattern pattern_;
  std::mt19937_64 random_;
  std::uint64_t capacity_, step_, bursts_ = 0, burst_ = 0, position_ = 0;
};

} // namespace

std::optional<access_pattern> find_access_pattern(std::string_view name) {
  for (std::size_t i = 0; i < std::size(names); ++i)
    if (names[i] == name) return static_cast<access_pattern>(i);
  return std::nullopt;
}

access_result run_accesses(const device& d, const access_load& load) {
  d.validate();
  const address_order order(d);
  addresses source(d, order, load);
  std::vector<bank_channel> channels(d.channels, bank_channel(d));
  const bool open_loop = load.outstanding == 0;
  const double gap = static_cast<double>(d.burst_clocks()) / d.channels / std::max(load.offered, 1e-9); // clocks
  std::mt19937_64 arrivals(load.seed + 1);

  struct request {
    double offered; // clocks
    place where;
    bool write;
  };
  std::optional<request> head;
  std::vector<double> offered(load.requests); // by tag
  double arrival = 0;
  std::uint64_t made = 0, completed = 0, outstanding = 0, reads = 0, writes = 0;
  double read_clocks = 0, write_clocks = 0;
  std::uint64_t window_begin = 0, window_end = 0;
  const auto later = [](const bank_channel::completion& a, const bank_channel::completion& b) {
    return a.at > b.at || (a.at == b.at && a.tag > b.tag);
  };
  std::priority_queue<bank_channel::completion, std::vector<bank_channel::completion>, decltype(later)> due(later);
  std::vector<bank_channel::completion> done;

  for (std::uint64_t now = 0; completed < load.requests;) {
    // Requests that are there, in order, until one is refused.
    while (made < load.requests || head) {
      if (!head) {
        if (open_loop ? arrival > static_cast<double>(now) : outstanding >= load.outstanding) break;
        head = request{open_loop ? arrival : static_cast<double>(now), order.find(source.next()), source.write(made)};
        offered[made] = head->offered;
        ++made;
        ++outstanding;
        if (open_loop) {
          const auto u = static_cast<double>(arrivals() >> 11) * 0x1p-53;
          arrival += load.poisson ? -std::log1p(-u) * gap : gap;
        }
      }
      auto& c = channels[head->where.channel];
      if (!c.accepts(head->write)) break;
      c.add(made - 1, head->where, head->write, now);
      head.reset();
    }
    std::uint64_t next = ~std::uint64_t{0};
    for (auto& c : channels) {
      if (c.next_work() <= now) {
        c.tick(now, done);
        for (const auto& x : done) due.push(x);
        done.clear();
      }
      next = std::min(next, c.next_work());
    }
    while (!due.empty() && due.top().at <= now) {
      const auto x = due.top();
      due.pop();
      --outstanding;
      if (completed == load.left_out) window_begin = x.at;
      window_end = x.at;
      next = now + 1; // the window has room
      if (completed++ < load.left_out) continue;
      (x.write ? write_clocks : read_clocks) += static_cast<double>(x.at) - offered[x.tag];
      ++(x.write ? writes : reads);
    }
    if (!due.empty()) next = std::min(next, due.top().at);
    if (open_loop && !head && made < load.requests)
      next = std::min(next, static_cast<std::uint64_t>(std::ceil(std::max(arrival, static_cast<double>(now + 1)))));
    if (!open_loop && !head && outstanding < load.outstanding && made < load.requests) next = now + 1;
    now = std::max(next, now + 1);
  }
  access_result r;
  const double ns = static_cast<double>(d.clock_fs) * 1e-6;
  if (reads > 0) r.read_ns = read_clocks / static_cast<double>(reads) * ns;
  if (writes > 0) r.write_ns = write_clocks / static_cast<double>(writes) * ns;
  r.clocks = window_end;
  if (window_end > window_begin)
    r.gb_per_s = static_cast<double>(reads + writes - 1) * d.access_bytes() /
                 (static_cast<double>(window_end - window_begin) * ns);
  for (const auto& c : channels) {
    const auto& a = c.activity();
    r.activity.reads += a.reads;
    r.activity.writes += a.writes;
    r.activity.row_hits += a.row_hits;
    r.activity.activates += a.activates;
    r.activity.precharges += a.precharges;
    r.activity.refreshes += a.refreshes;
    r.activity.data_clocks += a.data_clocks;
    r.activity.row_waits += a.row_waits;
    r.activity.column_waits += a.column_waits;
    r.activity.refresh_waits += a.refresh_waits;
  }
  return r;
}

} // namespace acf::dram
