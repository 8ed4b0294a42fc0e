"""The dense twin runs beside; whatever becomes of it, the run has its report."""
import unittest

from acf_run import Case

JOB = {"train__twin": "true"}


class Twin(Case):
    def test_its_figures_are_those_of_a_dense_run(self):
        run = self.train(**JOB)
        dense = self.train(train__recipe="dense", zbcc__skip="none")
        self.assertEqual(run.figure("dense_fabric_cycles"), dense.figure("fabric_cycles"))
        self.assertEqual(run.figure("speedup_over_dense"), dense.figure("fabric_cycles") / run.figure("fabric_cycles"))
        self.assertEqual(run.report["twin"]["waterfalls"], dense.report["waterfalls"])

    def test_the_run_survives_its_twin(self):
        """A limit between the ends of the two."""
        alone = self.train()
        enough = 1e3 * alone.figure("simulated_seconds") + 0.001
        self.assertEqual(self.train("--max-sim-ms", enough, train__recipe="dense", zbcc__skip="none").code, 3)
        run = self.train("--max-sim-ms", enough, **JOB)
        self.assertEqual((run.code, run.end), (0, "finisher"), run.log)
        self.assertEqual([run.figure(f) for f in ("dense_fabric_cycles", "speedup_over_dense", "dense_test_accuracy_percent")],
                         [None] * 3)
        self.assertNotIn("twin", run.report)
        self.assertEqual(run.figure("fabric_cycles"), alone.figure("fabric_cycles"))
        self.assertIn("warning: nothing to compare with: the dense twin ended with exit code 3 (limit_sim_time); see "
                      "twin/log.txt", run.notes)
        self.assertIn("limit_sim_time", (run.folder / "twin" / "log.txt").read_text())

    def test_an_expectation_that_needs_it_is_not_met(self):
        enough = 1e3 * self.train().figure("simulated_seconds") + 0.001
        run = self.train("--max-sim-ms", enough, expect="[speedup_over_dense >= 1]", **JOB)
        self.assertEqual((run.code, [e["ok"] for e in run.report["expect"]]), (1, [False]))


if __name__ == "__main__":
    unittest.main()
