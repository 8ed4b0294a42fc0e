#include "platform/trace/waves.hpp"

#include <fmt/format.h>

namespace acf::platform {

waves::waves(const std::filesystem::path& file, soc& chip) : chip_(chip), file_("--vcd", file), out_(file_.stream()) {
  for (const auto& [name, number] : hal::interrupts) follow(*chip.interrupts.at(number), fmt::format("{}_irq", name));
  for (std::size_t h = 0; h < chip.harts.size(); ++h) {
    follow(chip.clint.software[h], fmt::format("hart{}_msip", h));
    follow(chip.clint.timer[h], fmt::format("hart{}_mtip", h));
    follow(chip.plic.external[2 * h], fmt::format("hart{}_meip", h));
  }
  marker_ = out_.add("fabric", "marker", 2);
  doorbells_ = out_.add("fabric", "doorbells", 32);
  fences_ = out_.add("fabric", "fences", 32);
  for (auto& t : chip.tiles) add_tile(*t);
  chip.bridge.observe(*this);
}

// Lines are low at the start, so that connecting says nothing.
void waves::follow(common::wire_out& line, const std::string& name) {
  const auto wire = out_.add("host", name, 1);
  line.connect([this, wire, last = false](bool level) mutable {
    if (level != last) out_.change(wire, level);
    last = level;
  });
}

void waves::add_tile(tile::tile& t) {
  const auto scope = fmt::format("tile_{}_{}", t.x(), t.y());
  const std::pair<const sequencer::unit*, const char*> units[] = {
      {&t.matrix(), "matrix"}, {&t.vector(), "vector"}, {&t.dma(0), "dma0"}, {&t.dma(1), "dma1"}};
  for (const auto& [unit, name] : units) {
    const auto opcode = out_.add(scope, name, 8);
    units_[unit] = {opcode, out_.add(scope, fmt::format("{}_tag", name), 16)};
  }
  errors_.push_back(out_.add(scope, "error", 1));
  t.observe(*this);
}

void waves::started(const sc_core::sc_module& unit, const sequencer::dispatched& command) {
  const auto& w = units_.at(&unit);
  out_.change(w.opcode, command.cmd.op);
  out_.change(w.tag, command.cmd.tag);
}

void waves::executed(const sc_core::sc_module& unit, const sequencer::dispatched&, common::cycles, common::cycles) {
  const auto& w = units_.at(&unit);
  out_.change(w.opcode, 0);
  out_.change(w.tag, 0);
}

void waves::finish() {
  out_.finish();
  file_.close();
}

void waves::tile_changed(std::uint32_t tile) { out_.change(errors_[tile], chip_.tiles[tile]->control().error()); }

} // namespace acf::platform
