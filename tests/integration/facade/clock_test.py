"""Cycles are cycles: a job that needs nothing from outside takes as many of them at any frequency, now and later."""
import unittest

from acf_run import Case

JOB = {"mesh__width": 1, "mesh__height": 1, "zbcc__engine": "dense", "zbcc__skip": "none", "zbcc__lanes": 16,
       "train__recipe": "dense"}


class Clock(Case):
    def cycles(self, **settings):
        run = self.train(**JOB, **settings)
        self.assertEqual(run.code, 0, run.log)
        return run.figure("fabric_cycles"), run

    def test_of_the_fabric(self):
        steps = (2, 4)
        reference = [self.cycles(train__max_steps=n)[0] for n in steps]
        for mhz in (600, 1500, 1600, 9999):
            cycles = [self.cycles(train__max_steps=n, fabric__freq_mhz=mhz)[0] for n in steps]
            for n, here, there in zip(steps, cycles, reference):
                # DRAM and host have clocks of their own.
                self.assertLess(abs(here / there - 1), 0.02, f"{n} steps at {mhz} MHz: {here} cycles, not {there}")

    def test_a_frequency_that_picoseconds_cannot_hold(self):
        cycles, run = self.cycles(train__max_steps=2, fabric__freq_mhz=1500)
        self.assertIn("fabric.freq_mhz: 1500 MHz is rounded to whole picoseconds: a period of 667 ps is 1499.250 MHz",
                      run.notes)
        # Blocks of tiles, mesh and DRAM count in the same cycles.
        for block in run.report["blocks"]:
            if not block["name"].startswith("HART"):
                self.assertEqual(block["cycles"], cycles, block["name"])
        self.assertFalse([n for n in self.cycles(train__max_steps=2)[1].notes if "freq_mhz" in n])

    def test_of_the_host(self):
        """Its cycles are its time, but for the 20 ns in which the finisher answers."""
        for mhz in (600, 1500, 1600, 9999):
            run = self.run_acf("--firmware", "hello", "--set", f"cpu.freq_mhz={mhz}")
            seconds = run.figure("simulated_seconds")
            self.assertAlmostEqual(run.figure("cpu_cycles"), seconds * mhz * 1e6, delta=0.03 * mhz, msg=f"{mhz} MHz")
        slow, fast = (self.run_acf("--firmware", "two_harts", "--set", f"cpu.freq_mhz={mhz}", "--set", "cpu.harts=2")
                      for mhz in (1000, 1500))
        self.assertEqual(slow.console, fast.console)


class VectorLanes(Case):
    def test_move_a_job_that_is_bound_by_them(self):
        job = {"train__max_steps": 2, "train__batch": 16, "mesh__width": 1, "mesh__height": 1}
        runs = {lanes: self.train(vector__lanes=lanes, **job) for lanes in (1, 8, 32)}
        cycles = {lanes: run.figure("fabric_cycles") for lanes, run in runs.items()}
        busy = {lanes: run.busy("VECTOR") for lanes, run in runs.items()}
        self.assertEqual(len({run.console for run in runs.values()}), 1)
        self.assertGreater(busy[1], 6 * busy[8])
        self.assertGreater(cycles[1], 1.5 * cycles[8])
        self.assertGreater(cycles[8], cycles[32])
        self.assertGreater(runs[1].stalled("MATRIX", "vector"), runs[32].stalled("MATRIX", "vector"))

    def test_are_what_software_reads(self):
        mmio = self.folder / "mmio"
        self.run_acf("--firmware", "matmul", "--set", "vector.lanes=8", "--trace-mmio", mmio)
        self.assertRegex(mmio.read_text(), r"R 4 0x4000000c 0x810040 GLOBAL.ENGINE")


if __name__ == "__main__":
    unittest.main()
