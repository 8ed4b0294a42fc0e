// LR/SC between harts. A hart's own slice is private; whenever others may run, its reservation is held here, their
// stores to its page leave the fast path, and one that touches its bytes breaks it. Writers that are no harts (the
// fabric, a debugger) break it by hart::written_by_others(); where nobody reports them, SC still compares the value.
#pragma once
#include <cstdint>
#include <vector>

namespace acf::cpu {

class hart;

class reservations {
public:
  static constexpr std::uint64_t granule = 8;
  void join(hart& h) { harts.push_back(&h); }
  void leave(const hart& h);
  void hold(const hart& of, std::uint64_t physical);
  void release(const hart& of) {
    if (!held.empty()) drop(of);
  }
  bool guarded(const hart& by, std::uint64_t frame) const;
  void stored(const hart& by, std::uint64_t physical, unsigned size);

private:
  struct holder {
    const hart* who;
    std::uint64_t physical; // first byte of the granule
  };
  void drop(const hart& of);
  std::vector<hart*> harts;
  std::vector<holder> held;
};

} // namespace acf::cpu
