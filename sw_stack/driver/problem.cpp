#include "sw_stack/driver/problem.hpp"

#include "sw_stack/driver/names.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/value_names.hpp"

namespace acf::driver {
namespace {

void print_tile(message& out, std::uint32_t tile, std::uint32_t mesh_width, const hal::reg& what) {
  print(out, {&hal::tile::block, &what, tile, 0}, mesh_width);
}

} // namespace

std::string_view failure::cause_name() const {
  return hal::value_name(hal::tile::error_cause.text, static_cast<std::uint32_t>(cause));
}

message describe(const problem& p, std::uint32_t mesh_width) {
  message out;
  switch (p.what) {
  case trouble::none: return out << "no problem";
  case trouble::not_a_fabric: return out << p.part << " is " << hex{p.found} << ", a fabric has " << hex{p.expected};
  case trouble::other_version: return out << p.part << " is " << p.found << ", this driver knows " << p.expected;
  case trouble::other_chip: return out << p.part << " is " << p.found << ", the job was built for " << p.expected;
  case trouble::no_route:
    return out << "no route from router " << p.found << " to node " << p.expected << ": " << p.part;
  case trouble::route_cycle:
    return out << "routes: packets could wait for each other over " << p.expected << " links from router " << p.found;
  case trouble::bad_argument: return out << p.part << ": " << p.found << " is not below " << p.expected;
  case trouble::queue_full: return out << "queue full: " << p.part << " " << p.found << " of " << p.expected;
  case trouble::tile_error:
    print_tile(out, p.error.tile, mesh_width, hal::tile::error_cause);
    return out << " = " << p.error.cause_name() << ": command " << p.error.command << " of ring " << p.error.ring
               << ", ERROR_ADDRESS = " << hex{p.error.address};
  case trouble::aborted: print_tile(out, p.error.tile, mesh_width, hal::tile::status); return out << ": job aborted";
  case trouble::no_fence:
    return out << "the fabric is idle, but the fence word is " << p.found << ", not " << p.expected;
  case trouble::unordered: return out << "a doorbell was rung before the stores to its ring: barrier missing";
  case trouble::timeout:
    print_tile(out, p.error.tile, mesh_width, hal::tile::jobs);
    return out << " = " << p.found << " after the time limit: " << p.part;
  }
  return out;
}

} // namespace acf::driver
