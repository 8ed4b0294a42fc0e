"""The dense twin does the whole dense work on lanes of the same number; whatever becomes of it, the run has its report."""
import csv
import json
import resource
import signal
import subprocess
import unittest

from acf_run import ACF_VP, SMALL, Case

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

    def test_the_host_figures_include_it(self):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        run = self.train(**JOB)
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before  # of acf-vp and what it waited for
        host, twin = (json.loads((run.folder / place / "host.json").read_text()) for place in ("", "twin"))
        self.assertGreaterEqual(host["user_seconds"], 0.8 * used)
        self.assertGreaterEqual(host["host_seconds"], twin["host_seconds"])
        self.assertAlmostEqual(host["macs_per_second"] * host["simulation_seconds"], run.figure("macs_executed"), delta=1)

    def test_its_figures_are_those_of_a_dense_run(self):
        run = self.train(**JOB)
        dense = self.train(train__recipe="dense", zbcc__skip="none")
        self.assertEqual(run.figure("dense_fabric_cycles"), dense.figure("fabric_cycles"))
        self.assertEqual(run.figure("speedup_over_dense"), dense.figure("fabric_cycles") / run.figure("fabric_cycles"))
        self.assertEqual(run.report["twin"]["waterfalls"], dense.report["waterfalls"])
        self.assertEqual(run.figure("matrix_speedup_over_dense"),
                         dense.figure("matrix_busy_cycles") / run.figure("matrix_busy_cycles"))
        tiles = run.blocks("MATRIX")
        self.assertEqual(run.figure("matrix_busy_cycles"), sum(b["busy"] for b in tiles) / len(tiles))
        # The dense computation is the same, whatever of it is done.
        self.assertEqual(run.figure("macs_total"), dense.figure("macs_total"))
        self.assertEqual(dense.figure("macs_executed"), dense.figure("macs_total"))
        self.assertEqual(run.figure("macs_executed") + run.figure("macs_skipped"), run.figure("macs_total"))

    def test_products_of_changes_of_masks_are_among_the_total(self):
        # They form the weight gradients once more, of all weights.
        settings = {"train__max_steps": 0, "train__epochs": 2, "train__regrow_period": 1, "same__sram_kib": 1024}
        dense = self.train(train__recipe="dense", zbcc__skip="none", **settings)
        for engine in ("dense", "zbcc", "tensordash", "spartann", "sat"):
            run = self.train(train__recipe="rigl", train__pattern="unstructured", zbcc__engine=engine, **settings)
            self.assertEqual(run.code, 0, run.log)
            total, executed, skipped = (run.figure(f"macs_{f}") for f in ("total", "executed", "skipped"))
            self.assertEqual(executed + skipped, total)
            self.assertGreaterEqual(skipped, 0)
            changes = 7  # of ten steps; the last quarter has none
            self.assertEqual(total - dense.figure("macs_total"), changes * 64 * (784 * 128 + 128 * 12))
            if engine in ("dense", "sat"):  # no zeros in a pattern that they know
                self.assertEqual(executed, total)
            else:
                self.assertGreater(skipped, 0)
            with open(run.folder / "curves.csv", newline="") as file:
                rows = list(csv.DictReader(file))
            self.assertEqual(sum(float(row["macs_of_dense"]) for row in rows), total)

    def assert_alone(self, run):
        """All files of a report, and nothing compared."""
        for name in ("report.csv", "report.html", "host.json"):
            self.assertTrue((run.folder / name).exists(), name)
        self.assertIsNone(run.report["twin"])
        self.assertEqual(
            [run.figure(f) for f in ("dense_fabric_cycles", "speedup_over_dense", "dense_test_accuracy_percent")],
            [None] * 3)
        self.assertNotIn("internal error", run.log)

    def test_a_twin_that_a_limit_stops(self):
        """A limit between the ends of the two."""
        alone = self.train()
        enough = 1e3 * alone.figure("simulated_seconds") + 0.001
        self.assertEqual(self.train("--max-sim-ms", enough, train__recipe="dense", zbcc__skip="none").code, 3)
        run = self.train("--max-sim-ms", enough, **JOB)
        self.assertEqual((run.code, run.end), (3, "finisher"), run.log)
        self.assert_alone(run)
        self.assertEqual(run.figure("fabric_cycles"), alone.figure("fabric_cycles"))
        self.assertIn("warning: nothing to compare with: the dense twin ended with exit code 3 (limit_sim_time); see "
                      "twin/log.txt", run.notes)
        self.assertIn("limit_sim_time", (run.folder / "twin" / "log.txt").read_text())

    def test_limits_that_stop_both(self):
        for reason, limit in (("limit_sim_time", ("--max-sim-ms", "0.04")),
                              ("limit_instructions", ("--max-instructions", "10000")),
                              ("limit_host_time", ("--max-host-seconds", "0.001"))):
            run = self.train(*limit, **JOB)
            self.assertEqual((run.code, run.end), (3, reason), run.log)
            self.assert_alone(run)
            self.assertIn("warning: nothing to compare: the run itself did not pass, and its dense twin was stopped",
                          run.notes)

    def signalled(self, ask, ready, epochs):
        """What a run said and left that got a signal as soon as it was `ready`."""
        out = self.folder / ask.name
        keys = {**SMALL, "train.twin": "true", "train.max_steps": 0, "train.epochs": epochs, "data.generated_train": 640,
                "data.generated_test": 64}
        command = [ACF_VP, "run", "--firmware", "train", "--out", out, "--threads", "2"]
        command += [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder)
        ready(process, out)
        process.send_signal(ask)
        log = process.communicate(timeout=60)[1].decode()
        report = json.loads((out / "report.json").read_text())
        self.assertEqual((process.returncode, report["twin"]), (3, None), log)
        return report["end"]["reason"], log

    def test_a_signal_in_the_middle(self):
        def ready(process, out):
            while not (out / "twin" / "log.txt").exists():
                self.assertIsNone(process.poll())

        self.assertEqual(self.signalled(signal.SIGINT, ready, 1000)[0], "interrupted")

    def test_a_signal_while_only_the_twin_runs(self):
        def ready(process, out):  # its own console has ended
            while not process.stdout.readline().startswith(b"test accuracy"):
                self.assertIsNone(process.poll())

        reason, log = self.signalled(signal.SIGTERM, ready, 40)
        self.assertEqual(reason, "finisher")
        self.assertIn("the dense twin ended with exit code 3 (interrupted); see twin/log.txt", log)

    def test_an_expectation_that_needs_it_is_not_met(self):
        enough = 1e3 * self.train().figure("simulated_seconds") + 0.001
        run = self.train("--max-sim-ms", enough, expect="[speedup_over_dense >= 1]", **JOB)
        self.assertEqual((run.code, [e["ok"] for e in run.report["expect"]]), (3, [False]))


if __name__ == "__main__":
    unittest.main()
