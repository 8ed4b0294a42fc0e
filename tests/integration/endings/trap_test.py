"""A trap that nobody handles is told with cause, mtval, registers and call stack, wherever the handler has got to."""
import re
import unittest

from acf_run import Case, assemble

# A trap three calls deep; what follows decides what becomes of it.
DEEP = """
        .option norvc
        .globl  _start, outer, inner
_start: la      sp, stack
        {setup}
        li      s3, 0x1234
        call    outer
        j       .
        .type   outer, @function
outer:  addi    sp, sp, -16
        sd      ra, 8(sp)
        call    inner
        ld      ra, 8(sp)
        addi    sp, sp, 16
        ret
        .type   inner, @function
inner:  li      a0, 0x30000000
        lw      a1, 4(a0)
        {after}
        ret
{handler}
        .balign 16
        .space  1024
stack:
"""
SET = "la t0, handler\n csrw mtvec, t0"
GIVE_UP = """
        .align  2
handler: li     s3, 0
        li      t0, 0x100000
        li      t1, 0x73333
        sw      t1, 0(t0)
        j       .
"""
SKIP = """
        .align  2
handler: csrr   t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        mret
"""
FAIL = "li t0, 0x100000\n li t1, 0x73333\n sw t1, 0(t0)"


# Recursion three deep, then an inlined function that reads where nothing is. Before, `deep` has left its return
# addresses on the part of the stack that is in use at the fault, in a buffer that nobody clears.
COMPILED = """
__attribute__((noinline)) long deep(long n) { volatile long keep[4]; keep[0] = n; return n ? deep(n - 1) + keep[0] : 0; }
static inline __attribute__((always_inline)) long sensor(volatile long* at) {
  return *at;
}
__attribute__((noinline)) long down(long n) {
  volatile long unused[64];
  unused[0] = n;
  if (n == 0) return sensor((volatile long*)0x30000000);
  return down(n - 1) + unused[0];
}
long main(void) {
  return deep(20) + down(2);
}
void handler(void) __attribute__((aligned(4)));
void handler(void) {
  *(volatile unsigned*)0x100000 = 0x73333;
  for (;;) {}
}
"""
START = """
        .globl  _start
_start: la      sp, stack_top
        la      t0, handler
        csrw    mtvec, t0
        call    main
        j       .
        .bss
        .balign 16
        .space  8192
stack_top:
"""


class Traps(Case):
    def run_text(self, setup="", after="", handler=""):
        return self.run_acf("--firmware", assemble(self.folder, DEEP.format(setup=setup, after=after, handler=handler)),
                            "--max-sim-ms", 10)

    def assert_told(self, run):
        self.assertRegex(run.log, r"hart 0: load access fault \(cause 5\), value 0x30000004, in machine mode")
        self.assertIn("s3 0000000000001234", run.log)
        self.assertRegex(run.log, r"(?s)at pc 0x8[0-9a-f]+  inner.*called from pc 0x8[0-9a-f]+  outer.*called from pc 0x8[0-9a-f]+  _start")
        self.assertEqual(run.report["end"]["function"], "inner")

    def test_a_handler_that_gives_up(self):
        run = self.run_text(SET, handler=GIVE_UP)
        self.assertEqual((run.code, run.end, run.report["end"]["guest_exit_code"]), (1, "finisher", 7), run.log)
        self.assert_told(run)

    def test_no_handler_at_all(self):
        run = self.run_text()
        self.assertEqual((run.code, run.end), (3, "unhandled_fault"), run.log)
        self.assert_told(run)
        self.assertIn("there is no trap handler: mtvec is 0", run.log)

    def test_a_handler_that_has_returned_is_no_reason(self):
        run = self.run_text(SET, FAIL, SKIP)
        self.assertEqual((run.code, run.report["end"]["guest_exit_code"]), (1, 7), run.log)
        self.assertNotIn("in machine mode", run.log)

    def test_a_call_of_the_environment_is_no_fault(self):
        run = self.run_acf("--firmware", assemble(self.folder, DEEP.format(setup=SET + "\n ecall", after="", handler=GIVE_UP)))
        self.assertEqual(run.report["end"]["guest_exit_code"], 7, run.log)
        self.assertNotIn("in machine mode", run.log)

    def test_optimised_firmware(self):
        run = self.run_acf("--firmware", "crash")
        self.assertEqual(run.report["end"]["guest_exit_code"], 125)
        self.assertIn("load access fault (cause 5), value 0x9000000", run.log)
        at = run.log.index("\n  at ")
        self.assertRegex(run.log[at:], r"(?s)read_sensor +firmware/apps/crash/main.cpp:7.*called from .*average.*called from .*main")
        self.assertEqual((run.report["end"]["file"], run.report["end"]["line"]), ("firmware/apps/crash/main.cpp", 7))

    def test_the_stack_of_compiled_code_has_the_calls_that_are_under_way_and_no_other(self):
        (self.folder / "compiled.c").write_text(COMPILED)
        elf = assemble(self.folder, START, self.folder / "compiled.c", "-O2", "-g", "-fno-optimize-sibling-calls")
        run = self.run_acf("--firmware", elf)
        self.assertEqual(run.report["end"]["guest_exit_code"], 7, run.log)
        frames = re.findall(r"\n  ((?:at|called from|perhaps called from) .*)", run.log)
        plain = [re.sub(r"pc 0x\w+  |\+0x\w+|\S*/", "", f) for f in frames]
        self.assertEqual(plain, ["at sensor  compiled.c:4, inlined in down", "called from down  compiled.c:9",
                                 "called from down  compiled.c:10", "called from down  compiled.c:10",
                                 "called from main  compiled.c:13", "called from _start  program.S:6"], run.log)

    def test_code_without_call_frame_information_is_guessed_and_says_so(self):
        run = self.run_text()
        self.assertRegex(run.log, r"at pc 0x8\w+  inner\+0x\w+.*\n  perhaps called from pc 0x8\w+  outer")


if __name__ == "__main__":
    unittest.main()
