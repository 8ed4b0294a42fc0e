// One source for every host: GCC compiles a function once per instruction set, the loader picks. No fused
// multiply-add in any of them (-ffp-contract=off), so all give the same bits. Sanitizers instrument the functions that
// pick and cannot run that early.
#pragma once

// What is inlined into each of them.
#define ACF_INLINE [[gnu::always_inline]] inline

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define ACF_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#define ACF_POPCOUNT_CLONES __attribute__((target_clones("arch=icelake-server", "popcnt", "default")))
#else
#define ACF_CLONES
#define ACF_POPCOUNT_CLONES
#endif
