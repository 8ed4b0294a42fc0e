// Room for the stack of a SystemC thread; SystemC's own default, but sanitizers make frames several times as large.
#pragma once

namespace acf::common {

#ifdef __SANITIZE_ADDRESS__
inline constexpr int thread_stack_bytes = 2 * 1024 * 1024;
#else
inline constexpr int thread_stack_bytes = 256 * 1024;
#endif

} // namespace acf::common
