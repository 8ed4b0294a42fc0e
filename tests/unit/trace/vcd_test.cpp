// Each test elaborates; run them one per process, as ctest does.
#include "platform/trace/vcd.hpp"

#include <gtest/gtest.h>
#include <sstream>

using acf::platform::vcd;
using namespace sc_core;

TEST(vcd, writes_changes_at_their_time_and_the_last_of_an_instant) {
  std::ostringstream text;
  vcd waves(text);
  const auto irq = waves.add("host", "irq", 1), opcode = waves.add("tile_0_0", "matrix", 8);
  sc_spawn([&] {
    waves.change(opcode, 17);
    wait(sc_time(3, SC_NS));
    waves.change(opcode, 18);
    waves.change(irq, 1);
    wait(SC_ZERO_TIME);
    waves.change(opcode, 17); // as before: no change
    wait(sc_time(4, SC_NS));
    waves.change(irq, 1);
    waves.change(irq, 0);
  });
  sc_start(sc_time(10, SC_NS));
  waves.finish();
  EXPECT_EQ(text.str(), "$timescale 1ps $end\n"
                        "$scope module host $end\n$var wire 1 ! irq $end\n$upscope $end\n"
                        "$scope module tile_0_0 $end\n$var wire 8 \" matrix $end\n$upscope $end\n"
                        "$enddefinitions $end\n#0\n$dumpvars\n0!\nb0 \"\n$end\n"
                        "b10001 \"\n#3000\n1!\n#7000\n0!\n#10000\n");
}

TEST(vcd, has_short_names_for_many_wires) {
  std::ostringstream text;
  vcd waves(text);
  for (int n = 0; n < 200; ++n) waves.add("all", "wire" + std::to_string(n), 1);
  waves.finish();
  EXPECT_NE(text.str().find("$var wire 1 ~ wire93 $end"), std::string::npos);
  EXPECT_NE(text.str().find("$var wire 1 !\" wire94 $end"), std::string::npos);
}
