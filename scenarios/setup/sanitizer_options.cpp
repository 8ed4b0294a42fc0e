// What the address sanitizer has to be told about programs whose SystemC threads have stacks of their own.
extern "C" const char* __asan_default_options() {
  return "detect_stack_use_after_return=0:detect_leaks=0"; // programs without SystemC look for leaks
}
