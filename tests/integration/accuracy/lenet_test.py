"""The LeNet-5-like network on Fashion-MNIST: 3 epochs at a constant rate, mean accuracy over seeds 0 to 2."""
import json
import pathlib
import statistics
import subprocess
import sys
import unittest

from acf_run import ACF_VP, Case

TOP = pathlib.Path(__file__).resolve().parents[3]
DATA = TOP.parent / "shared/data/fashion-mnist"
SEEDS = range(3)
DENSE, TOLERANCE = 87.73, 1.0  # independent fp32 training, mean of three seeds; the contract's tolerance


class Lenet(Case):
    def test_mean_over_seeds(self):
        accuracies = []
        for seed in SEEDS:
            out = self.folder / f"seed{seed}"
            subprocess.run([ACF_VP, "run", TOP / "scenarios/train-lenet.yaml", "--set", f"data.path={DATA}", "--set",
                            f"train.seed={seed}", "--set", "train.recipe=dense", "--set", "train.twin=false", "--set",
                            "expect=[test_accuracy_percent >= 80]", "--out", out], check=True, capture_output=True)
            report = json.loads((out / "report.json").read_text())
            self.assertEqual(report["extra"]["float_instructions_in_training"], 0)
            accuracies.append(report["summary"]["test_accuracy_percent"])
            print(f"seed {seed}: {accuracies[-1]:.2f} %", flush=True)
        self.assertAlmostEqual(statistics.mean(accuracies), DENSE, delta=TOLERANCE)


if __name__ == "__main__":
    if not DATA.is_dir():
        print(f"skipped: {DATA} is not there")
        sys.exit(77)
    unittest.main()
