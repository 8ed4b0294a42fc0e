"""A trap that nobody handles is told with cause, mtval, registers and call stack, wherever the handler has got to."""
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


if __name__ == "__main__":
    unittest.main()
