"""Fashion-MNIST, cosine schedule, 5 epochs: mean accuracies over seeds 0 to 4, and every speed-up."""
import json
import pathlib
import statistics
import subprocess
import sys
import unittest

from acf_run import ACF_VP, Case

TOP = pathlib.Path(__file__).resolve().parents[3]
DATA = TOP.parent / "shared/data/fashion-mnist"
SEEDS = range(5)
# Independent fp32 training, means of ten seeds. How much a mean of five may differ is the contract's.
DENSE, BLOCKS, TOLERANCE = 87.65, 83.79, 1.0


class FashionMnist(Case):
    def test_means_over_seeds(self):
        summaries = []
        for seed in SEEDS:
            run = self.main_job(seed)
            self.assertEqual(run["float_instructions_in_training"], 0)
            self.assertGreaterEqual(run["speedup_over_dense"], 5)
            summaries.append(run)
            print(f"seed {seed}: dense {run['dense_test_accuracy_percent']:.2f} %, "
                  f"blocks {run['test_accuracy_percent']:.2f} %, {run['speedup_over_dense']:.2f} x", flush=True)
        for name, expected in (("dense_test_accuracy_percent", DENSE), ("test_accuracy_percent", BLOCKS)):
            self.assertAlmostEqual(statistics.mean(s[name] for s in summaries), expected, delta=TOLERANCE, msg=name)

    def main_job(self, seed):
        out = self.folder / f"seed{seed}"
        subprocess.run([ACF_VP, "run", TOP / "scenarios/train-mlp-sparse.yaml", "--set", f"data.path={DATA}", "--set",
                        f"train.seed={seed}", "--out", out], check=True, capture_output=True)
        report = json.loads((out / "report.json").read_text())
        return report["summary"] | report["extra"]


if __name__ == "__main__":
    if not DATA.is_dir():
        print(f"skipped: {DATA} is not there")
        sys.exit(77)
    unittest.main()
