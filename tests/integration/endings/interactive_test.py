"""--interactive: standard input is the guest's console."""
import subprocess
import unittest

from acf_run import ACF_VP, Case, assemble


class Interactive(Case):
    def typed(self, text, *arguments):
        return subprocess.run([ACF_VP, "run", *arguments, "--interactive", "--out", "out"], cwd=self.folder, input=text,
                              capture_output=True, timeout=120)

    def test_the_guest_gets_what_is_typed(self):
        done = self.typed(b"echo this", "--firmware", "interrupt")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b'uart: 9 characters: "echo this"', done.stdout)

    def test_a_guest_that_sleeps_for_ever_waits_for_the_end_of_input(self):
        elf = assemble(self.folder, "_start: wfi\n j _start\n")
        done = self.typed(b"not heard", "--firmware", elf)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(b"idle_deadlock", done.stderr)

    def test_there_is_one_source_of_input(self):
        (self.folder / "file").write_text("x")
        for other in (("--input", "file"), ("--gdb", "-")):
            done = self.typed(b"", "--firmware", "hello", *other)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"--interactive: standard input is the guest's console", done.stderr)


if __name__ == "__main__":
    unittest.main()
