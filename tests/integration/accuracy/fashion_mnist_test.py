"""Fashion-MNIST, cosine schedule, 5 epochs: mean accuracies over seeds 0 to 4, and every speed-up."""
import statistics

from acf_run import Case
from fashion_mnist import TOP, main, train

SEEDS = range(5)
# Independent fp32 training, means of ten seeds. How much a mean of five may differ is the contract's.
DENSE, BLOCKS, TOLERANCE = 87.65, 83.79, 1.0


class FashionMnist(Case):
    def test_means_over_seeds(self):
        summaries = []
        for seed in SEEDS:
            run = train(self.folder / f"seed{seed}", TOP / "scenarios/train-mlp-sparse.yaml", train__seed=seed)
            self.assertEqual(run["float_instructions_in_training"], 0)
            self.assertGreaterEqual(run["speedup_over_dense"], 5)
            summaries.append(run)
            print(f"seed {seed}: dense {run['dense_test_accuracy_percent']:.2f} %, "
                  f"blocks {run['test_accuracy_percent']:.2f} %, {run['speedup_over_dense']:.2f} x", flush=True)
        for name, expected in (("dense_test_accuracy_percent", DENSE), ("test_accuracy_percent", BLOCKS)):
            self.assertAlmostEqual(statistics.mean(s[name] for s in summaries), expected, delta=TOLERANCE, msg=name)


if __name__ == "__main__":
    main()
