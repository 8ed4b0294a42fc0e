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


# What the firmware gets wrong, cause and place on stderr, and what the guest's driver says.
MISTAKES = [
    ("opcode", "BAD_OPCODE: ring 0 command 0, ERROR_ADDRESS 0x63", "BAD_OPCODE: command 0 of ring 0, ERROR_ADDRESS = 0x63"),
    ("range", "RANGE: ring 0 command 1 (COPY), ERROR_ADDRESS 0x80020", "RANGE: command 1 of ring 0"),
    ("window", "WINDOW: ring 0 command 1 (COPY), ERROR_ADDRESS 0x80000000", "ERROR_ADDRESS = 0x80000000"),
    ("overlap", "OVERLAP: ring 0 command 3 (MM), ERROR_ADDRESS 0x0", "OVERLAP: command 3 of ring 0"),
    ("race", "OVERLAP: ring 0 command 2 (COPY), ERROR_ADDRESS 0x0", "OVERLAP: command 2 of ring 0"),
    ("overrun", "OVERRUN: ring 3 command 8", "OVERRUN: command 8 of ring 3"),
    ("hole", "ROUTE: ring 0 command 0", "no route from router 0 to node 16: a hole"),
]


class Commands(Case):
    """Commands that cannot be carried out, by firmware that leaves the error as it is."""

    def test_mistakes(self):
        for name, error, said in MISTAKES:
            with self.subTest(name):
                self.write("which", name.ljust(8).encode())
                result = self.acf_vp("--firmware", FIRMWARE / "mistakes.elf", "--load", "which@0x90000000",
                                     "--max-sim-ms", "50")
                self.expect(result, 1, "guest error: TILE(0,0).ERROR_CAUSE = " + error)
                self.expect(result, 1, "  submitted by hart 0 at pc 0x80")
                self.expect(result, 1, "    called from pc 0x80", "firmware/apps/")
                self.assertIn(said, result.stdout)
                self.assertEqual(self.report()["end"]["reason"], "finisher")

    def test_errors_that_the_firmware_has_dealt_with_are_in_the_report(self):
        result = self.acf_vp("--firmware", FIRMWARE / "selftest.elf")
        self.expect(result, 0)
        self.assertNotIn("guest error: TILE", result.stderr)
        notes = [n for n in self.report()["notes"] if n.startswith("guest error")]
        self.assertEqual(len(notes), 5)
        self.assertRegex(notes[0], r"^guest error at \d+ \w+: TILE\(0,0\).ERROR_CAUSE = BAD_OPCODE: ring 0 command \d+, "
                                   r"ERROR_ADDRESS 0x63$")
        self.assertRegex(notes[4], r"^guest errors: \d\d of tiles in all$")


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
