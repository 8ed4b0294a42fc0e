"""Programs that call the host: picolibc's own semihosting library, and by hand what it does not."""

import subprocess
import unittest

import acf_run

PICOLIBC = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  char line[64] = {0};
  FILE *f = fopen("notes.txt", "w");
  if (!f) { printf("no file\n"); return 7; }
  fprintf(f, "first %d\nsecond\n", 42);
  fclose(f);
  f = fopen("notes.txt", "r");
  fseek(f, 6, SEEK_SET);
  if (!f || !fgets(line, sizeof line, f)) return 8;
  printf("read back: %s", line);
  fclose(f);
  if (fopen("../outside.txt", "w") || fopen("/etc/passwd", "r") || fopen("link", "r")) return 9;
  if (remove("notes.txt") != 0 || fopen("notes.txt", "r")) return 10;
  printf("done\n");
  exit(3);
}
"""

# A call of the host: a0 = operation, a1 = argument.
CALL = """
    .globl _start
    .option norvc
    .option norelax
    .macro call operation, argument
    li a0, \\operation
    la a1, \\argument
    slli x0, x0, 0x1f
    ebreak
    srai x0, x0, 7
    .endm
"""
# Every call must leave everything else alone.
BY_HAND = CALL + """
    .macro expect value
    li t0, \\value
    bne a0, t0, wrong
    addi s0, s0, 1
    .endm
_start:
    bnez a0, .
    la t0, trapped
    csrw mtvec, t0
    li s0, 0
    call 0x31, 0
    expect 1000000000
    call 0x01, nowhere          # parameter block outside of memory
    expect -1
    call 0x12, 0                # SYS_SYSTEM is refused
    expect -1
    call 0x05, huge             # writes more than there is: says how much was not written
    bltz a0, 1f
    j wrong
1:  addi s0, s0, 1
    csrr s1, instret
    call 0x03, letter
    csrr s2, instret
    sub a0, s2, s1
    expect 7
    ebreak                      # without the marks: a breakpoint
    li a0, 99
    j wrong
    .balign 4
trapped:
    csrr t0, mcause
    addi t0, t0, -3
    bnez t0, wrong
    li t0, 5
    bne s0, t0, wrong
    call 0x20, good
    j .
wrong:
    call 0x20, bad
    j .
    .data
    .balign 8
    .set nowhere, 0x10
letter: .byte 0x2a
    .balign 8
huge:   .dword 3, 0x80000000, -1
good:   .dword 0x20026, 0
bad:    .dword 0x20026, 1
"""


# SYS_READC twice, then SYS_READ of ":tt" until it is short; what was read goes to the console, its count is the code.
READING = CALL + """
_start:
    bnez a0, .
    call 0x07, 0
    mv s1, a0
    call 0x07, 0
    la t0, buffer
    sb s1, 0(t0)
    sb a0, 1(t0)
    call 0x04, buffer
    call 0x01, terminal
    la t0, transfer
    sd a0, 0(t0)
    li s0, 0
next:
    call 0x06, transfer
    li t0, 8
    sub t0, t0, a0              # characters that came
    beqz t0, over
    add s0, s0, t0
    la t1, buffer
    add t1, t1, t0
    sb zero, 0(t1)
    call 0x04, buffer
    call 0x04, bar
    j next
over:
    call 0x07, 0                # still at the end
    bgez a0, .
    la t0, ending
    sd s0, 8(t0)
    call 0x20, ending
    j .
    .data
    .balign 8
terminal: .dword name, 0, 3
transfer: .dword 0, buffer, 8
ending:   .dword 0x20026, 0
buffer:   .skip 16
name:     .asciz ":tt"
bar:      .asciz "|"
"""

PICOLIBC_INPUT = r"""
#include <stdio.h>

int main(void) {
  char line[64];
  int lines = 0;
  while (lines < 3 && fgets(line, sizeof line, stdin)) printf("%d: %s", ++lines, line);
  return lines;
}
"""
SPIN = """
    .globl _start
    .option norvc
    .option norelax
_start:
    bnez a0, .
    li t0, 101000
1:  addi t0, t0, -1
    bnez t0, 1b
"""
FIGURES = """
    j .
    .data
    .balign 8
good: .dword 0x20026, 0
    .globl tohost
tohost: .dword 0
"""


class Semihosting(acf_run.Case):
    def compiled(self, source):
        (self.folder / "main.c").write_text(source)
        elf = self.folder / "main.elf"
        memory = [f"-Wl,--defsym=__{what}={value}" for what, value in
                  (("flash", 0x80000000), ("flash_size", 0x400000), ("ram", 0x80400000), ("ram_size", 0x400000))]
        subprocess.run(["riscv64-unknown-elf-gcc", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-O1",
                        "--specs=picolibc.specs", "--oslib=semihost", "--crt0=hosted", *memory,
                        self.folder / "main.c", "-o", elf], check=True)
        return elf

    def test_a_program_with_picolibc(self):
        elf = self.compiled(PICOLIBC)
        files = self.folder / "files"
        files.mkdir()
        (files / "link").symlink_to("/etc/passwd")
        run = self.run_acf("--firmware", elf, "--semihosting", files, "--exit-code", "guest", "--max-sim-ms", 100)
        self.assertEqual((run.end, run.code), ("semihosting", 3), run.log)
        self.assertEqual(run.console, b"read back: 42\ndone\n")
        self.assertEqual([f.name for f in files.iterdir()], ["link"])
        self.assertFalse((self.folder / "outside.txt").exists())

        without = self.run_acf("--firmware", elf, "--exit-code", "guest", "--max-sim-ms", 100)
        self.assertEqual((without.end, without.code, without.console), ("semihosting", 7, b"no file\n"))

    def test_calls_by_hand(self):
        run = self.run_acf("--firmware", acf_run.assemble(self.folder, BY_HAND), "--exit-code", "guest",
                           "--max-sim-ms", 1)
        self.assertEqual((run.end, run.code), ("semihosting", 0), run.log)
        self.assertEqual(run.console, b"*")

    def test_console_input_by_hand(self):
        elf = acf_run.assemble(self.folder, READING)
        typed = self.folder / "typed"
        for text, shown in ((b"ab", b"ab"), (b"ab\n", b"ab\n|"), (b"xyfirst\nsecond line\n\nend",
                                                                    b"xyfirst\n|second l|ine\n|\n|end|")):
            typed.write_bytes(text)
            options = ("--firmware", elf, "--exit-code", "guest", "--max-sim-ms", 1, "--input", typed)
            run = self.run_acf(*options)
            self.assertEqual((run.end, run.code, run.console), ("semihosting", len(text) - 2, shown), run.log)
            self.assertEqual(self.run_acf(*options).report_bytes, run.report_bytes)
            piped = subprocess.run([acf_run.ACF_VP, "run", "--firmware", elf, "--exit-code", "guest", "--interactive",
                                    "--out", self.folder / "piped"], input=text, capture_output=True, timeout=120)
            self.assertEqual((piped.returncode, piped.stdout), (len(text) - 2, shown), piped.stderr)

    def test_without_input_reading_ends_at_once(self):
        run = self.run_acf("--firmware", acf_run.assemble(self.folder, READING), "--exit-code", "guest",
                           "--max-sim-ms", 1)
        self.assertEqual((run.end, run.code, run.console), ("semihosting", 0, b"\xff\xff"), run.log)

    def test_console_input_with_picolibc(self):
        elf = self.compiled(PICOLIBC_INPUT)
        (self.folder / "typed").write_bytes(b"one\ntwo\n" + 30 * b"x" + b"\n")
        run = self.run_acf("--firmware", elf, "--exit-code", "guest", "--max-sim-ms", 100, "--input", "typed")
        self.assertEqual((run.end, run.code), ("semihosting", 3), run.log)
        self.assertEqual(run.console, b"1: one\n2: two\n3: " + 30 * b"x" + b"\n")
    def test_the_time_is_that_of_the_hart_that_ends_the_run(self):
        """Also where it has run ahead of the simulation: a loop that ends within a quantum, then the end."""
        for last, end in (("li a0, 0x20\n la a1, good\n slli x0, x0, 0x1f\n ebreak\n srai x0, x0, 7", "semihosting"),
                          ("li t0, 1\n la t1, tohost\n sd t0, (t1)", "tohost")):
            elf = acf_run.assemble(self.folder, SPIN + last + FIGURES)
            run = self.run_acf("--firmware", elf, "--max-sim-ms", 10)
            self.assertEqual((run.end, run.code), (end, 0), run.log)
            cycles = run.figure("cpu_cycles")  # at 1 GHz
            self.assertGreater(cycles, 100_000)
            self.assertAlmostEqual(run.figure("simulated_seconds") * 1e9, cycles, delta=200)

    def test_a_trace_changes_no_cycle(self):
        elf = acf_run.assemble(self.folder, BY_HAND)
        plain = self.run_acf("--firmware", elf, "--max-sim-ms", 1)
        traced = self.run_acf("--firmware", elf, "--max-sim-ms", 1, "--trace-insn", "trace")
        self.assertEqual(plain.report_bytes, traced.report_bytes)
        again = self.run_acf("--firmware", elf, "--max-sim-ms", 1, "--trace-insn", "trace2")
        self.assertEqual(again.report_bytes, plain.report_bytes)
        self.assertEqual((self.folder / "trace").read_bytes(), (self.folder / "trace2").read_bytes())


if __name__ == "__main__":
    unittest.main()
