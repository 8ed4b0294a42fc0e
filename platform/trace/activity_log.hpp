// --log-level: what the chip does, as lines of the log. It listens where other traces listen, and only where a module's
// level asks for lines: otherwise it costs nothing.
//
//   cpu          debug: exceptions                       trace: interrupts taken, too
//   sequencer    debug: commands that have ended, errors trace: commands that begin, too    (matrix and vector units)
//   dma          the same of the DMA channels, with addresses
//   noc          debug: transfers that were refused, with the reason
//   peripherals  debug: interrupt lines that rise        trace: and fall
//   host_bridge  debug: jobs, doorbells, fences, markers, errors of tiles
#pragma once

#include "models/cpu/observer.hpp"
#include "platform/soc/soc.hpp"

#include <map>
#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace acf::platform {

class activity_log : public cpu::observer, private sequencer::unit_observer, private host_bridge::observer {
public:
  explicit activity_log(soc& chip);
  bool wants_traps() const; // then it is to be added to the watchers of the harts

private:
  struct unit_name {
    std::string name; // "TILE(1,0).DMA0"
    spdlog::logger* log;
  };

  void on_trap(const cpu::hart& hart, std::uint64_t mcause, std::uint64_t mtval) override;
  void started(const sc_core::sc_module& unit, const sequencer::dispatched& command) override;
  void executed(const sc_core::sc_module& unit, const sequencer::dispatched& command, common::cycles start,
                common::cycles end) override;
  void submitted(std::uint32_t tile, std::uint64_t job) override;
  void doorbell() override;
  void fence() override;
  void marker(std::uint32_t phase) override;
  void tile_failed(std::uint32_t tile) override;

  void follow_units();
  void follow_mesh();
  void follow_interrupts();
  void follow(common::wire_out& line, const std::string& name);

  soc& chip_;
  std::shared_ptr<spdlog::logger> cpu_, sequencer_, dma_, noc_, peripherals_, host_bridge_; // none: nobody logs
  std::map<const sc_core::sc_module*, unit_name> units_;
};

} // namespace acf::platform
