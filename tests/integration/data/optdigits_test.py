"""Tables of the UCI repository: a made-up one is learned, and what is wrong with one is said. The scenario on optdigits
keeps what it promises, where ../shared/data/optdigits is; ACF_SEEDS=5 for the means of five seeds."""
import os
import pathlib
import random
import statistics
import unittest

from acf_run import Case

TOP = pathlib.Path(__file__).resolve().parents[3]
DATA = TOP.parent / "shared/data/optdigits"
SEEDS = range(int(os.environ.get("ACF_SEEDS", "1")))
# Ten seeds of independent fp32 training (numpy, same network, initial weights and schedule): 95.41 +- 0.18.
DENSE, TOLERANCE = 95.41, 1.0


class Tables(Case):
    def table(self, name, rows):
        """Class c has large values in columns c, c + 4, ..."""
        noise = random.Random(name)
        lines = [",".join(str(noise.randrange(9, 17) if i % 4 == n % 4 else noise.randrange(6)) for i in range(16))
                 + f",{n % 4}\n" for n in range(rows)]
        (self.folder / "set").mkdir(exist_ok=True)
        (self.folder / "set" / name).write_text("".join(lines))

    def test_are_learned(self):
        self.table("made_up.tra", 333)
        self.table("made_up.tes", 50)
        run = self.train(data__path="set", train__hidden="[16]", train__sparsity=0.5, train__epochs=20,
                         train__max_steps=0)
        self.assertEqual(run.code, 0, run.log)
        self.assertEqual(run.figure("test_accuracy_percent"), 100)
        self.assertEqual({i["name"] for i in run.report["inputs"]} & {"made_up.tra", "made_up.tes"},
                         {"made_up.tra", "made_up.tes"})

    def test_mistakes_have_file_and_line(self):
        self.table("x.tra", 20)
        self.table("x.tes", 5)
        with (self.folder / "set/x.tes").open("a") as table:
            table.write("1,2,3\n")
        run = self.train(data__path="set")
        self.assertEqual(run.code, 2)
        self.assertIn("set/x.tes:6: 3 numbers, expected 16 values and a class", run.log)


@unittest.skipUnless(DATA.is_dir(), f"{DATA} is not there")
class Optdigits(Case):
    def test_the_scenario_over_seeds(self):
        dense = []
        for seed in SEEDS:
            run = self.run_acf(TOP / "scenarios/train-optdigits.yaml", "--set", f"train.seed={seed}")
            self.assertEqual(run.code, 0, run.log)  # its expectations are met
            self.assertEqual(run.figure("training_steps"), 10 * 120)
            dense.append(run.figure("dense_test_accuracy_percent"))
            print(f"seed {seed}: dense {dense[-1]:.2f} %, blocks {run.figure('test_accuracy_percent'):.2f} %", flush=True)
        self.assertAlmostEqual(statistics.mean(dense), DENSE, delta=TOLERANCE)


if __name__ == "__main__":
    unittest.main()
