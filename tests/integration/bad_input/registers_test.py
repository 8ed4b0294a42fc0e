"""A million random writes by firmware to registers and ring memory, then the self-test in the same run."""

import unittest

from platform_run import FIRMWARE, Case


class Registers(Case):
    def test_seeds(self):
        for seed in (b"seed0001", b"seed0002", b"seed0003"):
            with self.subTest(seed):
                self.write("seed", seed)
                result = self.acf_vp("--firmware", FIRMWARE / "fuzz_registers.elf", "--load", "seed@0x90000000")
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
                first, *checks = result.stdout.splitlines()
                self.assertRegex(first, r"^1000000 writes, [1-9]\d{4,} of them refused$")
                self.assertEqual(checks[-1], "0 checks failed")


if __name__ == "__main__":
    unittest.main()
