// Products of 64 x 64 matrices; the element type decides what is measured: int32_t, or double in software.
#include <stdint.h>

enum { n = 64 };
static element a[n][n], b[n][n], c[n][n];

__attribute__((noinline)) static void multiply(void) {
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      element sum = 0;
      for (int k = 0; k < n; ++k) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
}

int main(void) {
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) a[i][j] = i + j, b[i][j] = i - j;
  for (int round = 0; round < rounds; ++round) multiply();
  element trace = 0;
  for (int i = 0; i < n; ++i) trace += c[i][i];
  return trace != 0; // sum of i^2 - j^2
}
