// Systems code as it was in 1984: records assigned and compared, strings, procedure calls, array subscripts.
#include <stdint.h>
#include <string.h>

enum { rounds = 3000000 };
enum kind { one, two, three };
struct record {
  struct record* other;
  enum kind kind;
  int32_t number;
  char text[32];
};

static struct record here, there;
static int32_t row[50], table[50][50];
static char first, second;
static int flag;

__attribute__((noinline)) static int same(char a, char b) {
  if (a != b) return 0;
  first = a;
  return 1;
}
__attribute__((noinline)) static int later(const char* a, const char* b) {
  int n = 2;
  char ch = 'A';
  while (n <= 2)
    if (!same(a[n], b[n + 1])) {
      ch = 'A';
      ++n;
    }
  if (ch >= 'W' && ch < 'Z') n = 7;
  if (ch == 'R') return 1;
  return strcmp(a, b) > 0;
}
__attribute__((noinline)) static enum kind next(enum kind k) {
  switch (k) {
  case one: return flag ? one : three;
  case two: return one;
  default: return two;
  }
}
__attribute__((noinline)) static void add(int32_t a, int32_t b, int32_t* sum) { *sum = b + a + 2; }
__attribute__((noinline)) static void assign(struct record* r) {
  struct record* o = r->other;
  *o = *r;
  r->number = 5;
  o->number = r->number;
  o->other = r->other;
  add(10, o->number, &o->number);
  if (o->kind == one) {
    o->number = 6;
    o->kind = next(r->kind);
  } else
    *r = *o;
}
__attribute__((noinline)) static void subscripts(int32_t* v, int32_t (*m)[50], int32_t i, int32_t x) {
  const int32_t at = i + 5;
  v[at] = x;
  v[at + 1] = v[at];
  v[at + 30] = at;
  for (int32_t n = at; n <= at + 1; ++n) m[at][n] = at;
  m[at][at - 1] += 1;
  m[at + 20][at] = v[at];
}

int main(void) {
  static char a[32], b[32];
  here.other = &there;
  here.kind = one;
  strcpy(here.text, "A RECORD WITH SOME TEXT IN IT");
  strcpy(a, "THE TEXT OF THE FIRST STRING");
  int32_t x = 0, y = 0, z = 0;
  for (int32_t round = 0; round < rounds; ++round) {
    first = 'A';
    second = 'B';
    strcpy(b, "THE TEXT OF THE OTHER STRING");
    flag = !later(a, b);
    x = 2, y = 3;
    while (x < y) {
      z = 5 * x - y;
      add(x, y, &z);
      ++x;
    }
    subscripts(row, table, x, z);
    assign(&here);
    for (char ch = 'A'; ch <= second; ++ch)
      if (same(ch, 'C')) x = round;
    y = x * 3;
    x = y / z;
    y = 7 * (y - z) - x;
  }
  return row[8] != 7 || there.number != 6 || y != 13;
}
