"""Firmware that cannot go on is told why: asleep for ever, or a trap handler that traps."""
import unittest

from acf_run import Case, assemble

SLEEP = """
        .globl  _start
_start: wfi
        j       _start
"""

# Sleeps with the timer set to `DUE` ticks of 100 ns and its interrupt enabled; passes when it wakes.
TIMER = """
        .globl  _start
_start: li      t0, 0x2004000
        li      t1, DUE
        sd      t1, 0(t0)
        li      t1, 0x80
        csrw    mie, t1
        wfi
        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
        j       .
"""

# Starts the watchdog and never feeds it.
WATCHDOG = """
        .globl  _start, spin
_start: li      a0, 0x102000
        li      a1, 100
        sw      a1, 4(a0)
        li      a1, 1
        sw      a1, 0(a0)
spin:   j       spin
"""

HANDLER = """
        .globl  _start, handler
_start: la      t0, handler
        csrw    mtvec, t0
        li      a0, 0x30000000
        call    broken
        j       .
        .type   broken, @function
broken: lw      a1, 0(a0)
        ret
        .align  2
handler: lw     a2, 4(a0)
        mret
"""

# The first thing this handler does is to save a register on a stack that is nowhere.
FRAME = """
        .globl  _start, handler
_start: la      t0, handler
        csrw    mtvec, t0
        li      sp, 0x1000
        li      a0, 0x30000000
        call    broken
        j       .
        .type   broken, @function
broken: lw      a1, 4(a0)
        ret
        .align  2
handler: addi   sp, sp, -256
        sd      a2, 0(sp)
        mret
"""
# A handler that waits for ever, busily.
WAITS = HANDLER.replace("lw     a2, 4(a0)", "j      handler")


class Stuck(Case):
    def ends(self, code, end, *arguments):
        run = self.run_acf("--firmware", *arguments)
        self.assertEqual((run.code, run.end), (code, end), run.log)
        return run

    def test_asleep_with_nothing_pending(self):
        run = self.ends(3, "idle_deadlock", assemble(self.folder, SLEEP))
        self.assertRegex(run.log, r"hart 0: sleeps in wfi at pc 0x80000004  _start")
        self.assertIn("mie 0x0, mip 0x0, no timer set", run.log)
        self.assertLess(run.figure("simulated_seconds"), 1e-3)

    def test_the_end_by_a_watchdog_says_what_it_has_ended(self):
        run = self.ends(3, "watchdog", assemble(self.folder, WATCHDOG))
        self.assertIn("the run was stopped: watchdog", run.log)
        self.assertRegex(run.log, r"hart 0: runs at pc 0x8\w+  spin")

    def test_two_harts_asleep(self):
        run = self.ends(3, "idle_deadlock", assemble(self.folder, SLEEP), "--set", "cpu.harts=2")
        self.assertIn("hart 1: sleeps in wfi", run.log)

    def test_a_timer_that_will_come_is_no_deadlock(self):
        run = self.ends(0, "finisher", assemble(self.folder, TIMER, "-Wa,--defsym,DUE=50000000"))
        self.assertAlmostEqual(run.figure("simulated_seconds"), 5, delta=1e-3)

    def test_a_trap_handler_that_traps(self):
        run = self.ends(3, "trap_loop", assemble(self.folder, HANDLER))
        self.assertIn("hart 0: trap loop: the trap handler at mtvec", run.log)
        self.assertIn("load access fault), mtval 0x30000004", run.log)
        self.assertRegex(run.log, r"mepc pc 0x\w+  handler")
        self.assertIn("a0 0000000030000000", run.log)
        self.assertRegex(run.log, r"called from pc 0x\w+  _start")

    def test_a_trap_handler_that_traps_after_some_instructions(self):
        run = self.ends(3, "trap_loop", assemble(self.folder, FRAME))
        self.assertRegex(run.log, r"hart 0: load access fault \(cause 5\), value 0x30000004, in machine mode")
        self.assertIn("store access fault), mtval 0x", run.log)
        self.assertRegex(run.log, r"mepc pc 0x\w+  handler")
        self.assertEqual(run.report["end"]["function"], "broken")
        self.assertLess(run.figure("instructions_retired"), 10_000)

    def test_a_handler_that_never_ends_is_told_with_its_first_cause(self):
        for limit in (("--max-sim-ms", "0.1"), ("--max-instructions", "5000"), ("--max-host-seconds", "0.3")):
            run = self.run_acf("--firmware", assemble(self.folder, WAITS), *limit)
            self.assertEqual(run.code, 3, run.log)
            stuck = run.log[run.log.index("why is it stuck"):]
            self.assertRegex(stuck, r"hart 0: handles a trap since load access fault \(cause 5\), value 0x30000000, "
                                    r"in machine mode at pc 0x\w+  broken")
            self.assertEqual(run.report["end"]["function"], "broken")


if __name__ == "__main__":
    unittest.main()
