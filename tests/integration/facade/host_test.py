"""The host's bus: devices answer one access at a time, and every cycle that a hart waits for them has a name."""
import unittest

from acf_run import Case, assemble

POLL = """
        .globl  _start
_start: li      a2, 0x40000000
1:      lw      a3, 0(a2)       # GLOBAL.ID
        j       1b
"""


class Host(Case):
    def polled(self, harts):
        run = self.run_acf("--firmware", assemble(self.folder, POLL), "--set", f"cpu.harts={harts}", "--max-sim-ms", "0.1")
        self.assertEqual((run.code, run.end), (3, "limit_sim_time"), run.log)
        self.assertEqual(run.report["defects"], [])
        return run, {b["name"]: b for b in run.report["blocks"]}

    def test_one_hart_waits_for_the_bridge(self):
        run, blocks = self.polled(1)
        hart, bridge = blocks["HART0"], blocks["BUS fabric"]
        accesses = bridge["counters"]["accesses"]
        self.assertGreater(accesses, 900)
        self.assertLessEqual(abs(hart["stalls"]["bus"] - 100 * accesses), 200)  # 100 ns each, and the boot ROM
        self.assertLess(hart["busy"], 0.1 * hart["cycles"])
        self.assertEqual(bridge["counters"]["waited_cycles"], 0)
        self.assertEqual(hart["busy"] + sum(hart["stalls"].values()), hart["cycles"])

    def test_harts_that_poll_one_register_share_it(self):
        alone, _ = self.polled(1)
        together, blocks = self.polled(4)
        each = [blocks[f"HART{h}"]["counters"]["instructions_retired"] for h in range(4)]
        self.assertLess(max(each), 0.3 * alone.figure("instructions_retired"))
        self.assertLess(max(each) - min(each), 0.05 * max(each))
        bridge = blocks["BUS fabric"]
        self.assertGreater(bridge["busy"], 0.99 * bridge["cycles"])
        self.assertGreater(bridge["counters"]["waited_cycles"], 2.5 * bridge["cycles"])
        self.assertEqual(self.polled(4)[0].report_bytes, together.report_bytes)

    def test_sleep_until_the_end_is_sleep(self):
        text = ".globl _start\n_start: wfi\n j _start\n"
        run = self.run_acf("--firmware", assemble(self.folder, text))
        hart = next(b for b in run.report["blocks"] if b["name"] == "HART0")
        self.assertEqual(run.end, "idle_deadlock")
        self.assertEqual(hart["busy"] + sum(hart["stalls"].values()), hart["cycles"])


if __name__ == "__main__":
    unittest.main()
