"""N:M weights and thinned gradients in the whole chip: the engines that were made for them use them."""
import csv
import json
import unittest

from acf_run import Case

SMALL = {"mesh__width": 2, "mesh__height": 2, "same__sram_kib": 1024, "train__max_steps": 3, "train__twin": "false",
         "data__generated_train": 320, "data__generated_test": 64}
# 784-128-10 with the last layer's outputs padded to 12, batch 64.
GRADIENTS = 64 * (784 * 128 + 128 * 12)


def products(forward, backward):
    """Of a step: kept weights along each reduction."""
    return 64 * (128 * forward[0] + 12 * forward[1]) + 64 * 128 * backward + GRADIENTS


class Patterns(Case):
    def train(self, **settings):
        sets = {**SMALL, **settings}
        words = [w for k, v in sets.items() for w in ("--set", f"{k.replace('__', '.')}={v}")]
        r = self.run_acf("--firmware", "train", *words, name="out")
        self.assertEqual(r.code, 0, r.log)
        return r.report["summary"] | r.report["extra"]

    def sat(self, **settings):
        return self.train(zbcc__engine="sat", **settings)

    def test_sat_executes_the_kept_weights_of_both_products_of_bdwp(self):
        dense = self.sat(train__recipe="dense", train__pattern="2:8")
        self.assertEqual(dense["macs_executed"], 3 * products((784, 128), 12))
        bdwp = self.sat(train__recipe="bdwp", train__pattern="2:8")
        self.assertEqual(bdwp["macs_executed"], 3 * products((196, 32), 4))
        narrow = self.sat(train__recipe="bdwp", train__pattern="1:16")
        self.assertEqual(narrow["macs_executed"], 3 * products((49, 8), 1))
        self.assertLess(bdwp["fabric_cycles"], dense["fabric_cycles"])
        self.assertLess(bdwp["compute_cycles"], dense["compute_cycles"])

    def test_sat_runs_the_input_gradient_of_srste_dense(self):
        self.assertEqual(self.sat(train__recipe="srste", train__pattern="2:8")["macs_executed"],
                         3 * products((196, 32), 12))

    def test_a_pattern_is_what_the_weights_are_reported_with(self):
        for pattern, zeros in (("2:8", 75.0), ("1:4", 75.0), ("15:16", 6.25)):
            r = self.train(train__recipe="srste", train__pattern=pattern)
            self.assertAlmostEqual(r["weight_sparsity_percent"], zeros, delta=0.5, msg=pattern)
        r = self.train(train__recipe="set", train__pattern="unstructured")
        self.assertAlmostEqual(r["weight_sparsity_percent"], 90, delta=0.5)

    def test_spartann_needs_fewer_cycles_for_thinned_gradients(self):
        settings = {"zbcc__engine": "spartann", "train__max_steps": 40, "data__generated_train": 2560}
        dense = self.train(train__recipe="dense", **settings)
        for recipe in ("dts", "random", "topk"):
            thinned = self.train(train__recipe=recipe, **settings)
            self.assertLess(thinned["macs_executed"], 0.95 * dense["macs_executed"], recipe)
            self.assertLess(thinned["compute_cycles"], dense["compute_cycles"], recipe)

    def test_thresholds_are_told_step_by_step(self):
        r = self.train(train__recipe="dts", train__max_steps=80, data__generated_train=2560)
        lines = (self.folder / "out" / "thresholds.csv").read_text().splitlines()
        self.assertEqual(lines[0], "step,layer,threshold,zeros,elements,share")
        rows = [line.split(",") for line in lines[1:]]
        self.assertEqual([row[:2] for row in rows], [[str(step), "2"] for step in range(1, 81)])
        self.assertTrue(all(row[4] == str(64 * 128) for row in rows))
        shares = [int(row[3]) / int(row[4]) for row in rows]
        self.assertAlmostEqual(r["gradient_zeros_percent"], 100 * sum(shares[50:]) / 30, places=6)
        self.assertAlmostEqual(r["gradient_tracking_error_points"], 100 * sum(abs(s - 0.5) for s in shares[50:]) / 30,
                               places=6)
        self.assertLess(r["gradient_tracking_error_points"], 10)
        with open(self.folder / "out" / "curves.csv", newline="") as file:
            curve = list(csv.DictReader(file))
        for line, row in zip(curve, rows, strict=True):
            self.assertAlmostEqual(float(line["layer2.threshold"]), float(row[2]), delta=1e-5 * float(row[2]))
            self.assertAlmostEqual(float(line["layer2.thinned_percent"]), 100 * float(row[5]), delta=1e-3)
        shown = json.loads((self.folder / "out" / "report.json").read_text())["curves"]["thresholds"]
        self.assertEqual([t["name"] for t in shown], ["layer2"])
        self.assertEqual([len(shown[0][k]) for k in ("threshold", "thinned_percent")], [80, 80])
        self.assertIn("Threshold of gradients, by layer", (self.folder / "out" / "report.html").read_text())

    def test_what_does_not_go_together_is_refused_by_key(self):
        r = self.run_acf("--firmware", "train", "--set", "train.recipe=bdwp")
        self.assertEqual(r.code, 2)
        self.assertIn("key 'train.recipe': recipe 'bdwp' makes zeros in another pattern: expected n:m", r.log)


if __name__ == "__main__":
    unittest.main()
