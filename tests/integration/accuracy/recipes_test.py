"""Recipes by name on Fashion-MNIST, cosine schedule, 5 epochs: mean accuracies over seeds 0 to 4 beside independent
training, and what their papers say of each other. On one large tile: weights are the same on every mesh, and this one is
the fastest to simulate. ACF_SEEDS=1 for a first look."""
import concurrent.futures
import os
import statistics

from acf_run import Case
from fashion_mnist import main, train

SEEDS = range(int(os.environ.get("ACF_SEEDS", "5")))
# Independent fp32 training (../shared/reference/accuracy.md), and how much a mean may differ.
EXPECTED = {"dense": 87.65, "srste": 86.84, "bdwp": 86.30, "dts": 87.29, "rigl": 85.11}
TOLERANCE = 1.0
PATTERNS = {"srste": "2:8", "bdwp": "2:8", "rigl": "unstructured", "set": "unstructured", "magnitude": "unstructured",
            "momentum": "unstructured"}
RECIPES = ("dense", "srste", "bdwp", "dts", "static", "topk", "gaussian", "random", "rigl", "set", "magnitude",
           "momentum")


class Recipes(Case):
    def test_means_over_seeds(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = {r: [pool.submit(self.train, r, seed) for seed in SEEDS] for r in RECIPES}
        self.runs = {recipe: [job.result() for job in of_recipe] for recipe, of_recipe in jobs.items()}
        for recipe, runs in self.runs.items():
            print(f"{recipe:10} {self.mean(recipe):6.2f} %  cycles {statistics.mean(r['fabric_cycles'] for r in runs):.0f}"
                  f"  zeros {statistics.mean(r['weight_sparsity_percent'] for r in runs):.1f} %"
                  + "".join(f"  {k} {statistics.mean(r[k] for r in runs):.2f}" for k in
                            ("gradient_zeros_percent", "gradient_tracking_error_points") if k in runs[0]), flush=True)
            for run in runs:
                self.assertEqual(run["float_instructions_in_training"], 0)
        for recipe, expected in EXPECTED.items():
            with self.subTest(recipe):
                self.assertAlmostEqual(self.mean(recipe), expected, delta=TOLERANCE)
        with self.subTest("T051, T053: half of the gradients dropped by DTS cost less than a point, no more than at random"):
            self.assertGreater(self.mean("dts"), self.mean("dense") - 1)
            self.assertGreaterEqual(self.mean("dts"), self.mean("random"))
        with self.subTest("T047: DTS keeps to its share, and the other rules do not"):
            # Batches of 64 differ by some points whatever the rule; what a rule misses is the mean's distance.
            missed = {r: abs(statistics.mean(run["gradient_zeros_percent"] for run in self.runs[r]) - 50)
                      for r in ("dts", "gaussian", "static")}
            self.assertLess(missed["dts"], 2)
            self.assertGreater(missed["gaussian"], missed["dts"])
            by_step = {r: statistics.mean(run["gradient_tracking_error_points"] for run in self.runs[r])
                       for r in ("dts", "static")}
            self.assertGreater(by_step["static"], by_step["dts"])
        with self.subTest("T064: N:M costs less than two points"):
            for recipe in ("srste", "bdwp"):
                self.assertGreater(self.mean(recipe), self.mean("dense") - 2)

    def mean(self, recipe):
        return statistics.mean(run["test_accuracy_percent"] for run in self.runs[recipe])

    def train(self, recipe, seed):
        settings = {"train__pattern": PATTERNS[recipe]} if recipe in PATTERNS else {}
        return train(self.folder / f"{recipe}{seed}", "--firmware", "train", train__seed=seed, train__recipe=recipe,
                     train__twin="false", train__schedule="cosine", train__epochs=5, mesh__width=1, mesh__height=1,
                     same__sram_kib=4096, **settings)


if __name__ == "__main__":
    main()
