"""--input is typed at the pace of the line, in simulated time."""
import subprocess
import unittest

from acf_run import ACF_VP, Case

CHARACTER = 10 / 115200 * 1e9  # ns


class Input(Case):
    def test_pace(self):
        text = "echo this\n"
        (self.folder / "typed").write_text(text)
        run = self.run_acf("--firmware", "interrupt", "--input", "typed", "--trace-mmio", "mmio.txt")
        self.assertEqual(run.code, 0, run.log)
        self.assertIn(b'9 characters: "echo this"', run.console)
        lines = [line.split() for line in (self.folder / "mmio.txt").read_text().splitlines()[1:]]
        read = [(float(line[0]), chr(int(line[6], 16))) for line in lines if line[7] == "UART.RBR"]
        self.assertEqual("".join(character for _, character in read), text)
        for number, (at, _) in enumerate(read, 1):
            self.assertGreaterEqual(at, number * CHARACTER)

    def test_a_file_that_is_not_there(self):
        run = self.run_acf("--firmware", "interrupt", "--input", "nothing")
        self.assertEqual(run.code, 2)
        self.assertIn("--input: there is no file 'nothing'", run.log)

    def test_one_that_does_not_end(self):
        run = self.run_acf("--firmware", "interrupt", "--input", "/dev/zero")
        self.assertEqual((run.code, run.report), (2, {}))
        self.assertIn("--input: /dev/zero: expected a file of at most 16 MiB, this has more", run.log)

    def test_a_pipe(self):
        command = ["bash", "-c", 'exec "$0" "$@" --input <(echo piped)', ACF_VP, "run", "--firmware", "interrupt", "--out", "out"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b'5 characters: "piped"', done.stdout)


if __name__ == "__main__":
    unittest.main()
