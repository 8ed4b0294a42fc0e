"""Firmware that never ends is stopped by each of three limits: exit code 3, the reason, and where it was."""
import unittest

from acf_run import Case, assemble

SPIN = """
        .globl  _start
_start: addi    x5, x5, 1
        j       _start
"""


class Limits(Case):
    def stopped(self, reason, *limit):
        elf = assemble(self.folder, SPIN)
        run = self.run_acf("--firmware", elf, *limit)
        self.assertEqual(run.code, 3, run.log)
        self.assertEqual(run.end, reason)
        self.assertEqual(run.console, b"")
        self.assertIn(f"the run was stopped: {reason}", run.log)
        self.assertRegex(run.log, r"hart 0: runs at pc 0x8000000\d  _start")
        self.assertEqual(run.report["end"]["function"], "_start")
        return run

    def test_simulated_time(self):
        run = self.stopped("limit_sim_time", "--max-sim-ms", "0.25")
        self.assertEqual(run.figure("simulated_seconds"), 0.25e-3)

    def test_instructions(self):
        run = self.stopped("limit_instructions", "--max-instructions", "100000")
        self.assertTrue(100_000 <= run.figure("instructions_retired") <= 120_000)
        again = self.stopped("limit_instructions", "--max-instructions", "100000")
        self.assertEqual(run.report_bytes, again.report_bytes)

    def test_host_time(self):
        run = self.stopped("limit_host_time", "--max-host-seconds", "0.3")
        self.assertGreater(run.figure("instructions_retired"), 10_000)

    def test_a_fabric_that_floods_itself(self):
        """Endless lists on all tiles: busy, but bounded, and stopped like everything else."""
        for limit, reason in ((("--max-sim-ms", "0.5"), "limit_sim_time"),
                              (("--max-host-seconds", "2"), "limit_host_time")):
            run = self.run_acf("--firmware", "flood", *limit)
            self.assertEqual((run.code, run.end), (3, reason), run.log)
            self.assertIn("tile (0,0): ring 0 at command", run.log)

    def test_a_training_run(self):
        for limit in (("--max-sim-ms", "0.04"), ("--max-instructions", "10000")):
            run = self.train(*limit)
            self.assertEqual(run.code, 3)
            self.assertIn("tile (0,0): ring", run.log)

    def test_a_wrong_dump_costs_no_run(self):
        elf = assemble(self.folder, SPIN)
        for dump, why in (("0x7fffffff:4:f", "--dump: 4 bytes at 0x7fffffff are not all in DRAM at 0x80000000..0x27fffffff"),
                          ("0x80000000:0x200000001:f", "--dump: 8589934593 bytes at 0x80000000 are not all in DRAM"),
                          ("0x80000000:4:nowhere/f", "--dump: nowhere/f cannot be written: No such file or directory"),
                          ("0x80000000:4:.", "--dump: . is a directory")):
            run = self.run_acf("--firmware", elf, "--dump", dump)  # would never end
            self.assertEqual((run.code, run.report), (2, {}), run.log)
            self.assertIn(why, run.log)


if __name__ == "__main__":
    unittest.main()
