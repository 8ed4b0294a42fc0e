// SystemC elaborates once per process: ctest runs every TEST as a process of its own.
#include <gtest/gtest.h>
#include <systemc>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

int sc_main(int, char**) { return 0; } // the library wants one
