"""The progress line: on a terminal only, with the step and the loss of a training job."""
import os
import pty
import re
import subprocess
import unittest

from acf_run import ACF_VP, SMALL, Case


class Progress(Case):
    def test_of_training(self):
        keys = {**SMALL, "train.epochs": 200, "data.generated_train": 320, "data.generated_test": 64}
        del keys["train.max_steps"]
        sets = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
        try:
            ours, its = pty.openpty()
        except OSError as without:
            self.skipTest(f"this machine has no pseudo-terminals: {without}")
        run = subprocess.Popen([ACF_VP, "run", "--firmware", "train", *sets, "--out", "out", "--max-host-seconds", "60"],
                               cwd=self.folder, stderr=its, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        os.close(its)
        said = b""
        line = re.compile(rb"([0-9.]+) ms simulated, .* MIPS, \d+ fences, step (\d+) of (\d+), loss (\d+\.\d+) ")
        try:
            while not line.search(said):
                said += os.read(ours, 4096)
        except OSError:  # the other end is closed
            pass
        run.terminate()
        run.wait(60)
        found = line.search(said)
        self.assertTrue(found, said)
        step, steps, loss = int(found[2]), int(found[3]), float(found[4])
        self.assertTrue(1 <= step <= steps, said)
        self.assertTrue(0 < loss < 5, said)


if __name__ == "__main__":
    unittest.main()
