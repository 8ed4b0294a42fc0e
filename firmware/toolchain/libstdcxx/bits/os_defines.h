// The C library is picolibc: no glibc version to ask for, no functions beyond the C standard's to rely on.
#ifndef _GLIBCXX_OS_DEFINES
#define _GLIBCXX_OS_DEFINES 1
#define __NO_CTYPE 1
#include <sys/features.h>
#undef __GLIBC_PREREQ
#define __GLIBC_PREREQ(major, minor) 0
#endif
