"""The curves of a training add up to its figures, and show what the recipe did."""
import pathlib
import unittest

from acf_run import Case, curves

LENET = pathlib.Path(__file__).resolve().parents[3] / "scenarios/networks/lenet5.yaml"


def column(rows, name):
    return [float(row[name]) for row in rows if row[name]]


class Curves(Case):
    def test_they_add_up(self):
        run = self.train(train__max_steps=0, train__regrow_period=2, train__twin="true")
        self.assertEqual(run.code, 0, run.log)
        rows = curves(run)
        self.assertEqual([int(row["step"]) for row in rows], list(range(1, 6)))
        self.assertEqual(sum(column(rows, "fabric_cycles")), run.figure("fabric_cycles"))
        self.assertEqual(sum(column(rows, "macs_executed")), run.figure("macs_executed"))
        self.assertEqual(sum(column(rows, "macs_of_dense")), run.figure("macs_total"))
        self.assertAlmostEqual(sum(column(rows, "training_loss")) / 5, run.figure("training_loss_last_epoch"), 3)
        for row in rows[:2]:  # later ones have the change of the mask among them
            self.assertAlmostEqual(float(row["layer1.weight_zeros_percent"]), 90, delta=0.5)
        shown = run.report["curves"]
        self.assertEqual(shown["step"], [1, 2, 3, 4, 5])
        self.assertEqual(len(shown["speedup_over_dense"]), 5)
        page = (run.folder / "report.html").read_text()
        self.assertIn("Speed-up over the dense twin", page)

    def test_pruning_by_degrees_is_seen(self):
        run = self.train(train__recipe="magnitude", train__pattern="unstructured", train__sparsity=0.8,
                         train__max_steps=0, train__epochs=4, train__regrow_period=2, train__hidden="[32]")
        self.assertEqual(run.code, 0, run.log)
        shares = column(curves(run), "layer1.weight_zeros_percent")
        self.assertEqual(len(shares), 20)
        self.assertLess(shares[0], 5)
        self.assertTrue(all(a <= b + 1 for a, b in zip(shares, shares[1:])), shares)
        self.assertGreater(shares[-1], 70)

    def test_padding_is_no_zero(self):
        """Of C = 1, 6 filters and 10 classes, all in fours."""
        run = self.train(train__recipe="dense", train__network=LENET, same__sram_kib=2048)
        for row in curves(run):
            self.assertEqual([row[f"layer{l}.weight_zeros_percent"] for l in (1, 2, 3, 4, 5)], ["0"] * 5)
            self.assertEqual(row["layer5.gradient_zeros_percent"], "0")

    def test_thresholds_are_of_the_layer_that_gives_back(self):
        net = self.write_network("""\
  - conv2d: {filters: 8, kernel: 4, stride: 4}
  - relu: {name: stem}
  - conv2d: {filters: 5, kernel: 1, name: left}
  - conv2d: {filters: 6, kernel: 1, input: stem, name: right}
  - concat: {inputs: [left, right]}
  - flatten
  - linear: {outputs: 10}
""")
        run = self.train(train__recipe="dts", train__network=net, train__batch=16)
        lines = [line.split(",") for line in (run.folder / "thresholds.csv").read_text().splitlines()[1:4]]
        self.assertEqual([line[1] for line in lines], ["2", "3", "4"])
        back = (8, 8, 5 + 6)  # channels that each gives back, of 7 x 7 pixels
        self.assertEqual([int(line[4]) for line in lines], [16 * 49 * n for n in back])

    def test_a_run_that_a_limit_ends_has_those_of_its_steps(self):
        weights = self.folder / "weights.npz"
        run = self.train("--max-sim-ms", 0.08, train__epochs=50, train__max_steps=0, train__save=weights)
        self.assertEqual(run.code, 3)
        self.assertGreater(len(curves(run)), 3)
        self.assertFalse(weights.exists())
        self.assertIn("warning: train.save: nothing written: the firmware has not ended its training job", run.notes)

    def test_thinned_gradients_are_seen(self):
        run = self.train(train__recipe="random", train__gradient_sparsity=0.5, train__hidden="[64]")
        dense = self.train(train__recipe="dense", train__hidden="[64]")
        thin, full = (column(curves(r), "layer1.gradient_zeros_percent") for r in (run, dense))
        for a, b in zip(thin, full):
            self.assertGreater(a, b + 10)

    def test_a_run_that_goes_on_counts_on(self):
        first = self.train("--dump-tensors", 3, train__epochs=2)
        rest = self.train(train__load=first.folder / "tensors_3.npz", train__max_steps=5, train__epochs=2)
        self.assertEqual(rest.code, 0, rest.log)
        self.assertEqual([int(row["step"]) for row in curves(rest)], [4, 5])

    def test_those_of_an_earlier_run_do_not_stay(self):
        trained = self.train(how={"name": "place"})
        self.assertTrue((trained.folder / "curves.csv").exists())
        greeting = self.run_acf("--firmware", "hello", name="place")
        self.assertEqual(greeting.code, 0, greeting.log)
        self.assertFalse((trained.folder / "curves.csv").exists())


if __name__ == "__main__":
    unittest.main()
