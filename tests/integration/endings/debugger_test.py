"""A debugger that ends the run, or leaves it."""
import subprocess
import unittest

from acf_run import ACF_VP, Case


class Debugger(Case):
    def gdb(self, *commands):
        target = f"target remote | {ACF_VP} run --firmware hello --gdb - --out out --console console"
        words = ["gdb-multiarch", "-batch"] + [w for c in ("set confirm off", target, *commands) for w in ("-ex", c)]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
        return done.stdout.decode() + done.stderr.decode()

    def test_its_end_leaves_no_warning_of_the_kernel(self):
        for last in ("kill", "disconnect", "continue"):
            said = self.gdb("stepi", last)
            self.assertNotIn("W545", said, last)
            self.assertNotIn("sc_stop", said, last)


if __name__ == "__main__":
    unittest.main()
