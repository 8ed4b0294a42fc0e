// Physical memory protection: 16 entries, checked in order; the first that touches an access decides.
#pragma once
#include "models/cpu/state.hpp"
#include <vector>

namespace acf::cpu {

enum class intent { read, write, fetch };

class pmp {
public:
  static constexpr unsigned entries = 16;

  std::uint64_t config(unsigned pair) const; // pmpcfg0 (pair 0) and pmpcfg2 (pair 1): eight entries each
  std::uint64_t address(unsigned entry) const { return addresses[entry]; }
  void set_config(unsigned pair, std::uint64_t value); // locked entries stay
  void set_address(unsigned entry, std::uint64_t value);

  // The bytes `first` to `last`, for an access with the rights of `by`.
  bool allows(std::uint64_t first, std::uint64_t last, intent what, privilege by) const;
  // One answer holds for all of it: no entry begins or ends inside.
  bool uniform(std::uint64_t first, std::uint64_t last) const;

private:
  enum : std::uint8_t { r = 1, w = 2, x = 4, mode = 3 << 3, tor = 1 << 3, na4 = 2 << 3, locked = 1 << 7 };
  struct range {
    std::uint64_t first, last;
    std::uint8_t config;
  };
  bool is_locked(unsigned entry) const { return (configs[entry] & locked) != 0; }
  void rebuild();

  std::array<std::uint8_t, entries> configs{};
  std::array<std::uint64_t, entries> addresses{}; // in units of 4 bytes, as the registers hold them
  std::vector<range> active;
};

} // namespace acf::cpu
