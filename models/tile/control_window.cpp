#include "models/tile/control_window.hpp"

#include "models/tile/tile.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/tile_registers.hpp"

#include <fmt/format.h>

namespace acf::tile {

namespace regs = hal::tile;

namespace {

// One for all tiles of all chips: it only knows the description.
common::shared_decoder decoder() {
  static const auto made = std::make_shared<const common::register_decoder>(regs::block);
  return made;
}

std::uint64_t busy(const sequencer::unit& u) {
  return u.activity_totals()[static_cast<std::size_t>(common::activity_kind::busy)];
}

} // namespace

control_window::control_window(tile& owner)
    : tile_(owner), bank_(decoder(), fmt::format("TILE({},{})", owner.x(), owner.y())) {
  bank_.preset(regs::position, owner.x() | owner.y() << 8);
  bank_.reset();
  connect_control();
  connect_counters();
  connect_rings();
}

bool control_window::idle() const { return tile_.control().idle(); }
bool control_window::error() const { return tile_.control().error(); }
void control_window::on_change(std::function<void()> f) { tile_.control().on_change(std::move(f)); }
std::uint64_t control_window::ring(std::uint32_t ring, std::uint32_t count) {
  return tile_.control().doorbell(ring, count);
}
void control_window::abort() { tile_.control().abort(); }

void control_window::reset_all() {
  tile_.reset();
  for (std::uint32_t r = 0; r < regs::rings; ++r) {
    tile_.control().ring_base(r) = 0;
    tile_.control().ring_length(r, 0);
    on_ring_placed(r);
  }
}

control_window::ring_place control_window::place_of(std::uint32_t r) const {
  auto& c = tile_.control();
  return {c.ring_base(r), c.ring_base(r) + std::uint64_t{c.ring_length(r)} * hal::command_bytes};
}

void control_window::connect_control() {
  auto& c = tile_.control();
  bank_.on_write(regs::control, [this](std::uint64_t value) {
    if (hal::test(value, regs::control["RESET"])) tile_.reset();
    if (hal::test(value, regs::control["ABORT"])) abort();
  });
  bank_.external(
      regs::status,
      [&c]() -> std::uint64_t {
        return (c.idle() ? regs::status["IDLE"].mask() : 0) | (c.error() ? regs::status["ERROR"].mask() : 0) |
               (c.aborted() ? regs::status["ABORTED"].mask() : 0);
      },
      [](std::uint64_t) {});
  bank_.on_write(regs::status, [&c](std::uint64_t value) {
    if (hal::test(value, regs::status["ERROR"])) c.clear_error();
    if (hal::test(value, regs::status["ABORTED"])) c.clear_aborted();
  });
  bank_.computed(regs::error_cause, [&c] { return static_cast<std::uint64_t>(c.error_cause()); });
  bank_.computed(regs::error_index, [&c]() -> std::uint64_t { return c.error_index(); });
  bank_.computed(regs::error_address, [&c] { return c.error_address(); });
  bank_.on_write(regs::doorbell, [this](std::uint64_t value) { on_doorbell(value); });
}

void control_window::connect_counters() {
  auto& t = tile_;
  auto& c = t.control();
  bank_.computed(regs::jobs, [&c]() -> std::uint64_t { return c.jobs(); });
  bank_.computed(regs::retired, [&c] { return c.retired(); });
  bank_.computed(regs::macs_executed, [&t] { return t.matrix().macs_executed(); });
  bank_.computed(regs::macs_skipped, [&t] { return t.matrix().macs_skipped(); });
  bank_.computed(regs::matrix_busy, [&t] { return busy(t.matrix()); });
  bank_.computed(regs::vector_busy, [&t] { return busy(t.vector()); });
  bank_.computed(regs::bytes_to_pack, [&t] { return t.dma(0).bytes_to_pack() + t.dma(1).bytes_to_pack(); });
  bank_.computed(regs::bytes_packed, [&t] { return t.dma(0).bytes_packed() + t.dma(1).bytes_packed(); });
}

void control_window::connect_rings() {
  auto& c = tile_.control();
  auto& sems = tile_.sems();
  bank_.external(
      regs::ring_base, [&c](std::uint32_t i) { return c.ring_base(i); },
      [this, &c](std::uint32_t i, std::uint64_t v) {
        c.ring_base(i) = v;
        on_ring_placed(i);
      });
  bank_.external(
      regs::ring_length, [&c](std::uint32_t i) -> std::uint64_t { return c.ring_length(i); },
      [this, &c](std::uint32_t i, std::uint64_t v) {
        c.ring_length(i, static_cast<std::uint32_t>(v));
        on_ring_placed(i);
      });
  bank_.external(
      regs::scalar, [&c](std::uint32_t i) { return c.scalar(i); },
      [&c](std::uint32_t i, std::uint64_t v) { c.scalar(i, v); });
  bank_.external(
      regs::semaphore, [&sems](std::uint32_t i) -> std::uint64_t { return sems.value(i); },
      [&sems](std::uint32_t i, std::uint64_t v) { sems.set(i, static_cast<std::uint32_t>(v)); });
}

} // namespace acf::tile
