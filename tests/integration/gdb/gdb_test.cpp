// A real gdb at the end of a pipe and of a TCP port, in batch mode.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& p) {
  std::ifstream f(p, std::ios::binary);
  return {std::istreambuf_iterator<char>(f), {}};
}

struct debugging : testing::Test {
  fs::path folder = fs::temp_directory_path() / ("acf-gdb-" + std::to_string(::getpid()));
  fs::path result = folder / "result", script = folder / "script", output = folder / "output";
  const std::string board = std::string(ACF_GDB_BOARD) + " " + ACF_GDB_PROGRAM + ".bin " + result.string();

  void SetUp() override {
    if (std::system("gdb-multiarch --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no gdb-multiarch";
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  // Runs the script after connecting; what gdb printed.
  std::string gdb(const std::string& commands, const std::string& remote) {
    std::ofstream(script) << "set pagination off\nset confirm off\nset width 0\nset remotetimeout 60\n"
                          << "target remote " << remote << "\n"
                          << commands;
    const std::string run = "timeout 120 gdb-multiarch -nx -batch -x " + script.string() + " " + ACF_GDB_PROGRAM +
                            ".elf >" + output.string() + " 2>&1 </dev/null";
    EXPECT_EQ(std::system(run.c_str()), 0) << contents(output);
    return contents(output);
  }
  std::string gdb(const std::string& commands) { return gdb(commands, "| " + board + " --gdb -"); }

  // What the harts did in a run without a debugger.
  std::string undisturbed() {
    EXPECT_EQ(std::system(board.c_str()), 0);
    return contents(result);
  }
};

#define EXPECT_HAS(text, part)                                                                                         \
  EXPECT_NE((text).find(part), std::string::npos) << "no \"" << (part) << "\" in\n" << (text)

TEST_F(debugging, two_harts_stop_at_reset_and_are_threads) {
  const std::string out = gdb("info threads\np/x $pc\np/x $a0\nthread 2\np/x $a0\nkill\n");
  EXPECT_HAS(out, "hart 0");
  EXPECT_HAS(out, "hart 1");
  EXPECT_HAS(out, "$1 = 0x80000000");
  EXPECT_HAS(out, "$2 = 0x0");
  EXPECT_HAS(out, "$3 = 0x1");
  EXPECT_HAS(contents(result), "killed");
}

TEST_F(debugging, registers_of_every_kind_are_read_and_written) {
  const std::string out = gdb(R"(set $t3 = 0x123456789abcdef0
p/x $t3
set $mscratch = 0xfedcba9876543210
p/x $mscratch
set $fa0.double = 2.5
p $fa0.double
set $frm = 2
p/x $fcsr
p/x $misa >> 62
set $zero = 5
p/x $zero
p $priv
set $pc = 0x80000004
p/x $pc
kill
)");
  EXPECT_HAS(out, "$1 = 0x123456789abcdef0");
  EXPECT_HAS(out, "$2 = 0xfedcba9876543210");
  EXPECT_HAS(out, "$3 = 2.5");
  EXPECT_HAS(out, "$4 = 0x40");
  EXPECT_HAS(out, "$5 = 0x2");
  EXPECT_HAS(out, "$6 = 0x0");
  EXPECT_HAS(out, "3");
  EXPECT_HAS(out, "$8 = 0x80000004");
}

TEST_F(debugging, a_read_only_register_says_so) {
  const std::string out = gdb(R"(python
for register in ("mhartid", "cycle"):
  try:
    gdb.execute("set $%s = 77" % register)
  except gdb.error as e:
    print(e)
end
kill
)");
  EXPECT_HAS(out, "Could not write register \"mhartid\"");
  EXPECT_HAS(out, "Could not write register \"cycle\"");
}

TEST_F(debugging, a_step_goes_where_the_hart_goes) { // into a trap, and out of it
  const std::string out = gdb(R"(set $mtvec = 0x80020000
set var *(int*)0x80010000 = 0x00000073
set var *(int*)0x80020000 = 0x30200073
set $pc = 0x80010000
stepi
p/x $pc
p/x $mcause
set $mepc = 0x80010040
stepi
p/x $pc
set var *(int*)0x80010040 = 0
stepi
p/x $pc
set $pc = 0x10
stepi
p/x $pc
p/x $mcause
kill
)");
  EXPECT_HAS(out, "$1 = 0x80020000");
  EXPECT_HAS(out, "$2 = 0xb");
  EXPECT_HAS(out, "$3 = 0x80010040");
  EXPECT_HAS(out, "$4 = 0x80020000");
  EXPECT_HAS(out, "$5 = 0x80020000");
  EXPECT_HAS(out, "$6 = 0x1");
}

TEST_F(debugging, memory_of_every_width) {
  const std::string out = gdb(R"(p/x big
set var big = 0x0102030405060708
x/8xb &big
p/x *(unsigned short*)&big
python
try:
  gdb.execute("p *(int*)0x10")
except gdb.MemoryError as e:
  print(e)
end
kill
)");
  EXPECT_HAS(out, "$1 = 0x1122334455667788");
  EXPECT_HAS(out, "0x08\t0x07\t0x06\t0x05\t0x04\t0x03\t0x02\t0x01");
  EXPECT_HAS(out, "$2 = 0x708");
  EXPECT_HAS(out, "Cannot access memory at address 0x10");
}

TEST_F(debugging, a_mebibyte_goes_in_and_comes_back) {
  std::string data(1 << 20, '\0');
  std::uint32_t x = 1;
  for (char& c : data) c = static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  std::ofstream(folder / "in", std::ios::binary) << data;
  gdb("restore " + (folder / "in").string() + " binary 0x80400000\n" + "dump binary memory " +
      (folder / "back").string() + " 0x80400000 0x80500000\nkill\n");
  EXPECT_TRUE(contents(folder / "back") == data);
}

TEST_F(debugging, breakpoints_watchpoints_steps_and_the_end) {
  const std::string out = gdb(R"(break tick if hart == 1 && n == 5
continue
p hart
p n
bt 1
delete
watch shared_word
continue
continue
p/x shared_word
delete
rwatch rounds
continue
delete
stepi
stepi
next
monitor time
monitor nonsense
continue
)");
  EXPECT_HAS(out, "Thread 2");
  EXPECT_HAS(out, "$1 = 1");
  EXPECT_HAS(out, "$2 = 5");
  EXPECT_HAS(out, "Hardware watchpoint");
  EXPECT_HAS(out, "New value = 63");
  EXPECT_HAS(out, "Old value = 63");
  EXPECT_HAS(out, "New value = 127");
  EXPECT_HAS(out, "Hardware read watchpoint");
  EXPECT_HAS(out, "unknown: nonsense");
  EXPECT_HAS(out, "exited normally");
  EXPECT_EQ(contents(result), undisturbed()) << "debugging must not move a cycle";
}

TEST_F(debugging, many_stops_move_no_cycle) {
  const std::string plain = undisturbed();
  const std::string out = gdb(R"(break tick
python
for n in range(60):
  gdb.execute("continue", to_string=True)
  gdb.execute("stepi", to_string=True)
  gdb.execute("x/4i $pc", to_string=True)
end
delete
continue
)");
  EXPECT_HAS(out, "exited normally");
  EXPECT_EQ(contents(result), plain);
}

TEST_F(debugging, ctrl_c_stops_a_running_machine) {
  const std::string out = gdb(R"(set var rounds = 2000000000
python
import os, signal, threading, time
def later():
  time.sleep(0.5)
  os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=later).start()
gdb.execute("continue")
end
p counters[0] > 0
kill
)");
  EXPECT_HAS(out, "SIGINT");
  EXPECT_HAS(out, "$1 = 1");
}

TEST_F(debugging, attach_detach_and_attach_again_by_tcp) {
  const fs::path port_file = folder / "port";
  std::system(("timeout 50 " + board + " --gdb " + port_file.string() + " &").c_str());
  for (int n = 0; n < 500 && !fs::exists(port_file); ++n) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::ifstream f(port_file);
  std::string port;
  f >> port;
  ASSERT_FALSE(port.empty());
  const std::string first = gdb("set var rounds = 2000000000\nbreak tick\ncontinue\ndetach\n", "127.0.0.1:" + port);
  EXPECT_HAS(first, "Breakpoint 1, tick");
  EXPECT_HAS(first, "detached");
  const std::string second = gdb("p/x big\nset var rounds = 0\ncontinue\n", "127.0.0.1:" + port);
  EXPECT_HAS(second, "$1 = 0x1122334455667788");
  EXPECT_HAS(second, "exited normally");
}

} // namespace
