"""Four tiles that work cost the host the same in a mesh of 32 x 32 as in one of 4 x 4: instructions under callgrind,
construction apart. Skipped without valgrind.

    cost_test.py PATH-OF-CHIP-COST
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CHIP_COST = sys.argv.pop(1)
ROUNDS = 200


def instructions(size, timing, rounds):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind.out"
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", CHIP_COST, str(size),
                               str(size), timing, str(rounds)], capture_output=True, check=True)
        return int(re.search(r"Collected : (\d+)", done.stderr.decode())[1])


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
    if not shutil.which("valgrind"):
        sys.exit(77)
    unittest.main()
