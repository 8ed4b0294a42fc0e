"""What is said about faults that no handler of the guest deals with."""

import unittest

import acf_run

NO_HANDLER = """
    .globl _start
    .type _start, @function
_start:
    bnez a0, .
    la sp, stack
    call below
    j .
    .type below, @function
below:
    li a3, 0x12345
    lui a4, 0x30000
    sd a3, 24(a4)
    ret
    .bss
    .space 1024
stack: .space 64
"""

# User mode behind page tables faults; the handler gives up.
GIVES_UP = """
    .globl _start
    .type _start, @function
_start:
    bnez a0, .
    la t0, trapped
    csrw mtvec, t0
""" + acf_run.OPEN_PMP + """
    la t0, root                 # virtual 0x4000'0000 and up: DRAM, for user mode
    li t1, (0x80000000 >> 2) | 0xdf
    sd t1, 8(t0)
    srli t0, t0, 12
    li t1, 8 << 60
    or t0, t0, t1
    csrw satp, t0
    la t0, user
    li t1, 0x40000000
    sub t0, t0, t1
    csrw mepc, t0
    csrw mstatus, zero
    mret
    .balign 4
    .type user, @function
user:
    li a2, 77
    ld a1, 16(zero)
    .balign 4
trapped:
    li t0, 0x100000
    li t1, 0x43333
    sw t1, 0(t0)
    j .
    .bss
    .balign 4096
root: .space 4096
"""


class Faults(acf_run.Case):
    def test_without_a_handler_the_first_fault_is_shown(self):
        run = self.run_acf("--firmware", acf_run.assemble(self.folder, NO_HANDLER))
        self.assertEqual((run.code, run.end), (3, "unhandled_fault"), run.log)
        self.assertIn("store access fault (cause 7), value 0x30000018, in machine mode", run.log)
        self.assertIn("a3 0000000000012345", run.log)
        self.assertRegex(run.log, r"-> [0-9a-f]{16}  sd a3,24\(a4\)")
        self.assertRegex(run.log, r"at pc 0x\w+  below")
        self.assertRegex(run.log, r"called from pc 0x\w+  _start")
        self.assertIn("there is no trap handler: mtvec is 0", run.log)

    def test_a_handler_that_gives_up(self):
        run = self.run_acf("--firmware", acf_run.assemble(self.folder, GIVES_UP), "--exit-code", "guest")
        self.assertEqual((run.code, run.end), (4, "finisher"), run.log)
        self.assertIn("load page fault (cause 13), value 0x10, in user mode", run.log)
        self.assertIn("a2 000000000000004d", run.log)
        self.assertRegex(run.log, r"-> 00000000400000\w\w  ld a1,16\(zero\)")

    def test_firmware_of_the_project(self):
        run = self.run_acf("--firmware", "crash", "--exit-code", "guest")
        self.assertEqual((run.code, run.end), (125, "finisher"), run.log)
        self.assertIn("load access fault (cause 5), value 0x9000000", run.log)
        self.assertRegex(run.log, r"->.* l[bhwd]u? .*\n")
        self.assertIn("called from", run.log)


if __name__ == "__main__":
    unittest.main()
