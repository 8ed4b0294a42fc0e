// A hart tells one observer; this one passes it on to as many as want to know.
#pragma once

#include "models/cpu/hart.hpp"

#include <algorithm>
#include <vector>

namespace acf::platform {

class hart_watchers : public cpu::observer {
public:
  void add(cpu::observer& who) { watchers_.push_back(&who); }
  bool empty() const { return watchers_.empty(); }

  bool wants_instructions() const override {
    return std::any_of(watchers_.begin(), watchers_.end(), [](const auto* w) { return w->wants_instructions(); });
  }
  void on_retired(const cpu::hart& hart, const cpu::retired& what) override {
    for (auto* w : watchers_) w->on_retired(hart, what);
  }
  void on_device_access(const cpu::hart& hart, const cpu::device_access& access) override {
    for (auto* w : watchers_) w->on_device_access(hart, access);
  }
  void on_trap(const cpu::hart& hart, std::uint64_t mcause, std::uint64_t mtval) override {
    for (auto* w : watchers_) w->on_trap(hart, mcause, mtval);
  }

private:
  std::vector<cpu::observer*> watchers_;
};

} // namespace acf::platform
