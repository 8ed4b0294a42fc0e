"""Line buffer and bank cache: bytes given to the matrix engines over bytes read from SRAM, by layer and phase."""
import unittest

from acf_run import Case

NETWORK = """
name: filters
input: {channels: 1, height: 28, width: 28}
layers:
  - conv2d: {filters: 4, kernel: 3, padding: 1}
  - relu
  - max_pool: {kernel: 4}
  - conv2d: {filters: 4, kernel: 1}
  - relu
  - flatten
  - linear: {outputs: 10}
  - softmax_cross_entropy
"""


class Reuse(Case):
    def run_with(self, kib, **more):
        (self.folder / "filters.yaml").write_text(NETWORK)
        run = self.train("--dump-tensors", 2, same__line_buffer_kib=kib, train__network="filters.yaml", train__batch=8,
                         train__recipe="dense", train__max_steps=2, **more)
        self.assertEqual(run.code, 0, run.log)
        return run

    def forward(self, run, layer):
        return next(o for o in run.report["traffic"]["operands"] if o["name"] == f"layer{layer}/forward")

    def test_three_by_three_filters_reuse_lines_and_one_by_one_filters_have_none_to_reuse(self):
        without, line, full = (self.run_with(kib) for kib in (0, 1, 4))
        self.assertEqual(without.report["traffic"]["operands"], [])
        for run in (line, full):  # 1 KiB is more than the two lines of 28 bytes that a kernel needs
            o = self.forward(run, 1)
            self.assertAlmostEqual(o["reuse"], o["bytes_delivered"] / o["bytes_fetched"], 3)
            # 9 taps but for the padding: (28 * 3 - 2) ^ 2 / 28 ^ 2
            self.assertAlmostEqual(o["reuse"], 82 * 82 / 28 / 28, 2)
        self.assertEqual(line.report["traffic"]["operands"], full.report["traffic"]["operands"])
        for o in line.report["traffic"]["operands"]:
            if o["name"].startswith("layer2/"):
                self.assertEqual(o["reuse"], 1)  # 1 x 1
            self.assertFalse(o["name"].startswith("layer3/"), "a linear layer has no windows")
        one = line
        self.assertEqual((one.folder / "tensors_2.npz").read_bytes(), (without.folder / "tensors_2.npz").read_bytes())
        sram = [sum(b["counters"]["sram_bytes"] for b in r.blocks("MATRIX")) for r in (without, one)]
        self.assertLess(sram[1], sram[0])
        self.assertLessEqual(one.figure("fabric_cycles"), without.figure("fabric_cycles"))
        self.assertIn("fetched from SRAM", (one.folder / "report.html").read_text())

    def sram_bytes(self, run):
        return sum(b["counters"]["sram_bytes"] for b in run.blocks("MATRIX"))

    def test_a_bank_cache_saves_reads_of_the_sram_and_changes_nothing_else(self):
        lines, both, cache = self.run_with(1), self.run_with(1, same__bank_cache_kib=4), self.run_with(0, same__bank_cache_kib=4)
        for run in (both, cache):
            self.assertEqual((run.folder / "tensors_2.npz").read_bytes(), (lines.folder / "tensors_2.npz").read_bytes())
            self.assertLessEqual(run.figure("fabric_cycles"), lines.figure("fabric_cycles"))
            operands = run.report["traffic"]["operands"]
            for o in operands:
                self.assertEqual(o["bytes_delivered"], o["bytes_from_line_buffer"] + o["bytes_from_bank_cache"] + o["bytes_fetched"])
            asked = sum(o["bytes_from_bank_cache"] + o["bytes_fetched"] for o in operands)
            self.assertEqual(asked, sum(b["counters"]["bank_cache_bytes"] for b in run.blocks("MATRIX")))
            self.assertIn("by bank caches", (run.folder / "report.html").read_text())
        self.assertTrue(any(o["name"] == "layer3/forward" for o in both.report["traffic"]["operands"]), "a linear layer")
        self.assertLess(self.sram_bytes(both), self.sram_bytes(lines))
        self.assertEqual(sum(o["bytes_from_line_buffer"] for o in cache.report["traffic"]["operands"]), 0)
        self.assertGreater(self.forward(cache, 1)["reuse"], 1)
        self.assertGreater(self.forward(both, 1)["reuse"], self.forward(lines, 1)["reuse"])
        self.assertNotIn("bytes_from_bank_cache", self.forward(lines, 1))
        # What the cache takes off the SRAM's energy, it costs itself in part; and it takes area.
        energy = [run.report["energy"] for run in (lines, both)]
        self.assertLess(energy[1]["uj"]["sram"], energy[0]["uj"]["sram"])
        self.assertGreater(energy[1]["area_mm2"]["sram"], energy[0]["area_mm2"]["sram"])

    def test_more_lanes_than_the_ports_feed_are_faster_with_a_bank_cache(self):
        plain, cached = (self.run_with(0, zbcc__lanes=1024, same__bank_cache_kib=kib) for kib in (0, 16))
        lost = [sum(b["counters"]["lane_slots_sram"] for b in r.blocks("MATRIX")) for r in (plain, cached)]
        self.assertGreater(lost[0], lost[1])
        self.assertLess(cached.figure("fabric_cycles"), plain.figure("fabric_cycles"))

    def test_sizes_that_are_no_power_of_two_are_refused(self):
        run = self.train("--dump-tensors", 2, same__bank_cache_kib=12)
        self.assertEqual(run.code, 2)
        self.assertIn("key 'same.bank_cache_kib': expected a power of two", run.log)


if __name__ == "__main__":
    unittest.main()
