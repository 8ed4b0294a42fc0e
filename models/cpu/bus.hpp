// What a hart needs from the world around it: memory behind physical addresses, and the wall clock of the platform.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace acf::cpu {

using cycles = std::uint64_t;

enum class bus_result { ok, fault };

// Memory that the hart may touch without asking each time. `last` is inclusive. Valid until hart::forget_direct().
struct direct_region {
  std::uint64_t first = 0, last = 0;
  std::byte* memory = nullptr; // host address of `first`
  bool writable = false;
};

class bus {
public:
  virtual ~bus() = default;
  // One access of 1, 2, 4 or 8 naturally aligned bytes. `latency` receives the cycles that the hart stalls for it.
  // The hart's `cycle` is exact during the call, so that a device sees the time of the access.
  virtual bus_result read(std::uint64_t address, void* data, unsigned size, cycles& latency) = 0;
  virtual bus_result write(std::uint64_t address, const void* data, unsigned size, cycles& latency) = 0;
  // Main memory, which takes atomics, whole cache blocks and accesses of any alignment.
  virtual bool is_memory(std::uint64_t /*address*/) { return false; }
  // A read into `old` and, if `change` gives something to write, a write, with nothing in between.
  virtual bus_result exchange(std::uint64_t address, unsigned size, std::uint64_t& old,
                              const std::function<std::optional<std::uint64_t>(std::uint64_t)>& change,
                              cycles& latency) {
    if (read(address, &old, size, latency) != bus_result::ok) return bus_result::fault;
    const auto now = change(old);
    return now ? write(address, &*now, size, latency) : bus_result::ok;
  }
  // The direct region around `address`, if there is one. Reads of a direct region must be free of side effects.
  virtual std::optional<direct_region> direct(std::uint64_t address, bool for_write) = 0;
  // mtime, as `rdtime` shows it.
  virtual std::uint64_t time() = 0;
  // The hart wants hart::update_timer() to be called when mtime reaches `due`; all ones: never.
  virtual void timer_set(std::uint64_t /*due*/) {}
};

} // namespace acf::cpu
