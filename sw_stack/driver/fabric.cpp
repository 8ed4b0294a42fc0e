#include "sw_stack/driver/fabric.hpp"

#include "sw_stack/hal/global_registers.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/tile_registers.hpp"

namespace acf::driver {
namespace {

namespace global_block = hal::global;
namespace tile_block = hal::tile;

constexpr std::uint64_t settling_limit = 10'000; // microseconds for a reset or an abort

constexpr std::uint32_t part_of(std::uint64_t value, const hal::field& f) {
  return static_cast<std::uint32_t>(hal::get(value, f));
}

// Sequence numbers that may wrap.
bool reached(const std::uint32_t& word, std::uint32_t value) {
  return static_cast<std::int32_t>(*static_cast<const volatile std::uint32_t*>(&word) - value) >= 0;
}

} // namespace

fabric::fabric(environment& with) : outside(with), global(with, hal::map::global_block) {}

registers fabric::tile(std::uint32_t number) const { return {outside, hal::map::tile_base(number)}; }

problem fabric::identify() {
  const auto id = global.read(global_block::id);
  if (id != global_block::id_value) return {trouble::not_a_fabric, "GLOBAL.ID", id, global_block::id_value};
  const auto version = global.read(global_block::version);
  what.version_major = part_of(version, global_block::version["MAJOR"]);
  what.version_minor = part_of(version, global_block::version["MINOR"]);
  constexpr auto known = part_of(global_block::version_value, global_block::version["MAJOR"]);
  if (what.version_major != known) return {trouble::other_version, "VERSION.MAJOR", what.version_major, known};

  const auto mesh = global.read(global_block::mesh);
  what.width = part_of(mesh, global_block::mesh["WIDTH"]);
  what.height = part_of(mesh, global_block::mesh["HEIGHT"]);
  what.virtual_channels = part_of(mesh, global_block::mesh["VIRTUAL_CHANNELS"]);
  what.buffer_flits = part_of(mesh, global_block::mesh["BUFFER_FLITS"]);
  const auto engine = global.read(global_block::engine);
  what.lanes = part_of(engine, global_block::engine["LANES"]);
  what.engine = part_of(engine, global_block::engine["KIND"]);
  what.vector_lanes = part_of(engine, global_block::engine["VECTOR_LANES"]);
  what.sram_kib = static_cast<std::uint32_t>(global.read(global_block::sram));
  const auto dram = global.read(global_block::dram);
  what.dram_channels = part_of(dram, global_block::dram["CHANNELS"]);
  what.dram_mib = part_of(dram, global_block::dram["SIZE_MIB"]);
  const auto nodes = global.read(global_block::nodes);
  what.tiles = part_of(nodes, global_block::nodes["TILES"]);
  what.nodes = part_of(nodes, global_block::nodes["ALL"]);
  what.clock_mhz = static_cast<std::uint32_t>(global.read(global_block::clock));
  return {};
}

problem fabric::require(const requirements& needed) const {
  const struct {
    std::string_view part;
    std::uint32_t found, expected;
  } list[] = {{"MESH.WIDTH", what.width, needed.width},
              {"MESH.HEIGHT", what.height, needed.height},
              {"SRAM", what.sram_kib, needed.sram_kib},
              {"ENGINE.LANES", what.lanes, needed.lanes}};
  for (const auto& item : list)
    if (item.found != item.expected) return {trouble::other_chip, item.part, item.found, item.expected};
  return {};
}

problem fabric::bring_up(std::span<const dma_window> windows, const route_plan* plan) {
  if (const auto p = reset()) return p;
  if (const auto p = plan != nullptr ? program_routes(*plan) : check_routes()) return p;
  for (std::uint32_t n = 0; n < windows.size(); ++n)
    if (const auto p = set_window(n, windows[n])) return p;
  return {};
}

problem fabric::reset() {
  global.start(global_block::control, global_block::control["RESET"]);
  seen_causes = 0;
  if (becomes_idle(global, global_block::status, global_block::status["IDLE"])) return {};
  return still_busy("reset");
}

problem fabric::set_window(std::uint32_t number, const dma_window& window) {
  if (number >= global_block::dma_windows)
    return {trouble::bad_argument, "DMA window", number, global_block::dma_windows};
  const auto rights = hal::put(hal::put(0, global_block::window_rights["READ"], window.read ? 1 : 0),
                               global_block::window_rights["WRITE"], window.write ? 1 : 0);
  global.write(global_block::window_rights, 0, number); // closed while it moves
  global.write(global_block::window_base, window.base, number);
  global.write(global_block::window_limit, window.limit, number);
  global.write(global_block::window_rights, rights, number);
  return {};
}

problem fabric::select_tile(std::uint32_t number, bool on) {
  if (number >= what.tiles) return {trouble::bad_argument, "tile", number, what.tiles};
  const auto bit = std::uint64_t{1} << number % 32;
  const auto word = global.read(global_block::tile_select, number / 32);
  global.write(global_block::tile_select, on ? word | bit : word & ~bit, number / 32);
  return {};
}

problem fabric::run(std::uint32_t ring, std::uint32_t count) {
  if (ring >= tile_block::rings) return {trouble::bad_argument, "ring", ring, tile_block::rings};
  outside.barrier();
  global.write(global_block::doorbell,
               hal::put(hal::put(0, global_block::doorbell["COUNT"], count), global_block::doorbell["RING"], ring));
  return {};
}

problem fabric::wait(const std::uint32_t& word, std::uint32_t value, std::uint64_t limit, wait_by how) {
  if (reached(word, value)) return fence_passed(how); // often so with jobs queued ahead; registers are far away
  const auto deadline = outside.now() + limit;
  for (;;) {
    const auto status = global.read(global_block::status);
    outside.barrier(); // the word is read after the status: a fabric that was idle then has written it
    if (reached(word, value)) return fence_passed(how);
    if (hal::test(status, global_block::status["ERROR"]))
      if (const auto error = first_error()) return {trouble::tile_error, "", 0, 0, *error};
    if (hal::test(status, global_block::status["IDLE"])) return why_idle(word, value);
    if (outside.now() >= deadline) return still_busy("waiting for a fence");
    if (how == wait_by::interrupt) outside.wait_for_interrupt(deadline);
  }
}

problem fabric::fence_passed(wait_by how) {
  outside.barrier();                           // what the job has written is read after the fence
  if (how == wait_by::polling) on_interrupt(); // otherwise the handler has done it
  const bool unordered = hal::test(seen_causes.exchange(0), global_block::irq_status["ORDER"]);
  return unordered ? problem{trouble::unordered} : problem{};
}

problem fabric::why_idle(std::uint32_t word, std::uint32_t value) const {
  for (std::uint32_t n = 0; n < what.tiles; ++n)
    if (const auto error = error_of(n); error.aborted) return {trouble::aborted, "", 0, 0, error};
  return {trouble::no_fence, "", word, value};
}

problem fabric::still_busy(std::string_view doing) const {
  std::uint32_t number = 0;
  while (number + 1 < what.tiles && hal::test(tile(number).read(tile_block::status), tile_block::status["IDLE"]))
    ++number;
  return still_busy(number, doing);
}

problem fabric::still_busy(std::uint32_t number, std::string_view doing) const {
  return {trouble::timeout, doing, tile(number).read(tile_block::jobs), 0, error_of(number)};
}

void fabric::enable_interrupts() {
  global.write(global_block::irq_enable, global_block::irq_enable.mask(hal::access::rw));
}

void fabric::disable_interrupts() { global.write(global_block::irq_enable, 0); }

void fabric::on_interrupt() {
  const auto causes = global.read(global_block::irq_status);
  global.write(global_block::irq_status, causes);
  seen_causes.fetch_or(static_cast<std::uint32_t>(causes));
}

std::optional<failure> fabric::first_error() const {
  const auto number = static_cast<std::uint32_t>(global.read(global_block::error_tile));
  if (number >= what.tiles) return std::nullopt;
  return error_of(number);
}

failure fabric::error_of(std::uint32_t number) const {
  const auto block = tile(number);
  const auto index = block.read(tile_block::error_index);
  failure f;
  f.tile = number;
  f.cause = static_cast<hal::tile::error>(block.read(tile_block::error_cause));
  f.ring = part_of(index, tile_block::error_index["RING"]);
  f.command = part_of(index, tile_block::error_index["COMMAND"]);
  f.address = block.read(tile_block::error_address);
  f.aborted = hal::test(block.read(tile_block::status), tile_block::status["ABORTED"]);
  return f;
}

problem fabric::abort() {
  global.start(global_block::control, global_block::control["ABORT"]);
  if (becomes_idle(global, global_block::status, global_block::status["IDLE"])) return {};
  return still_busy("aborting");
}

problem fabric::abort_tile(std::uint32_t number) { return stop_tile(number, tile_block::control["ABORT"], "aborting"); }
problem fabric::reset_tile(std::uint32_t number) { return stop_tile(number, tile_block::control["RESET"], "reset"); }

problem fabric::stop_tile(std::uint32_t number, const hal::field& how, std::string_view doing) {
  if (number >= what.tiles) return {trouble::bad_argument, "tile", number, what.tiles};
  const auto block = tile(number);
  block.start(tile_block::control, how);
  if (becomes_idle(block, tile_block::status, tile_block::status["IDLE"])) return {};
  return still_busy(number, doing);
}

bool fabric::becomes_idle(const registers& block, const hal::reg& status, const hal::field& idle) {
  const auto deadline = outside.now() + settling_limit;
  while (!hal::test(block.read(status), idle))
    if (outside.now() >= deadline) return false;
  return true;
}

void fabric::report(const problem& p) const { outside.log(describe(p, what.width).text()); }

} // namespace acf::driver
