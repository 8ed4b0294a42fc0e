// Self-test of the fabric: prints a line per check and returns the number of checks that failed.
#include "firmware/apps/selftest/bench.hpp"

int main() { return acf::selftest::self_test(); }
