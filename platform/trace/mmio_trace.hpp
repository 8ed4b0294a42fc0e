// --trace-mmio: one line per register access of any hart, in the order in which they happened.
//
//   # time in ns, hart, pc, R or W, bytes, address, value, register
//   1204.000 0 0x80000f10 W 1 0x10000000 0x41 UART.THR
//   1308.000 0 0x80000f18 R 4 0x41020008 0x0 TILE(2,0).RING_BASE[3] refused: read of ... : 4 bytes at ...
//
// The hart knows who asks and from where, the register bank knows the name and the rule that was broken: a bank reports
// first, the hart right behind it. Accesses to memory appear only when they fail. What the hart itself refuses (atomic
// and misaligned accesses to devices, and what PMP forbids) has "-" for a value.
#pragma once

#include "models/common/address_map_router.hpp"
#include "models/common/register_bank.hpp"
#include "models/cpu/hart.hpp"

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <systemc>

namespace acf::platform {

class mmio_trace : public cpu::observer, public common::register_observer {
public:
  using local_time = std::function<sc_core::sc_time(unsigned hart)>;

  mmio_trace(std::ostream& to, const common::address_map_router& bus, local_time time);

  void on_register_access(const common::register_access& access) override;
  void on_device_access(const cpu::hart& hart, const cpu::device_access& access) override;
  void on_trap(const cpu::hart& hart, std::uint64_t mcause, std::uint64_t mtval) override;

private:
  struct named {
    std::string name, refusal;
  };
  named unnamed(const cpu::device_access& access) const;
  void line(const cpu::hart& hart, std::uint64_t pc, bool write, const std::string& size_address_value,
            const named& what);
  bool is_memory(std::uint64_t address) const;

  std::ostream& out_;
  const common::address_map_router& bus_;
  const local_time time_;
  std::optional<named> register_; // of the access that is under way
  bool told_ = false;             // the trap that follows is that of an access in the trace
};

} // namespace acf::platform
