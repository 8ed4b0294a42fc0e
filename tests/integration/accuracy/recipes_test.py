"""Recipes by name on Fashion-MNIST, 5 epochs, cosine schedule where no other is named: mean accuracies over seeds 0 to 4
beside independent training (../shared/reference/accuracy.md). ACF_SEEDS=1 for a first look."""
import statistics

from acf_run import Case
from fashion_mnist import SEEDS, TOLERANCE, main, perceptron

UNSTRUCTURED = {"train__pattern": "unstructured"}
RUNS = {name: {"train__recipe": name.split("_")[0]} | more for name, more in {
    "dense": {}, "block": {}, "rigl": UNSTRUCTURED, "srste": {"train__pattern": "2:8"}, "bdwp": {"train__pattern": "2:8"},
    "dts": {}, "set": UNSTRUCTURED, "magnitude": UNSTRUCTURED, "momentum": UNSTRUCTURED, "magnitude_blocks": {},
    "acf": {"train__growth_threshold": 2e-2}}.items()}
CONSTANT = {"train__schedule": "constant"}
FIRST_LAYER_ONLY = {"train__dense_layers": 2} | CONSTANT
RUNS |= {f"{name}, first layer": RUNS[name] | FIRST_LAYER_ONLY for name in ("rigl", "block")}
RUNS["topk, constant"] = {"train__recipe": "topk"} | CONSTANT
# Independent fp32 training: means of five to ten seeds. Of acf that of blocks, of which its threshold lets fewer grow.
EXPECTED = {"dense": 87.65, "block": 83.79, "acf": 83.79, "rigl": 85.11, "srste": 86.84, "bdwp": 86.30, "dts": 87.29,
            "rigl, first layer": 85.96, "block, first layer": 85.05, "topk, constant": 85.76}


class Recipes(Case):
    def test_means_over_seeds(self):
        runs = perceptron(self.folder, RUNS)
        mean = {name: statistics.mean(r["test_accuracy_percent"] for r in seeds) for name, seeds in runs.items()}
        for seeds in runs.values():
            for run in seeds:
                self.assertEqual(run["float_instructions_in_training"], 0)
        for recipe, expected in EXPECTED.items():
            with self.subTest(recipe):
                self.assertAlmostEqual(mean[recipe], expected, delta=TOLERANCE)
        with self.subTest("T064: N:M costs less than two points"):
            patterns = ("dense", "srste", "bdwp")  # one seed of bdwp in ten is three points worse: as many again
            more = perceptron(self.folder, {r: RUNS[r] for r in patterns}, range(len(SEEDS), 2 * len(SEEDS)))
            dense, *n_of_m = (statistics.mean(r["test_accuracy_percent"] for r in runs[p] + more[p]) for p in patterns)
            for reached in n_of_m:
                self.assertGreater(reached, dense - 2)
        with self.subTest("T079: single weights reach more than blocks"):
            self.assertGreater(mean["rigl"], mean["block"])
            self.assertGreater(mean["magnitude"], mean["magnitude_blocks"])
        with self.subTest("pruning a dense network reaches more than a mask from the start"):
            self.assertGreater(mean["magnitude"], mean["rigl"])  # not in blocks: those of dark pixels keep first weights


if __name__ == "__main__":
    main()
