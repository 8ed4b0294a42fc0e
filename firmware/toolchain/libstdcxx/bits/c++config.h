// libstdc++'s configuration for Linux, minus what a bare-metal image does not have: a compiled libstdc++ holding the
// common template instances, threads, thread-local storage set up by a loader, futexes and POSIX semaphores.
#ifndef ACF_FIRMWARE_CXXCONFIG_H
#define ACF_FIRMWARE_CXXCONFIG_H
#pragma GCC system_header
#include_next <bits/c++config.h>
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0
#undef _GLIBCXX_HAS_GTHREADS
#undef _GTHREAD_USE_MUTEX_TIMEDLOCK
#undef _GLIBCXX_HAVE_TLS
#undef _GLIBCXX_HAVE_LINUX_FUTEX
#undef _GLIBCXX_HAVE_POSIX_SEMAPHORE
#undef _GLIBCXX_HAVE_TIMESPEC_GET
#undef _GLIBCXX_HAVE_USELOCALE
#endif
