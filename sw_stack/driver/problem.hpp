// How the driver says that something did not work: in terms of registers, tiles and commands, never as a bare number.
#pragma once

#include <cstdint>
#include <string_view>

#include "sw_stack/driver/message.hpp"
#include "sw_stack/hal/registers.hpp"
#include "sw_stack/hal/tile_registers.hpp"

namespace acf::driver {

enum class trouble : std::uint8_t {
  none,
  not_a_fabric,  // GLOBAL.ID is something else
  other_version, // the register map changed incompatibly
  other_chip,    // a capability differs from what the job was built for
  no_route,      // the routing tables do not lead everywhere
  route_cycle,   // packets on them could wait for each other
  bad_argument,  // the caller asked for something that does not exist on this chip
  queue_full,    // no room in the ring, or too many jobs pending: wait and try again
  tile_error,    // a command failed
  aborted,       // the job was aborted
  no_fence,      // the fabric is idle, but the fence that was waited for has not been written
  unordered,     // a doorbell overtook the stores to its ring: a barrier is missing
  timeout,
};

// The first error of a tile, from STATUS and the ERROR_ registers.
struct failure {
  std::uint32_t tile = 0;
  hal::tile::error cause = hal::tile::error::none;
  std::uint32_t ring = 0;
  std::uint32_t command = 0; // position in the ring
  std::uint64_t address = 0; // address, offset, node or parameter, as the cause says
  bool aborted = false;

  std::string_view cause_name() const; // "RANGE"
};

struct [[nodiscard]] problem {
  trouble what = trouble::none;
  std::string_view part{}; // register, field or argument that is meant
  std::uint64_t found = 0, expected = 0;
  failure error{}; // of tile_error and aborted; of timeout, the first busy tile

  explicit operator bool() const { return what != trouble::none; }
};

// "MESH.WIDTH is 4, the job was built for 2"; "TILE(2,1).ERROR_CAUSE = RANGE: command 17 of ring 1, ERROR_ADDRESS =
// 0x80040"
message describe(const problem& p, std::uint32_t mesh_width);

} // namespace acf::driver
