"""Scenarios that train, as they are, with seeds 0 to 4: every run keeps its scenario's expectations. Prints means and
deviations, which small sets have much of. ACF_SEEDS=1 for a first look."""
import os
import statistics
import unittest

from acf_run import Case
from fashion_mnist import SEEDS, TOP

KEYS = {"sparse": "test_accuracy_percent", "dense": "dense_test_accuracy_percent", "x": "speedup_over_dense"}


class Scenarios(Case):
    def check(self, name):
        found = {what: [] for what in KEYS}
        for seed in SEEDS:
            run = self.run_acf(TOP / f"scenarios/{name}.yaml", "--set", f"train.seed={seed}", threads=os.cpu_count())
            self.assertEqual(run.code, 0, f"seed {seed}: {run.log}")
            self.assertEqual(run.figure("float_instructions_in_training"), 0)
            for what, key in KEYS.items():
                found[what].append(run.figure(key))
        for what, values in found.items():
            spread = statistics.stdev(values) if len(values) > 1 else 0
            print(f"{name:18}{what:7}{statistics.mean(values):6.2f} +- {spread:.2f}  {[round(v, 2) for v in values]}",
                  flush=True)

    def test_perceptron(self):
        self.check("train-mlp-sparse")

    @unittest.skipUnless((TOP.parent / "shared/data/optdigits").is_dir(), "its data is not there")
    def test_optdigits(self):
        self.check("train-optdigits")

    def test_lenet(self):
        self.check("train-lenet")

    def test_resnet8(self):
        self.check("train-resnet8")


if __name__ == "__main__":
    unittest.main()
