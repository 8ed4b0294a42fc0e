// Access to one block of registers by their descriptions.
#pragma once

#include <cstdint>

#include "sw_stack/driver/environment.hpp"
#include "sw_stack/hal/registers.hpp"

namespace acf::driver {

class registers {
public:
  registers(environment& through, std::uint64_t at) : world(through), base(at) {}

  std::uint64_t read(const hal::reg& r, std::uint32_t index = 0) const {
    return r.width == 8 ? world.read64(base + r.at(index)) : world.read32(base + r.at(index));
  }
  void write(const hal::reg& r, std::uint64_t value, std::uint32_t index = 0) const {
    if (r.width == 8)
      world.write64(base + r.at(index), value);
    else
      world.write32(base + r.at(index), static_cast<std::uint32_t>(value));
  }
  // Starts something (write one to start) and leaves what the register holds as it is.
  void start(const hal::reg& r, const hal::field& action) const {
    write(r, (read(r) & r.mask(hal::access::rw)) | action.mask());
  }

private:
  environment& world;
  std::uint64_t base;
};

} // namespace acf::driver
