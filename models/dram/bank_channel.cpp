#include "models/dram/bank_channel.hpp"

#include <algorithm>

namespace acf::dram {

bank_channel::bank_channel(const device& d)
    : device_(d),
      banks_(d.banks()),
      state_(std::size_t{d.ranks} * d.banks()),
      window_(d.ranks),
      next_refresh_(d.refi / d.ranks),
      open_banks_(d.ranks),
      active_clocks_(d.ranks),
      active_since_(d.ranks) {
  make_rules();
}

void bank_channel::make_rules() {
  const auto& d = device_;
  const auto n = [](std::uint32_t v) { return static_cast<std::int32_t>(v); };
  const auto burst = n(d.burst_clocks()), rl = n(d.cl), wl = n(d.cwl), rtrs = n(d.rtrs);
  const bool grouped = d.bank_groups > 1;
  const auto ccd_s = std::max(burst, n(d.ccd_s)), ccd_l = grouped ? std::max(burst, n(d.ccd_l)) : ccd_s;
  const auto wtr_s = wl + burst + n(d.wtr_s), wtr_l = grouped ? wl + burst + n(d.wtr_l) : wtr_s;
  const auto rrd_l = n(grouped ? d.rrd_l : d.rrd_s), ras = n(d.ras), rp = n(d.rp);
  const auto read_to_write = rl + burst - wl + rtrs;
  for (auto& by_relation : rules_)
    for (auto& row : by_relation) std::ranges::fill(row, -1);
  const auto rule = [&](command first, relation where, command then, std::int32_t clocks) {
    rules_[first][where][then] = std::max(clocks, 0);
  };
  rule(activate, same_bank, activate, std::max(ras + rp, n(d.rc)));
  rule(activate, same_bank, read, n(d.rcd_read));
  rule(activate, same_bank, write_, n(d.rcd_write));
  rule(activate, same_bank, precharge, ras);
  rule(activate, same_group, activate, rrd_l);
  rule(activate, same_rank, activate, n(d.rrd_s));
  for (const auto where : {same_bank, same_group, same_rank}) {
    rule(read, where, read, where == same_rank ? ccd_s : ccd_l);
    rule(read, where, write_, read_to_write);
    rule(write_, where, write_, where == same_rank ? ccd_s : ccd_l);
    rule(write_, where, read, where == same_rank ? wtr_s : wtr_l);
    for (const auto then : {activate, refresh}) rule(refresh, where, then, n(d.rfc));
    if (d.ppd > 0 && where != same_bank) rule(precharge, where, precharge, n(d.ppd));
  }
  rule(read, other_rank, read, burst + rtrs);
  rule(read, other_rank, write_, rl + burst + rtrs - wl); // the data bus changes hands
  rule(write_, other_rank, write_, burst);
  rule(write_, other_rank, read, wl + burst + rtrs - rl);
  rule(read, same_bank, precharge, n(d.rtp));
  rule(write_, same_bank, precharge, wl + burst + n(d.wr));
  rule(precharge, same_bank, activate, rp);
  rule(precharge, same_bank, refresh, rp);
}

void bank_channel::add(std::uint64_t tag, const place& p, bool write, clock now) {
  const auto bank = p.rank * banks_ + p.group * device_.banks_per_group + p.bank;
  const auto key = (std::uint64_t{bank} * device_.rows + p.row) * device_.columns + p.column;
  next_work_ = std::min(next_work_, now);
  const transaction t{key, bank, p.row, p.column, write};
  if (write) {
    if (pending_writes_[key]++ == 0)
      writes_.push_back(t);
    else
      pending_writes_[key] = 1; // merged with the one in the buffer
    early_.push_back({tag, now + 1, true});
    return;
  }
  if (pending_writes_.contains(key)) {
    early_.push_back({tag, now + 1, false});
    return;
  }
  auto& tags = pending_reads_[key];
  tags.push_back(tag);
  if (tags.size() == 1) reads_.push_back(t);
}

void bank_channel::tick(clock now, std::vector<completion>& done) {
  done.insert(done.end(), early_.begin(), early_.end());
  early_.clear();
  for (; now >= next_refresh_; next_refresh_ += device_.refi / device_.ranks) {
    refresh_due_.push_back(next_rank_);
    next_rank_ = (next_rank_ + 1) % device_.ranks;
  }
  earliest_ = never;
  bool busy = !refresh_due_.empty();
  bool column = false;
  bool issued = busy && serve_refresh(now);
  if (!issued)
    if (const auto c = next_command(now)) {
      column = c->what == read || c->what == write_;
      issue(*c, now, done);
      issued = true;
    }
  if (issued && device_.dual_command)
    if (const auto c = next_command(now); c && (c->what == read || c->what == write_) != column) issue(*c, now, done);
  const bool scheduled = schedule();
  next_work_ = issued || scheduled || busy ? now + 1 : std::min(earliest_, next_refresh_);
  if (issued || waiting_ == 0) return;
  const auto waited = next_work_ - now;
  (busy                                            ? activity_.refresh_waits
   : awaited_ == activate || awaited_ == precharge ? activity_.row_waits
                                                   : activity_.column_waits) += waited;
}

// The rank in front: open rows are closed as soon as they may, then it is refreshed; its bank queues rest meanwhile.
bool bank_channel::serve_refresh(clock now) {
  const auto rank = refresh_due_.front();
  refreshing_ = true;
  std::uint32_t ready = 0;
  for (auto b = rank * banks_; b < (rank + 1) * banks_; ++b) {
    auto& s = state_[b];
    if (s.open_row == bank_state::closed) {
      ready += now >= s.next[refresh];
    } else if (now >= s.next[precharge]) {
      close(b, now);
      apply(precharge, b, now);
      ++activity_.precharges;
      return true;
    }
  }
  if (ready < banks_) return false;
  apply(refresh, rank * banks_, now);
  ++activity_.refreshes;
  refresh_due_.pop_front();
  refreshing_ = false;
  return true;
}

std::optional<bank_channel::choice> bank_channel::next_command(clock now) {
  if (waiting_ == 0) return std::nullopt;
  const auto queues = static_cast<std::uint32_t>(state_.size());
  for (std::uint32_t i = 0; i < queues; ++i) {
    if (++turn_ == queues) turn_ = 0;
    if (state_[turn_].queue.empty() || (refreshing_ && turn_ / banks_ == refresh_due_.front())) continue;
    if (const auto c = first_ready(turn_, now)) return c;
  }
  return std::nullopt;
}

void bank_channel::wait_for(clock when, command what) {
  if (when >= earliest_) return;
  earliest_ = when;
  awaited_ = what;
}

bank_channel::clock bank_channel::activate_allowed(std::uint32_t rank) const {
  return window_[rank].size() >= 4 ? window_[rank].front() : 0;
}

std::optional<bank_channel::choice> bank_channel::first_ready(std::uint32_t bank, clock now) {
  const auto& s = state_[bank];
  for (std::size_t i = 0; i < s.queue.size(); ++i) {
    const auto& t = s.queue[i];
    command what = t.write ? write_ : read;
    clock at = 0;
    if (s.open_row == bank_state::closed) {
      what = activate;
      at = activate_allowed(bank / banks_);
    } else if (t.row != s.open_row) {
      if (i > 0) continue; // only the oldest may close the row,
      const bool hits = std::ranges::any_of(s.queue, [&](const auto& q) { return q.row == s.open_row; });
      if (hits && s.hits < device_.hit_cap) continue; // and not before those who can still use it
      what = precharge;
    } else if (t.write && std::any_of(s.queue.begin(), s.queue.begin() + static_cast<std::ptrdiff_t>(i),
                                      [&](const auto& q) { return !q.write && q.key == t.key; })) {
      continue;
    }
    at = std::max(at, s.next[what]);
    if (at <= now) return choice{what, bank, i};
    wait_for(at, what);
  }
  return std::nullopt;
}

void bank_channel::open(std::uint32_t bank, std::uint32_t row, clock now) {
  state_[bank].open_row = row;
  state_[bank].hits = 0;
  if (open_banks_[bank / banks_]++ == 0) active_since_[bank / banks_] = now;
}

void bank_channel::close(std::uint32_t bank, clock now) {
  state_[bank].open_row = bank_state::closed;
  state_[bank].hits = 0;
  const auto rank = bank / banks_;
  if (--open_banks_[rank] == 0) active_clocks_[rank] += now - active_since_[rank];
}

void bank_channel::issue(const choice& c, clock now, std::vector<completion>& done) {
  auto& s = state_[c.bank];
  const auto t = s.queue[c.position];
  switch (c.what) {
  case activate: {
    auto& w = window_[c.bank / banks_];
    if (!w.empty() && now >= w.front()) w.pop_front();
    w.push_back(now + device_.faw);
    open(c.bank, t.row, now);
    ++activity_.activates;
    break;
  }
  case precharge:
    close(c.bank, now);
    ++activity_.precharges;
    break;
  default:
    s.queue.erase(s.queue.begin() + static_cast<std::ptrdiff_t>(c.position));
    --waiting_;
    activity_.row_hits += s.hits > 0;
    activity_.data_clocks += device_.burst_clocks();
    ++s.hits;
    if (c.what == read) {
      ++activity_.reads;
      const auto tags = pending_reads_.extract(t.key);
      for (const auto tag : tags.mapped()) done.push_back({tag, now + device_.cl + device_.burst_clocks(), false});
    } else {
      ++activity_.writes;
      pending_writes_.erase(t.key);
    }
  }
  apply(c.what, c.bank, now);
  if (device_.page == page_policy::closed && (c.what == read || c.what == write_)) { // with auto-precharge
    const auto close_at =
        now + (c.what == read ? device_.rtp : device_.cwl + device_.burst_clocks() + device_.wr) + device_.rp;
    s.next[activate] = std::max(s.next[activate], close_at + (c.what == read ? device_.burst_clocks() : 0));
    s.next[refresh] = std::max(s.next[refresh], close_at);
    close(c.bank, now);
    ++activity_.precharges;
  }
}

void bank_channel::apply(command what, std::uint32_t bank, clock now) {
  const auto rank = bank / banks_, group = bank / device_.banks_per_group;
  for (std::uint32_t b = 0; b < state_.size(); ++b) {
    const auto where = b == bank                              ? same_bank
                       : b / device_.banks_per_group == group ? same_group
                       : b / banks_ == rank                   ? same_rank
                                                              : other_rank;
    const auto& rules = rules_[what][where];
    auto& next = state_[b].next;
    for (std::size_t then = 0; then < commands; ++then)
      if (rules[then] >= 0) next[then] = std::max(next[then], now + static_cast<clock>(rules[then]));
  }
}

// One transaction a clock goes to the queue of its bank: the first that finds room.
bool bank_channel::schedule() {
  if (draining_ == 0 &&
      (writes_.size() >= device_.transactions || (writes_.size() > device_.drain_above && waiting_ == 0)))
    draining_ = writes_.size();
  auto& from = draining_ > 0 ? writes_ : reads_;
  for (auto t = from.begin(); t != from.end(); ++t) {
    auto& queue = state_[t->bank].queue;
    if (queue.size() >= device_.bank_queue) continue;
    if (t->write) {
      if (pending_reads_.contains(t->key)) { // an older read of the same burst goes first
        draining_ = 0;
        return false;
      }
      --draining_;
    }
    queue.push_back(*t);
    ++waiting_;
    from.erase(t);
    return true;
  }
  return false;
}

// Currents above standby for as long as a command lasts, times devices and voltage; mA V ns = pJ.
channel_energy bank_channel::energy_pj(clock now) const {
  const auto& d = device_;
  const double scale = d.vdd * d.devices * static_cast<double>(d.clock_fs) * 1e-6;
  const auto n = [](std::uint64_t v) { return static_cast<double>(v); };
  double active = 0;
  for (std::uint32_t r = 0; r < d.ranks; ++r)
    active += n(active_clocks_[r]) + (open_banks_[r] > 0 ? n(now - active_since_[r]) : 0);
  const double ras = d.ras, rp = d.rp;
  return {scale * n(activity_.activates) * (d.idd0 * (ras + rp) - d.idd3n * ras - d.idd2n * rp),
          scale * n(activity_.reads) * (d.idd4r - d.idd3n) * d.burst_clocks(),
          scale * n(activity_.writes) * (d.idd4w - d.idd3n) * d.burst_clocks(),
          scale * n(activity_.refreshes) * (d.idd5 - d.idd3n) * d.rfc,
          scale * (active * d.idd3n + (n(now) * d.ranks - active) * d.idd2n)};
}

} // namespace acf::dram
