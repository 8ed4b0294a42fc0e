/* Two harts that count; the second one also writes a word that the first one looks at now and then. */
typedef unsigned long u64;

volatile u64 counters[2];
volatile u64 big = 0x1122334455667788;
volatile double real = 1.5;
volatile unsigned shared_word;
volatile int rounds = 3000;

__attribute__((noinline)) void tick(u64 hart, u64 n) { counters[hart] = n; }

__attribute__((noinline)) u64 work(u64 hart) {
  u64 sum = 0;
  for (int n = 0; n < rounds; ++n) {
    tick(hart, (u64)n);
    if (hart == 1 && n % 64 == 63) shared_word = (unsigned)n;
    sum = sum * 31 + shared_word;
    real = real * 1.0001;
  }
  return sum;
}

void finish(u64 sum) {
  counters[0] = sum;
  *(volatile unsigned*)0x100000 = 0x5555;
  for (;;) {}
}

__asm__(".pushsection .text.init, \"ax\"\n"
        ".globl _start\n"
        "_start: la sp, stacks\n"
        "  slli t0, a0, 12\n"
        "  add sp, sp, t0\n"
        "  li t0, 0x6000\n"
        "  csrs mstatus, t0\n"
        "  call work\n"
        "  csrr t0, mhartid\n"
        "1: bnez t0, 1b\n"
        "  j finish\n"
        ".popsection\n"
        ".pushsection .bss\n"
        ".balign 16\n"
        "  .space 4096\n"
        "stacks: .space 4096\n"
        ".popsection\n");
