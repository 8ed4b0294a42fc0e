"""Equal runs give equal bytes, whatever else the host is doing."""
import os
import subprocess
import sys
import unittest

from acf_run import Case

FAULTS = ("--inject", "packet=160/send_data:packet:flip=13", "--inject", "marker=1:sram(1,1)@4096:flip=1",
          "--inject", "marker=1:link(0,0)->(1,0):stall=500")


KINDS = "trace", "trace-mmio", "trace-insn", "vcd", "profile", "coverage"


class Determinism(Case):
    def everything(self, name, threads=1):
        traces = [word for kind in KINDS for word in (f"--{kind}", f"{name}.{kind}")]
        run = self.train(*traces, *FAULTS, how={"name": name, "threads": threads})
        self.assertEqual(run.code, 0, run.log)
        self.assertEqual(len([n for n in run.notes if n.startswith("injected at")]), 3, run.notes)
        files = {kind: (self.folder / f"{name}.{kind}").read_bytes() for kind in KINDS}
        return files | {"console": run.console, "report": run.report_bytes,
                        "table": (run.folder / "report.csv").read_bytes(), "page": (run.folder / "report.html").read_bytes()}

    def compare(self, one, other):
        for what, content in one.items():
            self.assertTrue(content)
            self.assertEqual(content, other[what], what)

    def test_twice(self):
        self.compare(self.everything("first"), self.everything("second"))

    def test_with_two_threads(self):
        self.compare(self.everything("one"), self.everything("two", threads=2))

    def test_beside_busy_neighbours(self):
        quiet = self.everything("quiet")
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
        try:
            loaded, threaded = self.everything("loaded"), self.everything("threaded", threads=3)
        finally:
            for process in busy:
                process.kill()
                process.wait()
        self.compare(quiet, loaded)
        self.compare(quiet, threaded)


if __name__ == "__main__":
    unittest.main()
