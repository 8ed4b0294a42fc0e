"""What the host pays. Four tiles that work cost it the same in a mesh of 32 x 32 as in one of 4 x 4: instructions under
callgrind, construction apart; skipped without valgrind. The main job in at timing costs at most 15 times what it costs
in lt: user CPU time.

    cost_test.py PATH-OF-CHIP-COST PATH-OF-ACF-VP
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CHIP_COST, ACF_VP = sys.argv.pop(1), sys.argv.pop(1)
SCENARIOS = pathlib.Path(__file__).resolve().parents[3] / "scenarios"
ROUNDS = 200


def instructions(size, timing, rounds):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind.out"
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", CHIP_COST, str(size),
                               str(size), timing, str(rounds)], capture_output=True, check=True)
        return int(re.search(r"Collected : (\d+)", done.stderr.decode())[1])


def user_seconds(steps, timing):
    """Of the main job's sparse run; the data set is small, so that steps are most of it."""
    with tempfile.TemporaryDirectory() as folder:
        sets = {"train.max_steps": steps, "train.twin": "false", "data.generated_train": 1280, "train.epochs": 100,
                "expect": "[]", "timing": timing}
        subprocess.run([ACF_VP, "run", SCENARIOS / "train-mlp-sparse.yaml", "--out", folder,
                        *(word for key, value in sets.items() for word in ("--set", f"{key}={value}"))],
                       capture_output=True, check=True)
        return json.loads((pathlib.Path(folder) / "host.json").read_text())["user_seconds"]


class MainJob(unittest.TestCase):
    def test_at_costs_at_most_15_times_lt(self):
        spent = {timing: user_seconds(150, timing) - user_seconds(1, timing) for timing in ("lt", "at")}
        print(f"149 steps: {spent}, ratio {spent['at'] / spent['lt']:.2f}", file=sys.stderr)
        self.assertLessEqual(spent["at"], 15 * spent["lt"])


@unittest.skipUnless(shutil.which("valgrind"), "valgrind")
class Cost(unittest.TestCase):
    def ratio(self, timing):
        run, built = {}, {}
        for size in (4, 32):
            built[size] = instructions(size, timing, 0)
            run[size] = instructions(size, timing, ROUNDS) - built[size]
        print(f"{timing}: construction {built}, {ROUNDS} rounds {run}, ratio {run[32] / run[4]:.3f}", file=sys.stderr)
        return run[32] / run[4]

    def test_lt(self):
        self.assertLessEqual(self.ratio("lt"), 1.3)

    def test_at(self):
        self.assertLessEqual(self.ratio("at"), 1.3)


if __name__ == "__main__":
    unittest.main()
