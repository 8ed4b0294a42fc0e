// acf-vp with a process in the simulation that does nothing: it wakes at odd times and keeps the kernel busy for some
// delta cycles. Usage: acf-vp-disturbed PERIOD_PS DELTAS COMMAND..., the rest as acf-vp. No result may depend on it.
#include "platform/cli/commands.hpp"

#include <cstdlib>
#include <systemc>

namespace {

struct disturbance : sc_core::sc_module {
  disturbance(const sc_core::sc_module_name& name, std::uint64_t every_ps, unsigned each_time)
      : sc_module(name), period(sc_core::sc_time::from_value(every_ps)), deltas(each_time) {
    SC_HAS_PROCESS(disturbance);
    SC_THREAD(run);
  }
  [[noreturn]] void run() {
    for (;;) {
      for (unsigned n = 0; n < deltas; ++n) wait(sc_core::SC_ZERO_TIME);
      wait(period);
    }
  }
  const sc_core::sc_time period;
  const unsigned deltas;
};

} // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  disturbance inert("disturbance", std::strtoull(argv[1], nullptr, 10),
                    static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)));
  return acf::platform::command_line(argc - 2, argv + 2);
}
