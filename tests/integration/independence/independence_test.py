"""What does not belong to the chip moves no cycle of it: processes that do nothing, traces, a debugger, host threads."""
import os
import shlex
import subprocess
import unittest

from acf_run import ACF_VP, Case, Run

DISTURBED = os.environ["ACF_VP_DISTURBED"]
# Period in ps and delta cycles: on edges of the fabric clock and between them, often and seldom, one and many.
DISTURBANCES = ((1_000, 0), (13_337, 3), (64_000, 20), (499_979, 1))
SELDOM = ((999_983, 1), (7_000_000, 20))  # for longer runs


class Independence(Case):
    def job(self, *arguments, how={}):
        """With regrowth, many tiles and interrupts."""
        return self.train(*arguments, how=how, mesh__width=3, mesh__height=3, train__regrow_period=2)

    def same(self, run, reference):
        self.assertEqual((run.code, run.console), (reference.code, reference.console), run.log)
        for ours, theirs in zip(run.report["blocks"], reference.report["blocks"]):
            self.assertEqual(ours, theirs)
        self.assertEqual(run.report_bytes, reference.report_bytes)

    def undisturbed(self, what, disturbances=DISTURBANCES):
        reference = what({})
        self.assertTrue(reference.report_bytes, reference.log)
        for period, deltas in disturbances:
            with self.subTest(period=period, deltas=deltas):
                self.same(what({"program": (DISTURBED, str(period), str(deltas))}), reference)

    def test_training_among_processes_that_do_nothing(self):
        self.undisturbed(lambda how: self.job(how=how))

    def test_two_harts_among_processes_that_do_nothing(self):
        self.undisturbed(lambda how: self.run_acf("--firmware", "two_harts", "--set", "cpu.harts=2", **how))

    def test_devices_and_interrupts_among_processes_that_do_nothing(self):
        typed = self.folder / "typed"
        typed.write_text("some words\n")
        self.undisturbed(lambda how: self.run_acf("--firmware", "interrupt", "--input", typed, **how), SELDOM)
        self.undisturbed(lambda how: self.run_acf("--firmware", "selftest", "--set", "mesh.width=2", **how), SELDOM)

    def test_traces(self):
        traces = [word for option in ("--trace", "--trace-mmio", "--trace-insn", "--vcd") for word in (option, option[2:])]
        self.same(self.job(*traces), self.job())
        for option in traces[1::2]:
            self.assertTrue((self.folder / option).stat().st_size, option)

    def test_a_trace_is_the_same_among_processes_that_do_nothing(self):
        def traced(name, how={}):
            return self.job("--trace", f"{name}.json", "--trace-mmio", f"{name}.mmio", "--vcd", f"{name}.vcd", how=how)

        self.same(traced("disturbed", {"program": (DISTURBED, "13337", "3")}), traced("plain"))
        for kind in ("json", "mmio", "vcd"):
            ours, theirs = ((self.folder / f"{name}.{kind}").read_bytes() for name in ("disturbed", "plain"))
            self.assertEqual(ours, theirs, kind)

    def test_host_threads(self):
        one = self.job()
        for threads in (2, 3):
            self.same(self.job(how={"threads": threads}), one)

    def test_a_debugger(self):
        """Breakpoints where the firmware waits for the fabric, single steps, memory and registers read."""
        reference = self.job()
        out = self.folder / "debugged"
        command = reference.command[:-1] + [str(out), "--gdb", "-", "--console", str(self.folder / "console")]
        script = ["set confirm off", "set remotetimeout 60", "target remote | " + shlex.join(command), "hbreak main", "continue",
                  "hbreak acf::board::fabric_environment::wait_for_interrupt", "continue", "stepi", "stepi", "info registers",
                  "x/8x $sp", "continue", "stepi 5", "continue", "delete", "continue"]
        elf = os.path.join(os.path.dirname(os.path.dirname(ACF_VP)), "firmware", "train.elf")
        words = ["gdb-multiarch", "-batch", elf] + [word for line in script for word in ("-ex", line)]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
        said = done.stdout.decode() + done.stderr.decode()
        self.assertGreaterEqual(said.count("wait_for_interrupt"), 3, said)
        debugged = Run(out, done)
        self.assertEqual((self.folder / "console").read_bytes(), reference.console, said)
        self.assertEqual(debugged.report_bytes, reference.report_bytes)


if __name__ == "__main__":
    unittest.main()
