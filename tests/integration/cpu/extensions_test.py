"""What is chosen for harts by a key, and supervisor timers, on the whole chip."""

import unittest

import acf_run

# Ends with mcause of a misaligned load, or passes if it works.
MISALIGNED = """
    .globl _start
_start:
    bnez a0, .
    la t0, trapped
    csrw mtvec, t0
    la s0, word
    ld a1, 1(s0)
    li a2, 0x0911223344556677
    bne a1, a2, 1f
    li t1, 0x5555
    j end
1:  li t1, 0x633333
    j end
    .balign 4
trapped:
    csrr t1, mcause
    slli t1, t1, 16
    li t0, 0x3333
    or t1, t1, t0
end:
    li t0, 0x100000
    sw t1, 0(t0)
    j .
    .data
    .balign 8
word: .dword 0x1122334455667788, 0x09
"""

# Supervisor mode sets stimecmp 1000 ticks (100 us) ahead, sleeps, and ends with the ticks that it woke late.
TIMER = """
    .globl _start
_start:
    bnez a0, .
""" + acf_run.OPEN_PMP + """
    li t0, 1 << 63
    csrw 0x30a, t0              # menvcfg.STCE
    li t0, 2
    csrw mcounteren, t0
    li t0, 1 << 5
    csrw mideleg, t0
""" + acf_run.TO_SUPERVISOR + """
    la t0, trapped
    csrw stvec, t0
    li t0, -1
    csrw 0x14d, t0
    rdtime s0
    addi s0, s0, 1000
    csrw 0x14d, s0              # stimecmp
    li t0, 1 << 5
    csrs sie, t0
    csrsi sstatus, 2
1:  wfi
    j 1b
    .balign 4
trapped:
    rdtime s1
    csrr t0, scause
    li t1, (1 << 63) | 5
    bne t0, t1, wrong
    li t1, -1
    csrw 0x14d, t1
    csrr t0, sip
    bnez t0, wrong
    sub t1, s1, s0
    beqz t1, 1f
wrong:
    li t1, 0x13333
    j 2f
1:  li t1, 0x5555
2:  li t0, 0x100000
    sw t1, 0(t0)
    j .
"""

# Reserves a word, waits long enough for somebody else to write it, and ends with what sc says.
RESERVED = """
    .globl _start
_start:
    bnez a0, .
    li s0, 0x80100000
    sw zero, 0(s0)
    lr.w a1, (s0)
    li t0, 50000
1:  addi t0, t0, -1
    bnez t0, 1b
    sc.w a2, zero, (s0)
    slli t1, a2, 16
    li t0, 0x3333
    or t1, t1, t0
    li t0, 0x100000
    sw t1, 0(t0)
    j .
"""

# Goes round in code that it has put far above the image, until somebody else makes a return of it.
FAR = """
    .option norvc
    .globl _start
_start:
    bnez a0, .
    li s0, 0x90001000
    li t0, 0x00000013           # nop
    sw t0, 0(s0)
    li t0, 0xffdff06f           # j to the nop
    sw t0, 4(s0)
    fence.i
    jalr s1, s0
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
    j .
"""


class Extensions(acf_run.Case):
    def test_misaligned_accesses_are_done_or_trap(self):
        elf = acf_run.assemble(self.folder, MISALIGNED)
        for how, code in ((None, 0), ("emulate", 0), ("trap", 4)):
            run = self.run_acf("--firmware", elf, "--exit-code", "guest",
                               *([] if how is None else ["--set", f"cpu.misaligned={how}"]))
            self.assertEqual((run.code, run.end), (code, "finisher"), run.log)
        run = self.run_acf("--firmware", elf, "--set", "cpu.misaligned=maybe")
        self.assertEqual(run.code, 2)
        self.assertIn("key 'cpu.misaligned': expected one of emulate, trap", run.log)

    def test_the_supervisor_timer_wakes_at_its_tick(self):
        elf = acf_run.assemble(self.folder, TIMER)
        for mhz in (1000, 333):
            run = self.run_acf("--firmware", elf, "--set", f"cpu.freq_mhz={mhz}")
            self.assertEqual((run.code, run.end), (0, "finisher"), run.log)
            self.assertTrue(100e-6 < run.figure("simulated_seconds") < 103e-6, run.figure("simulated_seconds"))

    def test_pace_announces_itself_and_changes_no_result(self):
        elf = acf_run.assemble(self.folder, TIMER.replace("addi s0, s0, 1000", "li t0, 3000000\n add s0, s0, t0"))
        free, paced = self.run_acf("--firmware", elf), self.run_acf("--firmware", elf, "--pace")
        self.assertEqual((free.code, paced.code), (0, 0), paced.log)
        self.assertIn("paced: simulated time runs no faster than real time", paced.log)
        self.assertNotIn("paced", free.log)
        self.assertEqual(free.report_bytes, paced.report_bytes)
        host = acf_run.json.loads((paced.folder / "host.json").read_text())
        self.assertGreaterEqual(host["host_seconds"], 0.29)  # of 0.3 simulated: that can only take longer

    def test_a_write_of_the_same_value_by_others_fails_a_conditional_store(self):
        elf = acf_run.assemble(self.folder, RESERVED)
        for where, code in ((0x80100000, 1), (0x80100008, 0)):
            run = self.run_acf("--firmware", elf, "--exit-code", "guest",
                               "--inject", f"t=50us:dram@{where:#x}:write=00000000")
            self.assertEqual((run.code, run.end), (code, "finisher"), run.log)

    def test_code_far_above_the_image_may_be_rewritten_by_others(self):
        elf = acf_run.assemble(self.folder, FAR)
        run = self.run_acf("--firmware", elf, "--inject", "t=50us:dram@0x90001000:write=67800400",  # jr s1
                           "--max-sim-ms", "1")
        self.assertEqual((run.code, run.end), (0, "finisher"), run.log)


if __name__ == "__main__":
    unittest.main()
