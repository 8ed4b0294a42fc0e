"""The dense twin runs beside; whatever becomes of it, the run has its report."""
import json
import signal
import subprocess
import unittest

from acf_run import ACF_VP, SMALL, Case

JOB = {"train__twin": "true"}


class Twin(Case):
    def test_its_figures_are_those_of_a_dense_run(self):
        run = self.train(**JOB)
        dense = self.train(train__recipe="dense", zbcc__skip="none")
        self.assertEqual(run.figure("dense_fabric_cycles"), dense.figure("fabric_cycles"))
        self.assertEqual(run.figure("speedup_over_dense"), dense.figure("fabric_cycles") / run.figure("fabric_cycles"))
        self.assertEqual(run.report["twin"]["waterfalls"], dense.report["waterfalls"])
        # The dense computation is the same, whatever of it is done.
        self.assertEqual(run.figure("macs_total"), dense.figure("macs_total"))
        self.assertEqual(dense.figure("macs_executed"), dense.figure("macs_total"))
        self.assertEqual(run.figure("macs_executed") + run.figure("macs_skipped"), run.figure("macs_total"))

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
        for reason, limit in (("limit_sim_time", ("--max-sim-ms", "0.06")),
                              ("limit_instructions", ("--max-instructions", "15000")),
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
