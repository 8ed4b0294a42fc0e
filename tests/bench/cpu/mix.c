// What embedded control code is made of: linked lists that are searched and sorted, small integer matrices, a state
// machine over text, and a CRC over everything. `main` fails if the CRC is not what it always was.
#include <stdint.h>

enum { nodes = 64, side = 10, rounds = 30000 };

struct node {
  struct node* next;
  int16_t key, value;
};

static struct node pool[nodes];
static int16_t a[side * side], b[side * side];
static int32_t c[side * side];

static uint16_t crc(uint16_t sum, uint32_t value, int bits) {
  for (int n = 0; n < bits; ++n, value >>= 1) {
    const int flip = (sum ^ value) & 1;
    sum >>= 1;
    if (flip) sum ^= 0xa001;
  }
  return sum;
}

static struct node* build(uint32_t seed) {
  struct node* head = 0;
  for (int n = 0; n < nodes; ++n) {
    seed = seed * 1103515245u + 12345u;
    pool[n] = (struct node){head, (int16_t)(seed >> 16), (int16_t)n};
    head = &pool[n];
  }
  return head;
}

static struct node* merge(struct node* x, struct node* y, int by_key) {
  struct node first = {0}, *last = &first;
  while (x && y) {
    const int before = by_key ? x->key <= y->key : x->value <= y->value;
    struct node** from = before ? &x : &y;
    last->next = *from;
    last = *from;
    *from = last->next;
  }
  last->next = x ? x : y;
  return first.next;
}

static struct node* sort(struct node* list, int by_key) {
  if (!list || !list->next) return list;
  struct node *slow = list, *fast = list->next;
  while (fast && fast->next) slow = slow->next, fast = fast->next->next;
  struct node* half = slow->next;
  slow->next = 0;
  return merge(sort(list, by_key), sort(half, by_key), by_key);
}

static uint16_t lists(uint32_t seed, uint16_t sum) {
  struct node* list = sort(build(seed), 1);
  for (int wanted = 0; wanted < 8; ++wanted) {
    struct node* found = list;
    while (found && found->value != wanted * 7) found = found->next;
    if (found) sum = crc(sum, (uint16_t)found->key, 16);
  }
  struct node* reversed = 0;
  while (list) {
    struct node* next = list->next;
    list->next = reversed;
    reversed = list;
    list = next;
  }
  return crc(sum, (uint16_t)sort(reversed, 0)->key, 16);
}

static uint16_t matrices(uint32_t seed, uint16_t sum) {
  for (int n = 0; n < side * side; ++n) a[n] = (int16_t)(seed + n), b[n] = (int16_t)(seed * 3 - n);
  for (int i = 0; i < side; ++i)
    for (int j = 0; j < side; ++j) {
      int32_t dot = 0;
      for (int k = 0; k < side; ++k) dot += (int32_t)a[i * side + k] * b[k * side + j];
      c[i * side + j] = dot;
    }
  int32_t peak = 0;
  for (int n = 0; n < side * side; ++n) {
    const int32_t part = (c[n] >> 2 & 0xf) * (c[n] >> 5 & 0x7f);
    peak = part > peak ? part : peak;
  }
  return crc(sum, (uint32_t)peak, 32);
}

enum state { start, sign, whole, fraction, exponent, bad, states };
static uint16_t numbers(uint32_t seed, uint16_t sum) {
  static const char text[] = "5012,1234,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,T0.3e-1F,-T.T++Tq,";
  uint16_t seen[states] = {0};
  enum state now = start;
  for (const char* s = text; *s; ++s) {
    const char ch = (char)(*s ^ ((seed & 31) == (uint32_t)(s - text) ? 1 : 0));
    const int digit = ch >= '0' && ch <= '9';
    if (ch == ',') {
      ++seen[now];
      now = start;
      continue;
    }
    switch (now) {
    case start: now = digit ? whole : ch == '+' || ch == '-' ? sign : ch == '.' ? fraction : bad; break;
    case sign: now = digit ? whole : ch == '.' ? fraction : bad; break;
    case whole: now = digit ? whole : ch == '.' ? fraction : ch == 'e' ? exponent : bad; break;
    case fraction: now = digit ? fraction : ch == 'e' ? exponent : bad; break;
    case exponent: now = digit || ch == '+' || ch == '-' ? exponent : bad; break;
    default: break;
    }
  }
  for (int n = 0; n < states; ++n) sum = crc(sum, seen[n], 16);
  return sum;
}

int main(void) {
  uint16_t sum = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    sum = lists(round, sum);
    sum = matrices(round, sum);
    sum = numbers(round, sum);
  }
  return sum != EXPECTED;
}
