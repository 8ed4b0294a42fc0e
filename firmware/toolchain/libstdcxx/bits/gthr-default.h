// One hart runs the C++ program; the library needs no locks.
#ifndef ACF_FIRMWARE_GTHR_DEFAULT_H
#define ACF_FIRMWARE_GTHR_DEFAULT_H
#pragma GCC system_header
#include <bits/gthr-single.h>
#endif
