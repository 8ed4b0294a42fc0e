// Which way packets go: an output port for every router and destination node.
#pragma once

#include <cstdint>

#include "sw_stack/hal/global_registers.hpp"

namespace acf::driver {

// A router by column and row, and the port at which a node hangs there.
struct node_place {
  std::uint32_t x = 0, y = 0;
  std::uint32_t port = hal::router::local;
};

// Port of the router at (x, y) on the way to `to`.
using route_choice = std::uint32_t (*)(std::uint32_t x, std::uint32_t y, const node_place& to);

// First along the row, then along the column: free of deadlock on every mesh.
constexpr std::uint32_t xy(std::uint32_t x, std::uint32_t y, const node_place& to) {
  if (x != to.x) return x < to.x ? hal::router::east : hal::router::west;
  if (y != to.y) return y < to.y ? hal::router::south : hal::router::north;
  return to.port;
}

// First along the column, then along the row.
constexpr std::uint32_t yx(std::uint32_t x, std::uint32_t y, const node_place& to) {
  if (y != to.y) return y < to.y ? hal::router::south : hal::router::north;
  if (x != to.x) return x < to.x ? hal::router::east : hal::router::west;
  return to.port;
}

// West first, and never again; then along the longer remaining side. Free of deadlock, because no turn leads west
// (Glass and Ni, ISCA 1992).
constexpr std::uint32_t west_first(std::uint32_t x, std::uint32_t y, const node_place& to) {
  if (x > to.x) return hal::router::west;
  const auto columns = to.x - x, rows = y < to.y ? to.y - y : y - to.y;
  if (rows > 0 && rows >= columns) return y < to.y ? hal::router::south : hal::router::north;
  return columns > 0 ? hal::router::east : to.port;
}

// What the tables are to say.
struct route_plan {
  route_choice choose = xy;
  const std::uint8_t* ports = nullptr; // instead: ports[node * routers + router]
  bool checked = true;                 // off: used as it is, rings and all; for experiments with deadlock
};

} // namespace acf::driver
