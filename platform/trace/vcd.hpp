// Writer of Value Change Dump (IEEE 1364, clause 21), which GTKWave reads. It streams, and writes no date: equal runs
// give equal bytes. Of several values at one instant of simulated time the last one counts.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <systemc>
#include <vector>

namespace acf::platform {

class vcd {
public:
  using wire = std::size_t;

  explicit vcd(std::ostream& to) : out_(to) {}
  ~vcd() { finish(); }
  vcd(const vcd&) = delete;
  vcd& operator=(const vcd&) = delete;

  // All wires come before the first change. They start at 0.
  wire add(const std::string& scope, const std::string& name, unsigned width);
  void change(wire which, std::uint64_t value); // now
  void finish();                                // the last change is out, and the time of the end

private:
  struct line {
    std::string scope, name, id;
    unsigned width;
    std::uint64_t written = 0, now = 0;
  };
  void declare();
  void write_changes();

  std::ostream& out_;
  std::vector<line> lines_;
  std::vector<wire> changed_; // since `at_`
  sc_core::sc_time at_;
  bool declared_ = false, finished_ = false;
};

} // namespace acf::platform
