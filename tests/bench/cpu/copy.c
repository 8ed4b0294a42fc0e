// 64 KiB copied again and again, eight bytes at a time.
#include <stdint.h>

enum { words = 8192, rounds = 40000 };
static uint64_t from[words], to[words];

__attribute__((noinline, optimize("no-tree-loop-distribute-patterns"))) static void copy(uint64_t* d, const uint64_t* s,
                                                                                        long n) {
  for (const uint64_t* end = s + n; s < end; d += 8, s += 8) {
    const uint64_t v0 = s[0], v1 = s[1], v2 = s[2], v3 = s[3], v4 = s[4], v5 = s[5], v6 = s[6], v7 = s[7];
    d[0] = v0, d[1] = v1, d[2] = v2, d[3] = v3, d[4] = v4, d[5] = v5, d[6] = v6, d[7] = v7;
  }
}

int main(void) {
  for (long n = 0; n < words; ++n) from[n] = (uint64_t)n * 0x9e3779b97f4a7c15u;
  for (int round = 0; round < rounds; ++round) copy(to, from, words);
  for (long n = 0; n < words; ++n)
    if (to[n] != (uint64_t)n * 0x9e3779b97f4a7c15u) return 1;
  return 0;
}
