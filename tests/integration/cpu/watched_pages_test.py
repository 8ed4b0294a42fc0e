"""Memory whose page the platform watches (here: for `tohost`) takes everything that other memory takes."""

import unittest

import acf_run

# Every step adds its number to the failures by ending the run with it. s0 = a word 128 bytes behind tohost.
PROGRAM = """
    .globl _start
    .macro expect step, register, value
    li t6, \\value
    beq \\register, t6, 1f
    li a0, \\step
    j end
1:
    .endm
_start:
    bnez a0, .
    la s0, tohost
    addi s0, s0, 128
    la t0, trapped
    csrw mtvec, t0

    li t1, 0x1122334455667788
    sd t1, 0(s0)
    li t2, 5
    amoadd.d t3, t2, (s0)
    expect 1, t3, 0x1122334455667788
    ld t3, 0(s0)
    expect 2, t3, 0x112233445566778d
    amoswap.w t3, t2, (s0)
    expect 3, t3, 0x5566778d
    amomaxu.w t3, zero, (s0)
    expect 4, t3, 5

1:  lr.d t3, (s0)
    addi t3, t3, 1
    sc.d t4, t3, (s0)
    bnez t4, 1b
    ld t3, 0(s0)
    expect 5, t3, 0x1122334400000006

    li t1, 0xa1a2a3a4a5a6a7a8
    sd t1, 9(s0)                # misaligned in the page
    ld t3, 9(s0)
    expect 6, t3, 0xa1a2a3a4a5a6a7a8
    lhu t3, 15(s0)
    expect 7, t3, 0xa1a2
    lw t3, 11(s0)
    expect 8, t3, -0x5c5b5a5a
    ld t3, 0(s0)
    expect 9, t3, 0x1122334400000006

    la s1, tohost + 4096 - 3    # half in this page, half in the next
    sd t1, 0(s1)
    ld t3, 0(s1)
    expect 10, t3, 0xa1a2a3a4a5a6a7a8
    lwu t3, 3(s1)
    expect 11, t3, 0xa2a3a4a5
    li t0, 0x3ff8000000000000
    li t1, 3 << 13
    csrs mstatus, t1
    fmv.d.x fa0, t0
    fsd fa0, 33(s0)
    fld fa1, 33(s0)
    fmv.x.d t3, fa1
    expect 12, t3, 0x3ff8000000000000

    li a0, 0
end:
    slli a0, a0, 1
    ori a0, a0, 1
    la t0, tohost
    sd a0, 0(t0)
    j .
    .balign 4
trapped:
    li a0, 99
    j end

    .data
    .balign 4096
    .globl tohost
tohost: .space 8192
"""


class WatchedPages(acf_run.Case):
    def test_atomics_and_misaligned_accesses(self):
        elf = acf_run.assemble(self.folder, PROGRAM)
        run = self.run_acf("--firmware", elf, "--exit-code", "guest", "--max-sim-ms", 1)
        self.assertEqual((run.end, run.code), ("tohost", 0), run.log)


if __name__ == "__main__":
    unittest.main()
