"""The LeNet-5-like network on Fashion-MNIST: 3 epochs at a constant rate, mean accuracy over seeds 0 to 2."""
import statistics

from acf_run import Case
from fashion_mnist import TOP, main, train

SEEDS = range(3)
DENSE, TOLERANCE = 87.73, 1.0  # independent fp32 training, mean of three seeds; the contract's tolerance


class Lenet(Case):
    def test_mean_over_seeds(self):
        accuracies = []
        for seed in SEEDS:
            run = train(self.folder / f"seed{seed}", TOP / "scenarios/train-lenet.yaml", train__seed=seed,
                        train__recipe="dense", train__twin="false", expect="[test_accuracy_percent >= 80]")
            self.assertEqual(run["float_instructions_in_training"], 0)
            accuracies.append(run["test_accuracy_percent"])
            print(f"seed {seed}: {accuracies[-1]:.2f} %", flush=True)
        self.assertAlmostEqual(statistics.mean(accuracies), DENSE, delta=TOLERANCE)


if __name__ == "__main__":
    main()
