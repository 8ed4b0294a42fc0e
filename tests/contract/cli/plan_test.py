"""acf-vp plan: what a training step costs, before it is simulated."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

ACF_VP = os.environ["ACF_VP"]
TOP = pathlib.Path(__file__).resolve().parents[3]
LENET = TOP / "scenarios/networks/lenet5.yaml"
KEYS = {"layer", "phase", "tiles", "bytes", "cycles_expected", "bottleneck"}


def plan(*arguments):
    return subprocess.run([ACF_VP, "plan", *map(str, arguments)], capture_output=True, text=True, timeout=300)


class Plan(unittest.TestCase):
    def rows(self, *arguments):
        done = plan(*arguments, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return {(r["layer"], r["phase"]): r for r in json.loads(done.stdout)}

    def test_rows(self):
        rows = self.rows()
        for r in rows.values():
            self.assertEqual(set(r), KEYS)
            self.assertIn(r["bottleneck"], ("matrix", "vector", "mesh", "dram"))
        for phase in ("forward", "weight_gradient", "update", "share"):
            self.assertIn(("layer1", phase), rows)
        self.assertNotIn(("layer1", "input_gradient"), rows)
        self.assertLessEqual(max(r["cycles_expected"] for r in rows.values()), rows["", "step"]["cycles_expected"])

    def test_cycles_follow_the_chip(self):
        def forward(*sets):
            return self.rows(*(w for s in sets for w in ("--set", s)))["layer1", "forward"]["cycles_expected"]

        dense = forward("train.recipe=dense", "zbcc.skip=none")
        self.assertEqual(dense, 64 * 784 * 128 // 16 // 64)
        self.assertEqual(forward("train.recipe=dense", "zbcc.skip=none", "zbcc.lanes=32"), 2 * dense)
        self.assertLess(forward(), dense / 5)

    def test_bytes_follow_the_network(self):
        narrow, wide = (self.rows("--set", "train.recipe=dense", "--set", f"train.hidden=[{n}]")["layer1", "share"]["bytes"]
                        for n in (64, 128))
        self.assertAlmostEqual(wide / narrow, 2, delta=0.02)  # the commands that send them are as many

    def test_a_network(self):
        rows = self.rows(LENET)
        self.assertEqual({layer for layer, _ in rows}, {""} | {f"layer{n}" for n in range(1, 6)})

    def test_a_network_whose_images_nobody_has(self):
        with tempfile.TemporaryDirectory() as folder:
            net = pathlib.Path(folder) / "net.yaml"
            net.write_text("input: {channels: 1, height: 8, width: 8}\nlayers:\n  - flatten\n  - linear: {outputs: 16}\n"
                           "  - relu\n  - linear: {outputs: 3}\n  - softmax_cross_entropy\n")
            rows = self.rows(net, "--set", "train.recipe=dense", "--set", "zbcc.skip=none")
            self.assertEqual(rows["layer1", "forward"]["cycles_expected"], 64 * 64 * 16 // 16 // 64)

    def test_explain(self):
        done = plan(LENET, "--explain")
        self.assertEqual(done.returncode, 0, done.stderr)
        for text in ("SRAM of a tile:", "layer 2 weights", "assumed:", "matrix"):
            self.assertIn(text, done.stdout)
        self.assertNotIn("assumed: 100.0 %", done.stdout)  # the digits that a run would generate
        explained = plan("--explain", "--format", "json")
        for r in json.loads(explained.stdout):
            self.assertEqual(max(r["cycles"].values()), r["cycles_expected"])

    def test_equal_plans(self):
        self.assertEqual(plan("--format", "json").stdout, plan("--format", "json").stdout)

    def test_what_cannot_be_planned(self):
        for arguments, text in ((("net.onnx",), "there is no file 'net.onnx'"),
                                ((LENET, "--set", "same.sram_kib=64"), "bytes, "),
                                (("none.yaml",), "none.yaml: cannot be read"),
                                ((".",), ".: expected a scenario file, not a directory"),
                                (("--format", "xml"), "expected one of text, json, not 'xml'")):
            done = plan(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertEqual(done.stdout, "")
            self.assertIn(text, done.stderr)
        self.assertRegex(plan(LENET, "--set", "same.sram_kib=64").stderr, r"needs \d+ bytes, \d+ more")
        with tempfile.TemporaryDirectory() as folder:
            net = pathlib.Path(folder) / "net.yaml"
            net.write_text("input: {channels: 1, height: 8, width: 8}\nlayers:\n  - attention\n  - softmax_cross_entropy\n")
            self.assertIn(f"{net}:3: layer 'attention' is not built yet", plan(net).stderr)


if __name__ == "__main__":
    unittest.main()
