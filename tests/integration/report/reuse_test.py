"""The line buffer: bytes given to the matrix engines over bytes read from SRAM, by layer and phase."""
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
    def run_with(self, kib):
        (self.folder / "filters.yaml").write_text(NETWORK)
        run = self.train("--dump-tensors", 2, same__line_buffer_kib=kib, train__network="filters.yaml", train__batch=8,
                         train__recipe="dense", train__max_steps=2)
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


if __name__ == "__main__":
    unittest.main()
