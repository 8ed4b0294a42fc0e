"""--log-level MODULE=LEVEL: each module has something to say, at its level, with simulated time, and nobody else does."""
import re
import subprocess
import unittest

from acf_run import ACF_VP, Case

TIME = r"at \d+\.\d{3} ns: "
TILE = r"TILE\(\d,\d\)"
ROUTE = r"transfer refused: .*"


class Log(Case):
    def lines(self, setting, run):
        """Those of that module; nobody else logs below a warning."""
        module, level = setting.split("=")
        found = [line for line in run.log.splitlines() if re.match(r"(trace|debug|info): ", line)]
        for line in found:
            self.assertRegex(line, rf"^(trace|debug|info): {module}: {TIME}")
        return found

    def logged(self, setting, firmware, *patterns, arguments=()):
        run = self.run_acf("--firmware", firmware, "--log-level", setting, *arguments)
        lines = self.lines(setting, run)
        for pattern in patterns:
            self.assertTrue(any(re.search(pattern, line) for line in lines), (pattern, run.log[:4000]))
        return lines

    def test_sequencer(self):
        self.logged("sequencer=debug", "matmul", TILE + r"\.MATRIX has done MM ring 0 command \d+ tag 0x[0-9a-f]+, \d+ cycles")
        self.logged("sequencer=trace", "matmul", r"^trace: sequencer: .*MATRIX begins MM ring 0")

    def test_dma(self):
        self.logged("dma=debug", "matmul", TILE + r"\.DMA0 has done COPY ring 0 command \d+ .*, load, address 0x[89a-f]")

    def test_host_bridge(self):
        self.logged("host_bridge=debug", "matmul", "doorbell", r"TILE\(0,0\) gets its job 1", "fence 1")

    def test_noc(self):
        self.logged("noc=debug", "selftest", ROUTE)

    def test_peripherals(self):
        self.logged("peripherals=debug", "interrupt", "hart 0 MTIP rises", "hart 0 MSIP rises")
        self.assertTrue(any("falls" in line for line in self.logged("peripherals=trace", "interrupt")))

    def test_cpu(self):
        self.logged("cpu=debug", "crash", r"hart 0: exception 5 at \d+\.\d+ ns, pc 0x8\w+, mtval 0x9000000")
        self.logged("cpu=trace", "interrupt", r"hart 0: interrupt 7 at \d+\.\d+ ns")

    def test_loader(self):
        self.logged("loader=debug", "hello", r"hello\.elf: \d+ bytes at 0x80000000, \d+ of them from the file")

    def test_compiler(self):
        run = self.train("--log-level", "compiler=debug")
        self.assertRegex("\n".join(self.lines("compiler=debug", run)), r"job image of \d+ bytes: 5 steps, \d+ products")

    def test_gdb(self):
        packet = lambda text: f"${text}#{sum(text.encode()) % 256:02x}".encode()
        done = subprocess.run([ACF_VP, "run", "--firmware", "hello", "--gdb", "-", "--out", "out", "--log-level", "gdb=trace"],
                              cwd=self.folder, input=packet("?") + b"+" + packet("k"), capture_output=True, timeout=60)
        for text in ("info: gdb: at 0.000 ns: a debugger has come", "trace: gdb: at 0.000 ns: packet ?",
                     "trace: gdb: at 0.000 ns: answer T02thread:1;", "the debugger has gone"):
            self.assertIn(text, done.stderr.decode())

    def test_platform(self):
        run = self.run_acf("--firmware", "selftest", "--log-level", "platform=off", "--max-sim-ms", "0.1")
        self.assertNotIn("the run was stopped", run.log)
        self.assertIn("error: platform: the run was stopped",
                      self.run_acf("--firmware", "selftest", "--max-sim-ms", "0.1").log)

    def test_a_log_changes_nothing(self):
        plain, loud = (self.run_acf("--firmware", "matmul", *arguments) for arguments in ((), ("--log-level", "trace")))
        self.assertEqual(plain.report_bytes, loud.report_bytes)
        self.assertEqual(plain.console, loud.console)
        again = self.run_acf("--firmware", "matmul", "--log-level", "trace")
        self.assertEqual(loud.log, again.log)

    def test_unknown_modules(self):
        run = self.run_acf("--firmware", "hello", "--log-level", "sequenser=debug")
        self.assertEqual(run.code, 2)
        self.assertIn("did you mean 'sequencer'?", run.log)


if __name__ == "__main__":
    unittest.main()
