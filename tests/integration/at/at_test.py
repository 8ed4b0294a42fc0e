"""A chip in at timing: the same jobs, bytes, flit-hops, engine work and tensors as in lt, other times; equal runs equal."""
import unittest

from acf_run import Case

# What the timing mode must not change.
EQUAL = ("macs_total", "macs_executed", "macs_skipped", "test_accuracy_percent", "weight_sparsity_percent")
# The training window ends with the last fence, while other tiles may be about to fetch a scalar for the next job, and
# the last packets of a multicast are on their way (lt counts them when it reserves their links): whole programs, which
# end with everything, are compared without it.
DRAM_AT_THE_END, HOPS_AT_THE_END = 64, 0.005


class At(Case):
    def pair(self, **settings):
        runs = [self.train("--dump-tensors", 5, timing=timing, **settings) for timing in ("lt", "at")]
        for run in runs:
            self.assertEqual(run.code, 0, run.log)
        return runs

    def tensors(self, run):
        return (run.folder / "tensors_5.npz").read_bytes()

    def check(self, fewest, most, **settings):
        """Everything but the time is equal; the time of at lies within these factors of lt's."""
        lt, at = self.pair(**settings)
        for name in EQUAL:
            self.assertEqual(lt.figure(name), at.figure(name), name)
        self.assertAlmostEqual(lt.figure("dram_bytes"), at.figure("dram_bytes"), delta=DRAM_AT_THE_END)
        hops = lt.figure("noc_flit_hops")
        self.assertAlmostEqual(hops, at.figure("noc_flit_hops"), delta=HOPS_AT_THE_END * hops)
        self.assertEqual(self.tensors(lt), self.tensors(at))
        for unit in ("MATRIX", "VECTOR"):
            for a, b in zip(lt.blocks(unit), at.blocks(unit)):
                self.assertEqual(a["busy"], b["busy"], a["name"])
                self.assertEqual(a["counters"], b["counters"], a["name"])
        ratio = at.figure("fabric_cycles") / lt.figure("fabric_cycles")
        self.assertTrue(fewest <= ratio <= most, ratio)
        return lt, at

    def test_whole_programs_move_the_same_bytes_over_the_same_links(self):
        for program in ("matmul", "transfers"):
            lt, at = (self.run_acf("--firmware", program, "--set", f"timing={timing}") for timing in ("lt", "at"))
            self.assertEqual((lt.code, at.code), (0, 0), at.log)
            self.assertEqual(lt.console, at.console)
            for name in ("dram_bytes", "noc_flit_hops", "macs_total"):
                self.assertEqual(lt.figure(name), at.figure(name), name)

    def test_a_small_mesh_takes_about_as_long(self):
        self.check(0.9, 1.1)  # over seeds and placements it is 0.92 to 0.97

    def test_contention_costs_what_lt_does_not_see(self):
        # Lanes enough that the mesh, over which dense weights go to everybody, is what everybody waits for.
        lt, at = self.check(1.05, 1.6, mesh__width=4, mesh__height=4, train__recipe="dense", zbcc__lanes=1024)
        self.assertFalse([n for n in at.notes if "optimistic" in n])

    def test_blocks_that_get_what_they_read_do_not_crowd_a_larger_mesh(self):
        self.check(0.85, 1.1, mesh__width=4, mesh__height=4)

    def test_a_dense_network(self):
        self.check(0.9, 1.3, train__recipe="dense")

    def test_one_channel_of_DRAM(self):
        self.check(0.6, 1.5, dram__preset="ddr4_3200", dram__channels=1)

    def test_settings_of_routers_and_pages_take_effect(self):
        _, at = self.pair()
        for settings in ({"mesh__virtual_channels": 1, "mesh__buffer_flits": 2}, {"dram__page_policy": "closed"}):
            other = self.train("--dump-tensors", 5, timing="at", **settings)
            self.assertGreater(other.figure("fabric_cycles"), 1.02 * at.figure("fabric_cycles"), settings)
            self.assertEqual(self.tensors(other), self.tensors(at))

    def test_equal_runs_are_equal(self):
        a, b = (self.train(timing="at", mesh__width=3, mesh__height=3) for _ in range(2))
        self.assertEqual(a.code, 0, a.log)
        self.assertEqual(a.report_bytes, b.report_bytes)
        threads = self.train(timing="at", mesh__width=3, mesh__height=3, how={"threads": 2})
        self.assertEqual(a.report_bytes, threads.report_bytes)


if __name__ == "__main__":
    unittest.main()
