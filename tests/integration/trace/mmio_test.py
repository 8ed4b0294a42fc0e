"""--trace-mmio: register accesses by name, refused ones with the reason."""
import re
import unittest

from acf_run import Case, assemble

LINE = re.compile(r"(\d+\.\d{3}) (\d+) 0x([0-9a-f]+) ([RW]) (\d+) 0x([0-9a-f]+) (0x[0-9a-f]+|-) (\S+)( refused: .+)?")


# What devices, or the hart before them, refuse; every trap goes on behind its instruction, at last in user mode.
REFUSED = """
    .option norvc
_start:
    bnez a0, .
    la t0, trapped
    csrw mtvec, t0
    li s0, 0x41000000           # TILE(0,0): registers of 4 bytes
    li s1, 0x80100000
    li s2, 0x30000000           # nothing
    lb a1, 0(s0)
    sd a1, 0(s0)
    lw a1, 2(s0)
    sh a1, 1(s0)
    amoadd.w a1, a1, (s0)
    lr.w a1, (s0)
    amoswap.d a1, a1, (s1)      # memory: allowed
    addi s1, s1, 4
    amoswap.d a1, a1, (s1)
    lw a1, 1(s1)                # allowed unless --set cpu.misaligned=trap
    amoor.w a1, a1, (s2)
    lw a1, 0(s2)
    .insn i 0x0f, 2, x0, s0, 4  # cbo.zero
    li t0, 0x2001ffff           # code for user mode: a mebibyte from 0x8000'0000, nothing else
    csrw pmpaddr0, t0
    csrw pmpcfg0, 0x1d
    la t0, user
    csrw mepc, t0
    mret
user:
    lw a1, 4(s0)
    sb a1, 5(s0)
    ecall
    .balign 4
trapped:
    csrr t0, mcause
    addi t0, t0, -8
    beqz t0, over
    csrr t0, mepc
    addi t0, t0, 4
    csrw mepc, t0
    mret
over:
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
    j .
"""


class Mmio(Case):
    def lines(self):
        text = (self.folder / "mmio.txt").read_text().splitlines()
        self.assertEqual(text[0], "# time in ns, hart, pc, R or W, bytes, address, value, register")
        found = [LINE.fullmatch(line) for line in text[1:]]
        self.assertNotIn(None, found)
        return [m.groups() for m in found]

    def test_a_training_run(self):
        run = self.train("--trace-mmio", "mmio.txt")
        lines = self.lines()
        times = [float(line[0]) for line in lines]
        self.assertEqual(times, sorted(times))
        self.assertFalse([line for line in lines if line[8]])
        names = {line[7] for line in lines}
        for name in ("GLOBAL.ID", "GLOBAL.MARKER", "TILE(1,1).RING_BASE[3]", "UART.THR", "FINISHER.FINISH",
                     "PLIC.CLAIM[0]"):
            self.assertIn(name, names)
        typed = bytes(int(line[6], 16) for line in lines if line[7] == "UART.THR")
        self.assertEqual(typed, run.console)
        self.assertEqual(run.report_bytes, self.train().report_bytes)

    def test_refused_accesses_have_a_reason(self):
        self.run_acf("--firmware", "register_walk_published", "--trace-mmio", "mmio.txt")
        refused = {line[8] for line in self.lines() if line[8]}
        for reason in ("read only", "write only", "sets reserved bits"):
            self.assertTrue(any(reason in text for text in refused), reason)

    def test_the_reason_says_what_kind_of_access_it_was(self):
        elf = assemble(self.folder, REFUSED)
        self.assertEqual(self.run_acf("--firmware", elf, "--trace-mmio", "mmio.txt", "--max-sim-ms", 1).code, 0)
        atomic, misaligned = "atomic access of 4 bytes to ", "misaligned access of {} bytes to a device"
        expected = [("R", "1", "41000000", "read of TILE(0,0).POSITION: 1 bytes at offset 0x0, the register has 4 "
                     "bytes at offset 0x0"),
                    ("W", "8", "41000000", "write of 0x1040 to TILE(0,0).POSITION: 8 bytes at offset 0x0, the register "
                     "has 4 bytes at offset 0x0"),
                    ("R", "4", "41000002", misaligned.format(4)),
                    ("W", "2", "41000001", misaligned.format(2)),
                    ("W", "4", "41000000", atomic + "a device"),
                    ("R", "4", "41000000", atomic + "a device"),
                    ("W", "8", "80100004", "misaligned atomic access of 8 bytes"),
                    ("W", "4", "30000000", atomic + "nothing: no target is there"),
                    ("R", "4", "30000000", "nothing is mapped there"),
                    ("W", "64", "41000000", "cache block operation of 64 bytes to a device"),
                    ("R", "4", "41000004", "access of 4 bytes that PMP does not allow"),
                    ("W", "1", "41000005", "access of 1 bytes that PMP does not allow")]
        told = [(*line[3:6], line[8].removeprefix(" refused: ")) for line in self.lines() if line[8]]
        self.assertEqual(told, expected)

        self.run_acf("--firmware", elf, "--trace-mmio", "mmio.txt", "--max-sim-ms", 1, "--set", "cpu.misaligned=trap")
        told = [(*line[3:6], line[8].removeprefix(" refused: ")) for line in self.lines() if line[8]]
        for at, (how, size, address) in ((2, ("R", "4", "41000002")), (3, ("W", "2", "41000001")),
                                         (7, ("R", "4", "80100005"))):
            trapped = (how, size, address, f"misaligned access of {size} bytes, which this hart traps")
            expected[at:at + (at != 7)] = [trapped]
        self.assertEqual(told, expected)

    def test_a_file_that_cannot_be_written(self):
        run = self.train("--trace-mmio", "nowhere/mmio.txt")
        self.assertEqual(run.code, 2)
        self.assertIn("--trace-mmio: cannot write nowhere/mmio.txt", run.log)


if __name__ == "__main__":
    unittest.main()
