"""Cycles follow the resources that a job is bound by, and the places of its zeros."""
import unittest

from acf_run import Case


class Timing(Case):
    def test_half_the_dram_bandwidth(self):
        one_channel = {"dram__preset": "lpddr4_2400", "dram__channels": 1}
        wide = self.train(**one_channel)
        narrow = self.train(**one_channel, dram__width_bits=32)
        self.assertEqual(wide.figure("macs_executed"), narrow.figure("macs_executed"))
        self.assertEqual(wide.console, narrow.console)
        self.assertGreater(narrow.figure("fabric_cycles"), 1.5 * wide.figure("fabric_cycles"))
        grown = {cause: narrow.stalled("DMA1", cause) - wide.stalled("DMA1", cause)
                 for cause in {c for b in narrow.blocks("DMA1") for c in b["stalls"]}}
        self.assertGreater(narrow.stalled("DMA1", "dram"), 1.5 * wide.stalled("DMA1", "dram"))
        self.assertEqual(max(grown, key=grown.get), "dram", grown)

    def test_half_the_lanes(self):
        dense = {"train__recipe": "dense", "zbcc__skip": "none", "train__max_steps": 2}
        full = self.train(**dense)
        half = self.train(**dense, zbcc__lanes=32)
        self.assertEqual(full.console, half.console)
        self.assertEqual(half.busy("MATRIX"), 2 * full.busy("MATRIX"))
        ratio = half.figure("fabric_cycles") / full.figure("fabric_cycles")
        self.assertTrue(1.8 < ratio < 2.05, ratio)

    def test_zeros_in_other_places(self):
        """Same density, same data; another seed puts the live blocks elsewhere."""
        self.write_data()
        runs = [self.train(zbcc__skip="weights", train__seed=seed) for seed in range(3)]
        self.assertEqual(len({run.figure("macs_total") for run in runs}), 1)
        self.assertEqual(len({run.busy("MATRIX") for run in runs}), 3)
        self.assertEqual(len({run.figure("fabric_cycles") for run in runs}), 3)

    def test_a_narrow_memory_that_does_not_exist(self):
        run = self.train(dram__width_bits=24)
        self.assertEqual(run.code, 2)
        self.assertIn("--set:8: key 'dram.width_bits': expected a multiple of 8 up to 1024 that divides the clock of hbm2 "
                      "evenly, not 24", run.log)


if __name__ == "__main__":
    unittest.main()
