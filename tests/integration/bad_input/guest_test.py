"""What the guest can do wrong: faults that it catches, errors that end on stderr, and programs that never end."""

import unittest

from platform_run import FIRMWARE, Case

LOAD, STORE, LOAD_MISALIGNED, STORE_MISALIGNED = 5, 7, 4, 6
GLOBAL, TILE = 0x4000_0000, 0x4100_0000

FAULTS = [
    ("unmapped read", LOAD, GLOBAL + 0xF000),
    ("unmapped write", STORE, GLOBAL + 0xF000),
    ("write-only read", LOAD, TILE + 0x20),
    ("read-only write", STORE, GLOBAL),
    ("reserved bits", STORE, GLOBAL + 0x2C),
    ("misaligned read", LOAD, GLOBAL + 0x2E),
    ("misaligned write", STORE, GLOBAL + 0x2E),
    ("wide read", LOAD, GLOBAL),
    ("narrow write", STORE, GLOBAL + 0x2C),
    ("tile that does not exist", LOAD, TILE + 1000 * 0x1_0000),
    ("behind DRAM", LOAD, 0xFFFF_FFFF_0000_0000),
]


class Registers(Case):
    def test_faults(self):
        result = self.acf_vp("--firmware", FIRMWARE / "faults.elf")
        lines = [f"{what}: mcause {cause} mtval {address:#x}" for what, cause, address in FAULTS]
        lines += ["good read: no fault", "IRQ_STATUS.ORDER is 1"]
        self.assertEqual(result.stdout.splitlines(), lines)
        self.expect(result, 0, "guest error", "doorbell at pc 0x80", "firmware/apps/faults/main.cpp:", "fence w,o", "ORDER")
        self.expect(result, 0, "guest error", "TILE(0,0)", "BAD_OPCODE", "ring 0 command 0")
        self.expect(result, 0, "  submitted by hart 0 at pc 0x80", "firmware/apps/faults/main.cpp:")


class Limits(Case):
    """Firmware that does not end before any of the three."""

    def stopped(self, reason, *limit):
        result = self.acf_vp("--firmware", FIRMWARE / "selftest.elf", *limit)
        self.expect(result, 3, reason)
        self.expect(result, 3, "why is it stuck")
        self.expect(result, 3, "hart 0: ", " at pc 0x80")
        self.assertEqual(self.report()["end"]["reason"], reason)

    def test_simulated_time(self):
        self.stopped("limit_sim_time", "--max-sim-ms", "0.2")

    def test_instructions(self):
        self.stopped("limit_instructions", "--max-instructions", "5000")

    def test_host_time(self):
        self.stopped("limit_host_time", "--max-host-seconds", "0.0001")


if __name__ == "__main__":
    unittest.main()
