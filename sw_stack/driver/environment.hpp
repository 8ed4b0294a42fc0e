// What the driver needs from the world it runs in: bare metal, an operating system, or a test.
#pragma once

#include <cstdint>
#include <string_view>

namespace acf::driver {

class environment {
public:
  // Device registers, by bus address; the widths are the ones the registers have.
  virtual std::uint32_t read32(std::uint64_t address) = 0;
  virtual std::uint64_t read64(std::uint64_t address) = 0;
  virtual void write32(std::uint64_t address, std::uint32_t value) = 0;
  virtual void write64(std::uint64_t address, std::uint64_t value) = 0;

  // Memory accesses before it happen before device accesses after it, and the other way round.
  virtual void barrier() = 0;

  virtual std::uint64_t now() = 0; // microseconds, from any origin

  // Returns at the latest at `deadline`; at once if the fabric has interrupted since the last call. May return early.
  // The environment's handler calls fabric::on_interrupt(), which quiets the line.
  virtual void wait_for_interrupt(std::uint64_t deadline) = 0;

  virtual void log(std::string_view line) = 0;

protected:
  ~environment() = default;
};

} // namespace acf::driver
