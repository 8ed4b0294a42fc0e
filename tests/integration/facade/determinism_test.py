"""Equal runs give equal bytes, whatever else the host is doing."""
import os
import subprocess
import sys
import unittest

from acf_run import Case

FAULTS = ("--inject", "packet=150/send_data:packet:flip=13", "--inject", "marker=1:sram(1,1)@4096:flip=1",
          "--inject", "marker=1:link(0,0)->(1,0):stall=500")


class Determinism(Case):
    def everything(self, name):
        traces = ("--trace", f"{name}.json", "--trace-mmio", f"{name}.mmio")
        run = self.train(*traces, *FAULTS, how={"name": name})
        self.assertEqual(run.code, 0, run.log)
        self.assertEqual(len([n for n in run.notes if n.startswith("injected at")]), 3, run.notes)
        files = {suffix: (self.folder / f"{name}.{suffix}").read_bytes() for suffix in ("json", "mmio")}
        return files | {"console": run.console, "report": run.report_bytes}

    def compare(self, one, other):
        for what, content in one.items():
            self.assertTrue(content)
            self.assertEqual(content, other[what], what)

    def test_twice(self):
        self.compare(self.everything("first"), self.everything("second"))

    def test_beside_busy_neighbours(self):
        quiet = self.everything("quiet")
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
        try:
            loaded = self.everything("loaded")
        finally:
            for process in busy:
                process.kill()
                process.wait()
        self.compare(quiet, loaded)


if __name__ == "__main__":
    unittest.main()
