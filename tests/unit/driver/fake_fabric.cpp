#include "tests/unit/driver/fake_fabric.hpp"

#include <sstream>

namespace acf::test {

using hal::access;
namespace global_block = hal::global;
namespace tile_block = hal::tile;
namespace router = hal::router;

struct fake_fabric::target {
  const hal::reg* what = nullptr;
  std::uint32_t window = 0; // tile or router
};

fake_fabric::fake_fabric(std::uint32_t mesh_width, std::uint32_t mesh_height, std::uint32_t channels)
    : width(mesh_width), height(mesh_height), tiles(mesh_width * mesh_height), nodes(tiles + channels + 1) {
  global(global_block::mesh) = width | height << 8 | 2 << 16 | 8 << 24;
  global(global_block::engine) = 64 | 1 << 16 | 32 << 20;
  global(global_block::sram) = 512;
  global(global_block::dram) = channels | 8192 << 8;
  global(global_block::nodes) = tiles | nodes << 16;
  global(global_block::clock) = 1000;
  reset();
}

void fake_fabric::reset() {
  for (const auto* r : {&global_block::status, &global_block::irq_status, &global_block::irq_enable,
                        &global_block::error_tile, &global_block::route_status, &global_block::control})
    global(*r) = r->reset;
  for (std::uint32_t n = 0; n < tiles; ++n)
    for (std::uint32_t node = 0; node < nodes; ++node)
      for (std::uint32_t bank = 0; bank < 2; ++bank)
        route(bank, n, node) = driver::xy(n % width, n / width, place_of(node)) | router::valid_field.mask();
}

driver::node_place fake_fabric::place_of(std::uint32_t node) const {
  if (node < tiles) return {node % width, node / width, router::local};
  if (node == nodes - 1) return {width - 1, height - 1, 6};
  const auto at = (node - tiles) % tiles;
  return {at % width, at / width, 5 + (node - tiles) / tiles};
}

std::uint64_t& fake_fabric::cell(std::uint64_t base, const hal::reg& r, std::uint32_t index) {
  return values.try_emplace(base + r.at(index), r.reset).first->second;
}

std::uint64_t& fake_fabric::route(std::uint32_t bank, std::uint32_t number, std::uint32_t node) {
  return cell(hal::map::routing_base(number), bank == 0 ? router::bank0 : router::bank1, node);
}

fake_fabric::target fake_fabric::decode(std::uint64_t address, unsigned bytes) {
  const auto search = [&](const hal::register_block& block, std::uint64_t base, std::uint64_t stride,
                          std::uint32_t windows) -> target {
    for (std::uint32_t n = 0; n < windows; ++n)
      for (const auto& r : block)
        for (std::uint32_t i = 0; i < r.count; ++i)
          if (base + n * stride + r.at(i) == address && r.width == bytes) return {&r, n};
    return {};
  };
  if (address >= hal::map::routing) {
    const auto n = static_cast<std::uint32_t>((address - hal::map::routing) / hal::map::routing_window);
    return n < tiles ? search(router::block, hal::map::routing_base(n), 0, 1) : target{};
  }
  if (address >= hal::map::tiles) return search(tile_block::block, hal::map::tiles, hal::map::tile_window, tiles);
  return search(global_block::block, hal::map::global_block, 0, 1);
}

namespace {
std::string at(const char* what, std::uint64_t address) {
  std::ostringstream out;
  out << what << " at 0x" << std::hex << address;
  return out.str();
}
} // namespace

std::uint64_t fake_fabric::read(std::uint64_t address, unsigned bytes) {
  barrier_was_last = false;
  const auto* r = decode(address, bytes).what;
  if (!r || !r->readable()) {
    violations.push_back(at("bad read", address));
    return 0;
  }
  return values.try_emplace(address, r->reset).first->second & ~(r->mask(access::wo) | r->mask(access::w1s));
}

void fake_fabric::write(std::uint64_t address, std::uint64_t value, unsigned bytes) {
  const auto* r = decode(address, bytes).what;
  if (!r || !r->writable() || (value & ~r->implemented()) != 0) {
    violations.push_back(at("bad write", address));
    return;
  }
  auto& now = values.try_emplace(address, r->reset).first->second;
  now = (now & ~r->mask(access::rw)) | (value & r->mask(access::rw));
  now &= ~(value & r->mask(access::w1c));
  started(address, value);
  barrier_was_last = false;
}

void fake_fabric::started(std::uint64_t address, std::uint64_t value) {
  const auto offset = address - hal::map::tiles;
  const bool in_tile = address >= hal::map::tiles && address < hal::map::routing;
  const auto number = in_tile ? static_cast<std::uint32_t>(offset / hal::map::tile_window) : everywhere;
  const auto reg = in_tile ? offset % hal::map::tile_window : address - hal::map::global_block;

  if (reg == (in_tile ? tile_block::doorbell.offset : global_block::doorbell.offset)) {
    if (!barrier_was_last) violations.emplace_back("doorbell without a barrier");
    jobs.push_back({number, static_cast<std::uint32_t>(value >> 24), static_cast<std::uint32_t>(value & 0xFF'FFFF)});
    on_doorbell();
  }
  if (ignores_control) return;
  if (in_tile && reg == tile_block::control.offset && value != 0) {
    const bool resets = hal::test(value, tile_block::control["RESET"]);
    tile(number, tile_block::status) = resets ? 1 : 1 | tile_block::status["ABORTED"].mask();
    tile(number, tile_block::error_cause) = 0;
    tile(number, tile_block::jobs) = 0;
  }
  if (address == hal::map::global_block + global_block::control.offset) {
    if (hal::test(value, global_block::control["RESET"])) reset();
    if (hal::test(value, global_block::control["CHECK_ROUTES"])) check_routes();
    if (hal::test(value, global_block::control["ABORT"])) global(global_block::status) = 1;
  }
}

void fake_fabric::check_routes() {
  const auto bank =
      static_cast<std::uint32_t>(hal::get(global(global_block::control), global_block::control["ROUTE_BANK"]));
  for (std::uint32_t from = 0; from < tiles; ++from)
    for (std::uint32_t node = 0; node < nodes; ++node)
      if (path(bank, from, node).empty()) {
        const bool hole = !hal::test(route(bank, from, node), router::valid_field);
        global(global_block::route_status) = hole ? 1 : 2;
        global(global_block::route_at) = from | node << 16;
        return;
      }
  if (!cyclic()) return;
  global(global_block::route_status) = global_block::route_status["CYCLE"].mask();
  global(global_block::route_cycle_length) = 4;
  global(global_block::route_cycle) = 1; // the first link leaves router 1
}

std::vector<std::uint32_t> fake_fabric::path(std::uint32_t bank, std::uint32_t from, std::uint32_t node) {
  std::vector<std::uint32_t> passed;
  auto x = from % width, y = from / width;
  while (passed.size() <= tiles && x < width && y < height) {
    const auto entry = route(bank, y * width + x, node);
    if (!hal::test(entry, router::valid_field)) return {};
    passed.push_back(y * width + x);
    const auto port = hal::get(entry, router::port_field);
    const auto to = place_of(node);
    if (port >= router::local) return x == to.x && y == to.y && port == to.port ? passed : std::vector<std::uint32_t>{};
    x += port == router::east ? 1u : port == router::west ? ~0u : 0u;
    y += port == router::south ? 1u : port == router::north ? ~0u : 0u;
  }
  return {};
}

void fake_fabric::fail_tile(std::uint32_t n, hal::tile::error cause, std::uint32_t ring, std::uint32_t command,
                            std::uint64_t address) {
  tile(n, tile_block::status) |= tile_block::status["ERROR"].mask();
  tile(n, tile_block::error_cause) = static_cast<std::uint64_t>(cause);
  tile(n, tile_block::error_index) = command | ring << 24;
  tile(n, tile_block::error_address) = address;
  global(global_block::status) |= global_block::status["ERROR"].mask();
  global(global_block::error_tile) = n;
  global(global_block::irq_status) |= global_block::irq_status["ERROR"].mask();
}

std::uint64_t fake_fabric::now() {
  on_now();
  return time++;
}

void fake_fabric::wait_for_interrupt(std::uint64_t deadline) {
  ++sleeps;
  if (on_sleep)
    on_sleep();
  else
    time = deadline;
}

} // namespace acf::test
