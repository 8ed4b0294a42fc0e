// The hart behind its socket: exact times at devices, sleep and interrupts, DMI. Each test elaborates; run them one per
// process, as ctest does.
#include "models/cpu/cpu_core.hpp"
#include "tests/unit/cpu/assembler.hpp"
#include <gtest/gtest.h>
#include <tlm_utils/simple_target_socket.h>

using namespace acf::cpu;
using namespace acf::cpu::test;
using namespace sc_core;

int sc_main(int, char**) { return 0; }

namespace {

constexpr std::uint64_t base = 0x8000'0000, device = 0x1000'0000;

// Memory with DMI, and a device that records when it is written and raises a line some time later.
struct board : sc_module {
  tlm_utils::simple_target_socket<board> socket{"socket"};
  sc_signal<bool> msip{"msip"}, mtip{"mtip"}, meip{"meip"}, seip{"seip"};
  acf::common::turns order{"order"};
  cpu_core core;
  std::vector<unsigned char> memory = std::vector<unsigned char>(1 << 20);
  std::vector<std::pair<sc_time, std::uint64_t>> writes;
  sc_event raise;
  sc_time latency{100, SC_NS}, interrupt_after{0, SC_NS};
  bool grants = true;
  unsigned transports = 0;
  std::uint64_t end = base;

  explicit board(sc_module_name name, cpu_core_config config = {})
      : sc_module(name), core("core", at_base(config), order) {
    core.bus.bind(socket);
    core.msip(msip), core.mtip(mtip), core.meip(meip), core.seip(seip);
    core.mtime = [](const sc_time& t) { return t.value() / 100'000; }; // 10 MHz
    socket.register_b_transport(this, &board::b_transport);
    socket.register_get_direct_mem_ptr(this, &board::direct);
    SC_HAS_PROCESS(board);
    SC_METHOD(on_raise);
    sensitive << raise;
    dont_initialize();
  }
  static cpu_core_config at_base(cpu_core_config c) {
    c.hart.reset_pc = base;
    return c;
  }
  void b_transport(tlm::tlm_generic_payload& p, sc_time& delay) {
    ++transports;
    EXPECT_EQ(p.get_response_status(), tlm::TLM_INCOMPLETE_RESPONSE);
    if (p.get_address() - base < memory.size()) {
      if (p.is_read())
        std::memcpy(p.get_data_ptr(), &memory[p.get_address() - base], p.get_data_length());
      else
        std::memcpy(&memory[p.get_address() - base], p.get_data_ptr(), p.get_data_length());
    } else if (p.get_address() == device) {
      if (p.is_write()) {
        writes.emplace_back(sc_time_stamp() + delay, *p.get_data_ptr());
        if (interrupt_after != SC_ZERO_TIME)
          raise.notify(interrupt_after);
        else
          meip = false;
      }
      delay += latency;
    } else
      return p.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    p.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  bool direct(tlm::tlm_generic_payload& p, tlm::tlm_dmi& dmi) {
    if (!grants || p.get_address() - base >= memory.size()) return false;
    dmi.set_dmi_ptr(memory.data());
    dmi.set_start_address(base);
    dmi.set_end_address(base + memory.size() - 1);
    dmi.allow_read_write();
    return true;
  }
  void on_raise() { meip = true; }
  board& put(std::string_view name, std::initializer_list<std::int64_t> operands = {}) {
    const std::uint32_t w = assemble(name, operands);
    std::memcpy(&memory[end - base], &w, 4);
    end += 4;
    return *this;
  }
};

TEST(cpu_core, devices_see_the_exact_time_of_each_access) {
  board b("b");
  b.put("lui", {a1, 0x10000}).put("addi", {a0, zero, 1}).put("sb", {a0, a1, 0}); // at 2 ns
  b.put("addi", {a0, a0, 1}).put("sb", {a0, a1, 0}).put("jal", {zero, 0});       // 2 + 1 + 100 + 1
  sc_start(1, SC_US);
  ASSERT_EQ(b.writes.size(), 2u);
  EXPECT_EQ(b.writes[0].first, sc_time(2, SC_NS));
  EXPECT_EQ(b.writes[1].first, sc_time(104, SC_NS));
}
TEST(cpu_core, an_interrupt_scheduled_by_an_access_cuts_the_slice) {
  board b("b");
  b.interrupt_after = sc_time(500, SC_NS);
  b.put("lui", {a1, 0x10000}).put("auipc", {a2, 0}).put("addi", {a2, a2, 0x40 - 4}).put("csrrw", {zero, 0x305, a2});
  b.put("lui", {a3, 1}).put("addi", {a3, a3, -2048}).put("csrrw", {zero, 0x304, a3}).put("csrrsi", {zero, 0x300, 8});
  b.put("sb", {a0, a1, 0}).put("addi", {a4, a4, 1}).put("jal", {zero, -4});
  b.end = base + 0x40;
  b.put("csrrs", {a5, 0xb00, zero}).put("jal", {zero, 0});
  sc_start(5, SC_US);
  const std::uint64_t raised = b.writes.at(0).first.value() / 1000 + 500;
  EXPECT_EQ(b.core.core().mcause, interrupt_flag | 11);
  EXPECT_GE(b.core.core().x[a5], raised);
  EXPECT_LE(b.core.core().x[a5], raised + 8) << "at most one instruction and the entry late";
}
TEST(cpu_core, wfi_sleeps_without_costing_events_and_the_clock_goes_on) {
  board b("b");
  b.interrupt_after = sc_time(1, SC_MS);
  b.put("lui", {a1, 0x10000}).put("lui", {a3, 1}).put("addi", {a3, a3, -2048}).put("csrrw", {zero, 0x304, a3});
  b.put("sb", {a0, a1, 0})
      .put("wfi")
      .put("csrrs", {a5, 0xb00, zero})
      .put("csrrs", {a6, 0xc01, zero})
      .put("jal", {zero, 0});
  sc_start(900, SC_US);
  EXPECT_TRUE(b.core.asleep());
  sc_start(200, SC_US);
  EXPECT_FALSE(b.core.asleep());
  const std::uint64_t woken = b.writes.at(0).first.value() / 1000 + 1'000'000;
  EXPECT_EQ(b.core.core().x[a5], woken);
  EXPECT_EQ(b.core.core().x[a6], 10'000u) << "rdtime in units of 100 ns";
  EXPECT_GT(b.core.cycles_asleep(), 999'000u);
}
TEST(cpu_core, direct_memory_is_used_and_given_up) {
  board b("b");
  b.put("addi", {a0, a0, 1}).put("auipc", {a1, 1}).put("sd", {a0, a1, 0}).put("jal", {zero, -12});
  sc_start(100, SC_US);
  EXPECT_EQ(b.transports, 0u);
  b.grants = false;
  b.socket->invalidate_direct_mem_ptr(0, ~std::uint64_t{0});
  sc_start(10, SC_US);
  EXPECT_GT(b.transports, 0u);
}
TEST(cpu_core, a_trap_loop_halts_and_reset_starts_again) {
  board b("b");
  unsigned stops = 0;
  b.core.on_stop = [&](cpu_core&, const run_result& r) {
    ++stops;
    EXPECT_EQ(r.why, stop::trap_loop);
    return false;
  };
  b.put("lui", {a1, 0x10000}).put("sb", {a0, a1, 0}).put("ecall");
  sc_start(10, SC_US);
  EXPECT_EQ(stops, 1u);
  EXPECT_TRUE(b.core.halted());
  b.core.reset();
  sc_start(10, SC_US);
  EXPECT_EQ(b.writes.size(), 2u);
  EXPECT_EQ(stops, 2u);
}
TEST(cpu_core, clocks_that_do_not_divide_a_picosecond_do_not_drift) {
  board b("b", {.hart = {}, .frequency_hz = 600'000'000, .quantum_ps = 1'000'000});
  b.put("jal", {zero, 0});
  sc_start(1, SC_MS);
  EXPECT_NEAR(static_cast<double>(b.core.core().cycle), 600'000, 700);
  EXPECT_LE(b.core.core().cycle, 600'003u + 600);
}

} // namespace
