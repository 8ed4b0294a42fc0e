"""All points of ../shared/reference/timing, held to the limits. Skipped without them."""
import pathlib
import sys
import unittest

from acf_run import Case

TOP = pathlib.Path(__file__).resolve().parents[3]
TABLES = TOP.parent / "shared/reference/timing"


class AllPoints(Case):
    def replay(self, *sets):
        run = self.run_acf(*sets, threads=2)
        self.assertEqual(run.code, 0, run.log)
        print(run.notes, {k: run.figure(f"reference_{k}") for k in ("share_inside", "mean_percent", "worst_percent",
                                                                  "worst_of_limit")}, file=sys.stderr)
        self.assertGreaterEqual(run.figure("reference_share_inside"), 0.95)
        self.assertLessEqual(run.figure("reference_worst_of_limit"), 2)

    def test_mesh(self):
        self.replay(TOP / "scenarios/noc-reference.yaml")

    def test_empty_mesh(self):
        self.replay(TOP / "scenarios/noc-reference.yaml", "--set", f"reference.csv={TABLES}/noc_zero_load.csv")

    def test_dram(self):
        self.replay(TOP / "scenarios/dram-reference.yaml")


if __name__ == "__main__":
    if not TABLES.exists():
        sys.exit(77)
    unittest.main()
