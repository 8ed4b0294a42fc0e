#include "platform/device_tree.hpp"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

using namespace acf::platform;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string source(const device_tree_description& what = {}) { return device_tree_source(make_device_tree(what)); }

std::string read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

} // namespace

TEST(device_tree, describes_the_host_like_qemus_virt) {
  const auto text = source();
  EXPECT_TRUE(contains(text, "\tmemory@80000000 {\n\t\treg = <0x0 0x80000000 0x0 0x8000000>;\n"
                             "\t\tdevice_type = \"memory\";\n\t};\n"));
  EXPECT_TRUE(contains(text, "stdout-path = \"/soc/serial@10000000\";"));
  EXPECT_TRUE(contains(text, "timebase-frequency = <0x989680>;"));
  EXPECT_TRUE(contains(text, "riscv,isa = \"rv64imafdc_zicbom_zicboz_zicntr_zicsr_zifencei_zihpm_zba_zbb_zbs_sstc\";"));
  EXPECT_TRUE(contains(text, "serial@10000000 {\n\t\t\treg = <0x0 0x10000000 0x0 0x100>;\n\t\t\tinterrupts = <0xa>;\n"
                             "\t\t\tinterrupt-parent = <0x2>;\n\t\t\tclock-frequency = <0x384000>;\n"
                             "\t\t\tcompatible = \"ns16550a\";"));
  EXPECT_TRUE(contains(text, "compatible = \"sifive,test1\", \"sifive,test0\", \"syscon\";"));
  EXPECT_TRUE(contains(text, "riscv,ndev = <0x60>;"));
}

TEST(device_tree, describes_the_fabric_and_its_interrupt) {
  EXPECT_TRUE(contains(source(), "fabric@40000000 {\n\t\t\treg = <0x0 0x40000000 0x0 0x10000000>;\n"
                                 "\t\t\tinterrupts = <0x20>;"));
  device_tree_description bare;
  bare.fabric.reset();
  bare.watchdog.reset();
  EXPECT_FALSE(contains(source(bare), "acf,fabric"));
  EXPECT_FALSE(contains(source(bare), "watchdog"));
}

TEST(device_tree, every_hart_gets_its_interrupts) {
  const auto text = source({.harts = 2});
  EXPECT_TRUE(contains(text, "cpu@1 {"));
  EXPECT_TRUE(contains(text, "interrupts-extended = <0x1 0xb 0x1 0x9 0x2 0xb 0x2 0x9>;"));
  EXPECT_TRUE(contains(text, "interrupts-extended = <0x1 0x3 0x1 0x7 0x2 0x3 0x2 0x7>;"));
  EXPECT_TRUE(contains(text, "interrupt-parent = <0x3>;"));
  EXPECT_TRUE(contains(text, "regmap = <0x4>;"));
}

TEST(device_tree, names_memory_beyond_4_gib_and_the_job_image) {
  device_tree_description what;
  what.memory.size = 0x2'0000'0000;
  what.job_image = {{0x9000'0000, 0x1'2345}};
  what.bootargs = "say \"hello\"";
  const auto text = source(what);
  EXPECT_TRUE(contains(text, "reg = <0x0 0x80000000 0x2 0x0>;"));
  EXPECT_TRUE(contains(text, "acf,job-image = <0x0 0x90000000 0x0 0x12345>;"));
  EXPECT_TRUE(contains(text, "bootargs = \"say \\\"hello\\\"\";"));
}

TEST(device_tree, fits_into_the_boot_rom) { EXPECT_LT(make_device_tree({.harts = 8}).size(), 0xF000U - 0x40U); }

TEST(device_tree, dtc_reads_the_tree_and_its_source_alike) {
  if (std::system("dtc --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no dtc";
  const auto base = testing::TempDir() + "acf_device_tree_" + std::to_string(getpid());
  const auto tree = make_device_tree({.harts = 3, .mmu = "riscv,sv39", .bootargs = "x"});
  std::ofstream(base + ".dtb", std::ios::binary).write(reinterpret_cast<const char*>(tree.data()), std::ssize(tree));
  std::ofstream(base + ".dts") << device_tree_source(tree);
  const auto dtc = [&](const std::string& from) { // numbers in the place of references are all that it may dislike
    const auto out = base + "." + from + ".out";
    const auto command = "dtc -s -Wno-interrupts_extended_property -I " + from + " -O dtb -o " + out + " " + base +
                         "." + from + " 2> " + base + ".log";
    EXPECT_EQ(std::system(command.c_str()), 0);
    EXPECT_EQ(read(base + ".log"), "");
    return read(out);
  };
  const auto from_tree = dtc("dtb");
  EXPECT_FALSE(from_tree.empty());
  EXPECT_EQ(from_tree, dtc("dts"));
  for (const auto* end : {".dtb", ".dts", ".dtb.out", ".dts.out", ".log"}) std::remove((base + end).c_str());
}

TEST(device_tree, refuses_what_is_no_tree) {
  const std::vector<std::uint8_t> bytes(100, 7);
  EXPECT_THROW(device_tree_source(bytes), std::invalid_argument);
  auto cut = make_device_tree({});
  cut.resize(cut.size() / 2);
  EXPECT_THROW(device_tree_source(cut), std::invalid_argument);
}
