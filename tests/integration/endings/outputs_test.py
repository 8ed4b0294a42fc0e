"""Output that cannot be written is said, exit code 3, and costs nothing else. Two outputs in one file are refused."""
import json
import os
import subprocess
import types
import unittest

from acf_run import ACF_VP, Case, assemble

FULL = "/dev/full"  # every write fails for want of space

# Prints a line, then passes.
HELLO = """
    .globl _start
_start:
    bnez a0, .
    li a0, 0x10000000
    li a1, 'A'
    li a2, 64
1:  sb a1, 0(a0)
    addi a2, a2, -1
    bnez a2, 1b
    li a0, 0x100000
    li a1, 0x5555
    sw a1, 0(a0)
    j .
"""
TRACES = ("--trace", "--trace-insn", "--trace-mmio", "--vcd", "--profile", "--coverage", "--console")


class Outputs(Case):
    def incomplete(self, run, file):
        self.assertEqual((run.code, run.end), (3, "finisher"), run.log)
        self.assertEqual(run.report["defects"], [])
        self.assertEqual(len(run.report["incomplete"]), 1, run.report["incomplete"])
        output = run.report["incomplete"][0]
        self.assertIn(file, output)
        self.assertIn(f"INCOMPLETE: {output}", run.log)
        return output

    def without_report(self, elf, name):
        run = subprocess.run([ACF_VP, "run", "--firmware", elf, "--out", self.folder / name], capture_output=True,
                             stdin=subprocess.DEVNULL, timeout=60)
        return types.SimpleNamespace(code=run.returncode, log=run.stderr.decode())

    def test_a_full_disk(self):
        elf = assemble(self.folder, HELLO)
        for option in TRACES:
            with self.subTest(option):
                others = {other: other.strip("-") for other in TRACES if other != option}
                run = self.run_acf("--firmware", elf, option, FULL, *(word for pair in others.items() for word in pair))
                self.assertEqual(self.incomplete(run, option),
                                 f"{option}: {FULL} could not be written completely: No space left on device")
                for name in others.values():
                    self.assertGreater((self.folder / name).stat().st_size, 0, name)
                self.assertEqual((run.folder / "console.txt").read_bytes(), b"A" * 64)

    def test_much_of_it(self):
        """More than any buffer holds: the write that fails is not the last one."""
        elf = assemble(self.folder, HELLO.replace("li a2, 64", "li a2, 20000"))
        for option in ("--trace-insn", "--trace-mmio", "--console"):
            with self.subTest(option):
                self.incomplete(self.run_acf("--firmware", elf, option, FULL), option)

    def test_standard_output(self):
        elf, out = assemble(self.folder, HELLO), self.folder / "out"
        with open(FULL, "wb") as full:
            done = subprocess.run([ACF_VP, "run", "--firmware", elf, "--out", out], stdout=full, stderr=subprocess.PIPE,
                                  stdin=subprocess.DEVNULL, timeout=60)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(b"stdout: the guest's console could not be written completely: No space left on device", done.stderr)
            self.assertEqual((out / "console.txt").read_bytes(), b"A" * 64)
            for command in (["describe"], ["run", "--help"], ["--version"], ["regs", "--format", "json"], ["plan", "--explain"]):
                done = subprocess.run([ACF_VP, *command], stdout=full, stderr=subprocess.PIPE, timeout=60)
                self.assertEqual((done.returncode, done.stderr),
                                 (3, b"acf-vp: stdout could not be written completely: No space left on device\n"))

    def test_files_of_the_report(self):
        """Written one by one; the table at the end is printed all the same."""
        elf = assemble(self.folder, HELLO)
        for name in ("report.json", "report.csv", "report.html", "host.json"):
            with self.subTest(name):
                out = self.folder / name
                out.mkdir()
                (out / name).symlink_to(FULL)
                run = self.run_acf("--firmware", elf, name=name) if name != "report.json" else self.without_report(elf, name)
                self.assertEqual(run.code, 3, run.log)
                self.assertIn("end: finisher", run.log)
                self.assertIn("instructions_retired", run.log)
                self.assertIn(f"INCOMPLETE: {out / name} could not be written completely: No space left on device", run.log)
                for other in ("report.json", "report.csv", "report.html", "host.json"):
                    self.assertTrue(other == name or (out / other).stat().st_size > 0, other)

    def test_a_disk_that_is_full_at_the_end(self):
        """No half of a file stays behind."""
        elf = assemble(self.folder, HELLO)
        run = self.run_acf("--firmware", elf)
        largest = max(("report.json", "report.csv", "report.html"), key=lambda name: (run.folder / name).stat().st_size)
        limit = (run.folder / largest).stat().st_size // 1024
        done = subprocess.run(["bash", "-c", f'trap "" XFSZ; ulimit -f {limit}; exec "$0" "$@"', ACF_VP, "run", "--firmware",
                               elf, "--out", self.folder / "small"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("end: finisher", done.stderr)
        self.assertIn(f"INCOMPLETE: {self.folder / 'small' / largest} could not be written completely: File too large",
                      done.stderr)
        self.assertFalse((self.folder / "small" / largest).exists())
        self.assertTrue((self.folder / "small" / "host.json").exists())

    def test_a_dump(self):
        elf = assemble(self.folder, HELLO)
        self.incomplete(self.run_acf("--firmware", elf, "--dump", f"0x80000000:4096:{FULL}"), FULL)

    def test_streams_that_are_closed(self):
        """No file of the run gets the number of one: what is meant for it would go there."""
        elf, out = assemble(self.folder, HELLO), self.folder / "closed"
        for closed, code in ((">&-", 3), ("<&- >&-", 3), ("2>&-", 0), ("<&- 2>&-", 0), ("<&- >&- 2>&-", 3)):
            with self.subTest(closed):
                done = subprocess.run(["sh", "-c", f'exec "$0" "$@" {closed}', ACF_VP, "run", "--pace", "--firmware", elf,
                                       "--trace-mmio", "mmio", "--out", out], cwd=self.folder, capture_output=True,
                                      timeout=60)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual((out / "console.txt").read_bytes(), b"A" * 64)
                self.assertTrue((self.folder / "mmio").read_text().splitlines()[-1].endswith("FINISHER.FINISH"))
        described = subprocess.run(["sh", "-c", f"exec {ACF_VP} describe >&-"], capture_output=True, timeout=60)
        self.assertEqual(described.returncode, 3, described.stderr)

    def test_a_reader_that_goes_away(self):
        elf, out = assemble(self.folder, HELLO.replace("li a2, 64", "li a2, 200000")), self.folder / "piped"
        for stream in ("stdout", "stderr"):
            with self.subTest(stream):
                read, write = os.pipe()
                os.close(read)
                done = subprocess.run([ACF_VP, "run", "--pace", "--firmware", elf, "--out", out], stdin=subprocess.DEVNULL,
                                      timeout=60, **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | {stream: write}))
                os.close(write)
                self.assertEqual(done.returncode, 3 if stream == "stdout" else 0, done.stderr)
                self.assertEqual((out / "console.txt").stat().st_size, 200_000)
                self.assertEqual(json.loads((out / "report.json").read_text())["end"]["reason"], "finisher")

    def test_the_copy_of_the_console(self):
        elf, out = assemble(self.folder, HELLO), self.folder / "kept"
        out.mkdir()
        (out / "console.txt").symlink_to(FULL)
        self.incomplete(self.run_acf("--firmware", elf, name="kept"), "console.txt")

    def test_one_file_named_twice(self):
        elf = assemble(self.folder, HELLO)
        (self.folder / "same").symlink_to("trace")
        for options, complaint in ((("--trace", "trace", "--vcd", "./trace"), "--vcd: ./trace is already the file of --trace"),
                                   (("--trace", "trace", "--profile", "same"), "is already the file of --trace"),
                                   (("--console", "run3/report.json"), "--console: run3/report.json is already the file of --out"),
                                   (("--dump", "0x80000000:4:d", "--dump", "0x80000000:8:d"), "--dump: d is already the file of --dump")):
            run = self.run_acf("--firmware", elf, *options)
            self.assertEqual((run.code, run.report), (2, {}), run.log)
            self.assertIn(complaint, run.log)
        self.assertEqual(self.run_acf("--firmware", elf, "--trace", "/dev/null", "--vcd", "/dev/null").code, 0)


if __name__ == "__main__":
    unittest.main()
