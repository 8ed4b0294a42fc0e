// A machine to debug: two harts, 16 MiB of memory, a test finisher. Runs a flat image and writes what the harts did to
// a file, so that a run that was debugged can be compared with one that was not. Usage: gdb_board IMAGE RESULT [--gdb
// PORT_FILE|-] [--nowait]
#include "platform/gdb/core_target.hpp"
#include <fstream>
#include <iostream>
#include <tlm_utils/multi_passthrough_target_socket.h>

using namespace acf;
using namespace sc_core;

namespace {

constexpr std::uint64_t base = 0x8000'0000, finisher = 0x10'0000;

struct board : sc_module {
  tlm_utils::multi_passthrough_target_socket<board> socket{"socket"};
  std::vector<unsigned char> memory = std::vector<unsigned char>(16 << 20);
  sc_signal<bool> never{"never"};
  common::turns order{"order"};
  cpu::cpu_core first{"first", config(0), order}, second{"second", config(1), order};
  bool finished = false;

  static cpu::cpu_core_config config(unsigned id) {
    cpu::cpu_core_config c;
    c.hart.id = id;
    c.hart.reset_pc = base;
    return c;
  }
  explicit board(sc_module_name name) : sc_module(name) {
    for (cpu::cpu_core* c : {&first, &second}) {
      c->bus.bind(socket);
      c->msip(never), c->mtip(never), c->meip(never), c->seip(never);
    }
    socket.register_b_transport(this, &board::b_transport);
    socket.register_get_direct_mem_ptr(this, &board::direct);
    socket.register_transport_dbg(this, &board::debug);
  }
  bool inside(const tlm::tlm_generic_payload& p) const {
    const std::uint64_t offset = p.get_address() - base;
    return offset < memory.size() && p.get_data_length() <= memory.size() - offset;
  }
  void b_transport(int, tlm::tlm_generic_payload& p, sc_time&) {
    if (p.get_address() == finisher && p.is_write()) {
      finished = true;
      sc_stop();
    } else if (!debug(0, p))
      return p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    p.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  unsigned debug(int, tlm::tlm_generic_payload& p) {
    if (!inside(p)) return 0;
    unsigned char* there = &memory[p.get_address() - base];
    if (p.is_read())
      std::memcpy(p.get_data_ptr(), there, p.get_data_length());
    else
      std::memcpy(there, p.get_data_ptr(), p.get_data_length());
    return p.get_data_length();
  }
  bool direct(int, tlm::tlm_generic_payload& p, tlm::tlm_dmi& dmi) {
    if (p.get_address() - base >= memory.size()) return false;
    dmi.set_dmi_ptr(memory.data());
    dmi.set_start_address(base);
    dmi.set_end_address(base + memory.size() - 1);
    dmi.allow_read_write();
    return true;
  }
};

} // namespace

int sc_main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  board b("board");
  std::ifstream(arguments.at(0), std::ios::binary).read(reinterpret_cast<char*>(b.memory.data()), 16 << 20);
  platform::gdb::core_target debugger("debugger", {&b.first, &b.second},
                                      {.monitor =
                                           [](const std::string& command) {
                                             return command == "time" ? sc_time_stamp().to_string() + "\n"
                                                                      : "unknown: " + command + "\n";
                                           },
                                       .explain = {},
                                       .before_stop = {},
                                       .give_up = {},
                                       .input_may_come = {}});
  bool wait = true;
  for (const std::string& a : arguments) wait = wait && a != "--nowait";
  if (arguments.size() > 3) {
    if (arguments[3] == "-")
      debugger.open(platform::gdb::standard_streams(), wait);
    else {
      std::uint16_t port = 0;
      debugger.open(platform::gdb::listen_tcp(0, port), wait);
      std::ofstream(arguments[3] + ".new") << port << '\n';
      std::rename((arguments[3] + ".new").c_str(), arguments[3].c_str());
    }
  }
  sc_start(1000, SC_SEC);
  debugger.ended(b.finished ? 0 : 1);
  std::ofstream result(arguments.at(1));
  result << (b.finished ? "finished" : debugger.killed() ? "killed" : "limit") << ' ' << sc_time_stamp() << '\n';
  for (const cpu::cpu_core* c : {&b.first, &b.second})
    result << std::hex << c->core().cycle << ' ' << c->core().instret << ' ' << c->core().x[10] << ' ' << c->core().pc
           << '\n';
  return 0;
}
