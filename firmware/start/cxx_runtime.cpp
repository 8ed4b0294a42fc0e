// What the C++ language and libstdc++'s headers expect from a library: heap, failures that would be exceptions, exit.
#include <cstdio>
#include <cstdlib>
#include <new>

#include "firmware/board/finisher.hpp"

namespace {

[[noreturn]] void die(const char* what, const char* detail = "") {
  std::printf("\nfatal: %s%s\n", what, detail);
  acf::board::finish(124);
}

void* allocate(std::size_t bytes) {
  if (void* p = std::malloc(bytes)) return p;
  die("out of heap (raise __heap_size)");
}

void* allocate(std::size_t bytes, std::align_val_t alignment) {
  if (void* p = std::aligned_alloc(static_cast<std::size_t>(alignment), bytes)) return p;
  die("out of heap (raise __heap_size)");
}

} // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) { return allocate(bytes, alignment); }
void* operator new[](std::size_t bytes, std::align_val_t alignment) { return allocate(bytes, alignment); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace std {
void __throw_bad_alloc() { die("bad_alloc"); }
void __throw_bad_array_new_length() { die("bad_array_new_length"); }
void __throw_bad_function_call() { die("bad_function_call"); }
void __throw_length_error(const char* what) { die("length_error: ", what); }
void __throw_logic_error(const char* what) { die("logic_error: ", what); }
void __throw_invalid_argument(const char* what) { die("invalid_argument: ", what); }
void __throw_out_of_range(const char* what) { die("out_of_range: ", what); }
void __throw_out_of_range_fmt(const char* what, ...) { die("out_of_range: ", what); }
[[noreturn]] void __glibcxx_assert_fail(const char* file, int line, const char*, const char* condition) noexcept {
  std::printf("\n%s:%d: ", file, line);
  die("assertion failed: ", condition);
}
} // namespace std

extern "C" {
[[noreturn]] void _exit(int code) { acf::board::finish(code); }
[[noreturn]] void abort() { die("abort"); }
[[noreturn]] void __cxa_pure_virtual() { die("pure virtual function called"); }
[[noreturn]] void __assert_func(const char* file, int line, const char*, const char* condition) {
  std::printf("\n%s:%d: ", file, line);
  die("assertion failed: ", condition);
}
}
