"""The dense twin does the whole dense work on lanes of the same number; whatever becomes of it, the run has its report."""
import unittest

from acf_run import Case

JOB = {"train__twin": "true"}
SAMPLES = 320


def dense_products(*widths):
    """Multiplications of one sample: forward, and backward to weights and, but for the first layer, to inputs."""
    layers = list(zip(widths, widths[1:]))
    return sum((3 if i else 2) * inputs * outputs for i, (inputs, outputs) in enumerate(layers))


class Twin(Case):
    def plausible(self, run, outputs, lanes, tiles, steps=5):
        """Nothing here but the network's shape and the number of lanes: what any dense machine of that size needs."""
        self.assertEqual(run.code, 0, run.log)
        twin, own = run.report["twin"], run.report
        work = SAMPLES * dense_products(784, 128, outputs)
        summary = twin["summary"]
        self.assertTrue(work <= summary["macs_total"] <= 1.01 * work, summary)  # ten outputs are held as twelve
        self.assertEqual((summary["macs_executed"], summary["macs_skipped"]), (summary["macs_total"], 0))
        ideal = work / (lanes * tiles)
        busy = [b["busy"] for b in twin["blocks"] if b["name"].endswith(".MATRIX")]
        self.assertEqual(len(busy), tiles)
        # A quarter above the ideal for edges of products and for tiles that have less; and never below it.
        self.assertTrue(ideal <= sum(busy) / tiles <= 1.05 * ideal, (ideal, busy))
        self.assertTrue(ideal <= max(busy) <= summary["compute_cycles"] <= 1.15 * ideal, (ideal, summary))
        # Every step begins with an empty and ends with a drained machine.
        self.assertTrue(ideal < summary["fabric_cycles"] <= 1.25 * ideal + steps * 1500, (ideal, summary))
        self.assertEqual(run.figure("dense_fabric_cycles"), summary["fabric_cycles"])
        self.assertEqual(run.figure("speedup_over_dense"), summary["fabric_cycles"] / run.figure("fabric_cycles"))
        for part in set(own["config"]) - {"train", "zbcc", "expect"}:
            self.assertEqual(twin["config"][part], own["config"][part], part)
        self.assertEqual({k for k in own["config"]["zbcc"] if own["config"]["zbcc"][k] != twin["config"]["zbcc"][k]},
                         {"skip"})
        self.assertEqual({k for k in own["config"]["train"] if own["config"]["train"][k] != twin["config"]["train"][k]},
                         {"recipe", "twin"})

    def test_its_cycles_are_those_of_the_dense_work_on_as_many_lanes(self):
        self.write_data(train=SAMPLES)
        for lanes, width in ((64, 2), (32, 2), (64, 4)):
            with self.subTest(lanes=lanes, width=width):
                run = self.train(zbcc__lanes=lanes, mesh__width=width, mesh__height=width, **JOB)
                self.plausible(run, 10, lanes, width * width)

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
