"""A signal that asks a run to end gets a report, and exit code 3."""
import signal
import subprocess
import unittest

from acf_run import ACF_VP, Case, Run, assemble

SPIN = """
    .globl _start
_start: j _start
"""


class Signals(Case):
    def signalled(self, *signals, name, before=()):
        """A run for at most half a simulated second, paced, that gets these as soon as it says that it has begun."""
        out = self.folder / name
        process = subprocess.Popen([*before, ACF_VP, "run", "--firmware", assemble(self.folder, SPIN), "--out", out, "--pace",
                                    "--max-sim-ms", "500"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.assertIn(b"paced", process.stderr.readline())
        for number in signals:
            process.send_signal(number)
        said, log = process.communicate(timeout=60)
        return Run(out, subprocess.CompletedProcess(process.args, process.returncode, said, log))

    def test_each(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                run = self.signalled(number, name=number.name)
                self.assertEqual((run.code, run.end), (3, "interrupted"), run.log)
                self.assertIn("end: interrupted", run.log)

    def test_a_terminal_that_is_closed_says_so_twice(self):
        run = self.signalled(signal.SIGHUP, signal.SIGHUP, name="twice")
        self.assertEqual((run.code, run.end), (3, "interrupted"), run.log)

    def test_nohup(self):
        run = self.signalled(signal.SIGHUP, name="nohup", before=("nohup",))
        self.assertEqual((run.code, run.end), (3, "limit_sim_time"), run.log)


if __name__ == "__main__":
    unittest.main()
