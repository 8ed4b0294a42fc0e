#include "models/dram/backing_store.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

namespace acf::dram {
namespace {

// splitmix64 (Steele, Lea, Flood 2014): the i-th number of a stream is a mix of start + i * increment.
constexpr std::uint64_t increment = 0x9E37'79B9'7F4A'7C15;

constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ z >> 30) * 0xBF58'476D'1CE4'E5B9;
  z = (z ^ z >> 27) * 0x94D0'49BB'1331'11EB;
  return z ^ z >> 31;
}

constexpr range page_of(std::uint64_t at) {
  const auto begin = at / backing_store::page * backing_store::page;
  return {begin, begin + backing_store::page};
}

constexpr range chunk_of(std::uint64_t index) {
  return {index * backing_store::chunk, (index + 1) * backing_store::chunk};
}

} // namespace

backing_store::backing_store(std::uint64_t size, std::optional<std::uint64_t> seed)
    : size_(size), seed_(seed), resident_((size / chunk + 63) / 64) {
  void* p = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED)
    throw no_address_space("dram.size_mib: the host has no address space for " + std::to_string(size_ >> 20) + " MiB");
  data_ = static_cast<std::uint8_t*>(p);
}

backing_store::~backing_store() { munmap(data_, size_); }

void backing_store::materialise(std::uint64_t index) {
  resident_[index / 64] |= std::uint64_t{1} << index % 64;
  ++resident_count_;
  if (!seed_) return;
  auto state = mix(mix(*seed_ + increment) + index * increment);
  auto* to = data_ + index * chunk;
  for (std::uint64_t i = 0; i < chunk; i += sizeof state) {
    state += increment;
    const auto value = mix(state);
    std::memcpy(to + i, &value, sizeof value);
  }
}

void backing_store::touch(std::uint64_t at, std::uint64_t length) {
  for (auto index = at / chunk, last = (at + length - 1) / chunk; index <= last; ++index)
    if (!resident(index)) materialise(index);
}

void backing_store::read(std::uint64_t at, std::span<std::uint8_t> to) {
  if (to.empty()) return;
  touch(at, to.size());
  std::memcpy(to.data(), data_ + at, to.size());
}

void backing_store::write(std::uint64_t at, std::span<const std::uint8_t> from, origin who) {
  if (from.empty()) return;
  touch(at, from.size());
  std::memcpy(data_ + at, from.data(), from.size());
  if (!bad_lines_.empty()) {
    const auto whole = [&](std::uint64_t bad) { return bad >= at && bad + line <= at + from.size(); };
    std::erase_if(bad_lines_, whole);
  }
  if (!watchers_.empty()) notify(who, at, from.size());
}

backing_store::watch_id backing_store::watch(range where, writers who, callback call) {
  watchers_.push_back({next_watch_, where, who, std::move(call)});
  if (who.host && on_revoke) on_revoke({page_of(where.begin).begin, page_of(where.end - 1).end});
  return next_watch_++;
}

void backing_store::unwatch(watch_id id) {
  std::erase_if(watchers_, [&](const watcher& w) { return w.id == id; });
}

void backing_store::notify(origin who, std::uint64_t at, std::uint64_t length) {
  for (std::size_t i = 0; i < watchers_.size(); ++i) {
    const auto& w = watchers_[i];
    const bool wanted = who == origin::host ? w.who.host : who == origin::fabric ? w.who.fabric : w.who.debug;
    if (!wanted || !w.where.overlaps(at, length)) continue;
    const auto call = w.call; // which may end its own watch
    call(who, at, length);
  }
}

void backing_store::poison(std::uint64_t at) {
  bad_lines_.insert(at / line * line);
  if (on_revoke) on_revoke(page_of(at));
}

std::optional<std::uint64_t> backing_store::poisoned(std::uint64_t at, std::uint64_t length, bool write) const {
  if (bad_lines_.empty()) return {};
  for (auto bad = bad_lines_.lower_bound(at / line * line); bad != bad_lines_.end() && *bad < at + length; ++bad)
    if (!write || *bad < at || *bad + line > at + length) return *bad;
  return {};
}

bool backing_store::has_error(range where) const {
  const auto bad = bad_lines_.lower_bound(where.begin);
  return bad != bad_lines_.end() && *bad < where.end;
}

bool backing_store::open(range where, bool write) const {
  if (has_error(where)) return false;
  return !write || std::ranges::none_of(watchers_, [&](const watcher& w) {
    return w.who.host && w.where.overlaps(where.begin, where.end - where.begin);
  });
}

std::optional<backing_store::direct_range> backing_store::direct(std::uint64_t at, bool write) {
  if (at >= size_) return {};
  auto where = page_of(at);
  const bool writable = open(where, true);
  if (write ? !writable : !open(where, false)) return {};
  touch(at, 1);

  const auto home = chunk_of(at / chunk);
  if (!open(home, writable)) { // then as many pages around `at` as are equally open
    while (where.begin > home.begin && open(page_of(where.begin - 1), writable)) where.begin -= page;
    while (where.end < home.end && open(page_of(where.end), writable)) where.end += page;
    return direct_range{data_ + where.begin, where, writable};
  }
  // The neighbours that exist already come along: long ranges keep the number of grants small.
  constexpr std::uint64_t reach = 64 << 20;
  where = home;
  const auto joins = [&](std::uint64_t index) { return resident(index) && open(chunk_of(index), writable); };
  while (where.begin > 0 && home.begin - where.begin < reach && joins(where.begin / chunk - 1)) where.begin -= chunk;
  while (where.end < size_ && where.end - home.end < reach && joins(where.end / chunk)) where.end += chunk;
  return direct_range{data_ + where.begin, where, writable};
}

} // namespace acf::dram
