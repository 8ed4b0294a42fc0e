// Contents of the DRAM, shared by all channels and the host's port. Addresses here count from the first byte of DRAM.
//
// One sparse mapping of the host holds everything, so a DMI pointer can cover as much as its user likes; chunks of
// 64 KiB get their power-on contents when first touched by anybody. Contents are a function of (seed, chunk) alone,
// never of the order in which chunks are touched.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

namespace acf::dram {

enum class origin : std::uint8_t { host, fabric, debug }; // who writes: the CPU, tiles, or a debugger or loader

struct range {
  std::uint64_t begin, end; // end is the first byte behind
  bool overlaps(std::uint64_t at, std::uint64_t length) const { return at < end && begin < at + length; }
};

struct no_address_space : std::runtime_error { // of the host, for so much memory
  using std::runtime_error::runtime_error;
};

class backing_store {
public:
  static constexpr std::uint64_t chunk = 64 * 1024;
  static constexpr std::uint64_t page = 4096; // granularity in which direct access is taken away
  static constexpr std::uint64_t line = 64;   // granularity of memory errors

  // `size` in bytes, whole chunks. Without `seed` the contents are zero. Throws std::runtime_error when the host has no
  // address space for it.
  backing_store(std::uint64_t size, std::optional<std::uint64_t> seed);
  ~backing_store();
  backing_store(const backing_store&) = delete;
  backing_store& operator=(const backing_store&) = delete;

  std::uint64_t size() const { return size_; }

  // Callers keep [at, at + length) inside size().
  void read(std::uint64_t at, std::span<std::uint8_t> to);
  void write(std::uint64_t at, std::span<const std::uint8_t> from, origin who);
  // For loaders, dumps and debuggers: no errors, and observers see origin::debug.
  void peek(std::uint64_t at, std::span<std::uint8_t> to) { read(at, to); }
  void poke(std::uint64_t at, std::span<const std::uint8_t> from) { write(at, from, origin::debug); }

  // Observers. The callback sees every write into the range by one of `writers`: stores into ring memory, or fabric
  // writes over code that the CPU has decoded. Where host stores are observed nobody gets a writable direct pointer.
  using callback = std::function<void(origin who, std::uint64_t at, std::uint64_t length)>;
  struct writers {
    bool host = false, fabric = false, debug = false;
  };
  using watch_id = std::uint32_t;
  watch_id watch(range where, writers who, callback call);
  void unwatch(watch_id id);

  // Uncorrectable errors: a read of a bad line fails, so does a write of part of one; writing all of it repairs it.
  void poison(std::uint64_t at); // the line that holds `at`
  std::optional<std::uint64_t> poisoned(std::uint64_t at, std::uint64_t length, bool write) const; // first bad line

  // Direct access around `at`: at least its chunk, unless errors or watches lie there, then at least its page. Nothing
  // when its own page does not allow it.
  struct direct_range {
    std::uint8_t* data; // of where.begin
    range where;
    bool writable;
  };
  std::optional<direct_range> direct(std::uint64_t at, bool write);
  // Called when ranges handed out by direct() must not be used any longer. Never called from inside direct().
  std::function<void(range)> on_revoke;

  std::uint64_t resident_chunks() const { return resident_count_; }

private:
  struct watcher {
    watch_id id;
    range where;
    writers who;
    callback call;
  };

  void touch(std::uint64_t at, std::uint64_t length); // makes these bytes exist
  void materialise(std::uint64_t index);
  bool resident(std::uint64_t index) const { return resident_[index / 64] >> index % 64 & 1; }
  bool has_error(range where) const;
  bool open(range where, bool write) const; // to direct access
  void notify(origin who, std::uint64_t at, std::uint64_t length);

  std::uint64_t size_;
  std::optional<std::uint64_t> seed_;
  std::uint8_t* data_ = nullptr;
  std::vector<std::uint64_t> resident_; // one bit per chunk
  std::uint64_t resident_count_ = 0;
  std::set<std::uint64_t> bad_lines_; // their first bytes
  std::vector<watcher> watchers_;
  watch_id next_watch_ = 1;
};

} // namespace acf::dram
