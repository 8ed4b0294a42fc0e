#include "platform/trace/activity_log.hpp"

#include "platform/soc/tile_error.hpp"
#include "platform/trace/trace_file.hpp"
#include "sw_stack/hal/command_names.hpp"

#include <spdlog/spdlog.h>
#include <utility>

namespace acf::platform {

namespace {

// The module's logger if it is to say anything at all about the chip's doings.
std::shared_ptr<spdlog::logger> listening(const char* module) {
  auto log = spdlog::get(module);
  return log && log->should_log(spdlog::level::debug) ? log : nullptr;
}

std::string describe(const sequencer::dispatched& d) {
  return fmt::format("{} ring {} command {} tag {:#x}", hal::name_of(d.op()), d.ring, d.index, d.cmd.tag);
}

// Where in memory, besides: commands of a DMA channel.
std::string describe_transfer(const sequencer::dispatched& d) {
  constexpr std::string_view modes[] = {"local", "load", "store", "send"};
  const bool copy = d.op() == hal::opcode::copy && d.cmd.param[0] < std::size(modes);
  auto text = describe(d);
  if (copy) text += fmt::format(", {}", modes[d.cmd.param[0]]);
  if (!copy || d.cmd.param[0] == hal::copy_mode::load || d.cmd.param[0] == hal::copy_mode::store)
    text += fmt::format(", address {:#x}", d.address());
  return text;
}

} // namespace

activity_log::activity_log(soc& chip)
    : chip_(chip),
      cpu_(listening("cpu")),
      sequencer_(listening("sequencer")),
      dma_(listening("dma")),
      noc_(listening("noc")),
      peripherals_(listening("peripherals")),
      host_bridge_(listening("host_bridge")) {
  follow_units();
  if (noc_) follow_mesh();
  if (peripherals_) follow_interrupts();
  if (sequencer_ || host_bridge_) chip.bridge.observe(*this);
}

bool activity_log::wants_traps() const { return cpu_ != nullptr; }

void activity_log::follow_units() {
  if (!sequencer_ && !dma_) return;
  for (auto& t : chip_.tiles) {
    const auto add = [&](const sequencer::unit& unit, const char* name, spdlog::logger* log) {
      units_[&unit] = {fmt::format("TILE({},{}).{}", t->x(), t->y(), name), log};
    };
    add(t->matrix(), "MATRIX", sequencer_.get());
    add(t->vector(), "VECTOR", sequencer_.get());
    add(t->dma(0), "DMA0", dma_.get());
    add(t->dma(1), "DMA1", dma_.get());
    t->observe(*this);
  }
}

void activity_log::follow_mesh() {
  chip_.mesh.on_error = [this, others = std::move(chip_.mesh.on_error)](const common::fabric_error& error) {
    noc_->debug("transfer refused: {}", chip_.mesh.explain(error));
    if (others) others(error);
  };
}

void activity_log::follow_interrupts() {
  for (const auto& [name, number] : hal::interrupts)
    follow(*chip_.interrupts.at(number), fmt::format("PLIC source {} ({})", number, name));
  for (std::size_t h = 0; h < chip_.harts.size(); ++h) {
    follow(chip_.clint.software[h], fmt::format("hart {} MSIP", h));
    follow(chip_.clint.timer[h], fmt::format("hart {} MTIP", h));
    follow(chip_.plic.external[2 * h], fmt::format("hart {} MEIP", h));
    follow(chip_.plic.external[2 * h + 1], fmt::format("hart {} SEIP", h));
  }
}

// Connecting tells the present level, low at the start: no news.
void activity_log::follow(common::wire_out& line, const std::string& name) {
  line.connect([this, name, last = false](bool level) mutable {
    if (level != last)
      peripherals_->log(level ? spdlog::level::debug : spdlog::level::trace, "{} {}", name, level ? "rises" : "falls");
    last = level;
  });
}

void activity_log::on_trap(const cpu::hart& hart, std::uint64_t mcause, std::uint64_t mtval) {
  constexpr auto interrupt = std::uint64_t{1} << 63;
  const bool interrupted = (mcause & interrupt) != 0;
  // The hart's own time: it runs ahead of the simulation's.
  const auto at = nanoseconds(chip_.harts[hart.config().id]->local_time());
  if (interrupted)
    cpu_->trace("hart {}: interrupt {} at {} ns, pc {:#x}", hart.config().id, mcause & ~interrupt, at, hart.pc);
  else
    cpu_->debug("hart {}: exception {} at {} ns, pc {:#x}, mtval {:#x}", hart.config().id, mcause, at, hart.pc, mtval);
}

void activity_log::started(const sc_core::sc_module& unit, const sequencer::dispatched& command) {
  const auto& u = units_.at(&unit);
  if (u.log && u.log->should_log(spdlog::level::trace))
    u.log->trace("{} begins {}", u.name, u.log == dma_.get() ? describe_transfer(command) : describe(command));
}

void activity_log::executed(const sc_core::sc_module& unit, const sequencer::dispatched& command, common::cycles start,
                            common::cycles end) {
  const auto& u = units_.at(&unit);
  if (u.log)
    u.log->debug("{} has done {}, {} cycles", u.name,
                 u.log == dma_.get() ? describe_transfer(command) : describe(command), end - start);
}

void activity_log::submitted(std::uint32_t tile, std::uint64_t job) {
  if (host_bridge_)
    host_bridge_->debug("TILE({},{}) gets its job {}", chip_.tiles[tile]->x(), chip_.tiles[tile]->y(), job);
}
void activity_log::doorbell() {
  if (host_bridge_) host_bridge_->debug("doorbell");
}
void activity_log::fence() {
  if (host_bridge_) host_bridge_->debug("fence {}", chip_.bridge.fences());
}
void activity_log::marker(std::uint32_t phase) {
  if (host_bridge_) host_bridge_->debug("marker {}", phase);
}

void activity_log::tile_failed(std::uint32_t tile) {
  for (auto* log : {sequencer_.get(), host_bridge_.get()})
    if (log) log->debug("a command failed: {}", tile_error(*chip_.tiles[tile]));
}

} // namespace acf::platform
