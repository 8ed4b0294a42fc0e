#include "models/common/wire.hpp"

#include <gtest/gtest.h>
#include <systemc>

int sc_main(int, char**) { return 0; } // libsystemc wants one; the tests do not simulate

TEST(wire, that_loses_a_rise_passes_the_next) {
  acf::common::wire_out line("line");
  int rises = 0, lost = 0;
  line.connect([&](bool level) { rises += level; });
  line.lose_next_rise([&] { ++lost; });
  line.write(true);
  EXPECT_TRUE(line.read());
  EXPECT_EQ(rises, 0);
  line.write(false);
  line.write(true);
  EXPECT_EQ(rises, 1);
  EXPECT_EQ(lost, 1);
}
