#pragma once
// One line per check on the console; the program ends with the number of failed ones, or `agreed_exit_code`.
#include <string_view>

namespace acf::console_test {

inline constexpr int agreed_exit_code = 42;

void check(std::string_view what, bool holds);
int failures();

void language();   // constructors, thread-local and static data, headers of the standard library
void traps();      // synchronous exceptions, caught and continued
void interrupts(); // timer and software interrupts, floating-point state across them

} // namespace acf::console_test
