"""--trace-mmio: register accesses by name, refused ones with the reason."""
import re
import unittest

from acf_run import Case

LINE = re.compile(r"(\d+\.\d{3}) (\d+) 0x([0-9a-f]+) ([RW]) (\d|-) 0x([0-9a-f]+) (0x[0-9a-f]+|-) (\S+)( refused: .+)?")


class Mmio(Case):
    def lines(self):
        text = (self.folder / "mmio.txt").read_text().splitlines()
        self.assertEqual(text[0], "# time in ns, hart, pc, R or W, bytes, address, value, register")
        found = [LINE.fullmatch(line) for line in text[1:]]
        self.assertNotIn(None, found)
        return [m.groups() for m in found]

    def test_a_training_run(self):
        run = self.train("--trace-mmio", "mmio.txt")
        lines = self.lines()
        times = [float(line[0]) for line in lines]
        self.assertEqual(times, sorted(times))
        self.assertFalse([line for line in lines if line[8]])
        names = {line[7] for line in lines}
        for name in ("GLOBAL.ID", "GLOBAL.MARKER", "TILE(1,1).RING_BASE[3]", "UART.THR", "FINISHER.FINISH",
                     "PLIC.CLAIM[0]"):
            self.assertIn(name, names)
        typed = bytes(int(line[6], 16) for line in lines if line[7] == "UART.THR")
        self.assertEqual(typed, run.console)
        self.assertEqual(run.report_bytes, self.train().report_bytes)

    def test_refused_accesses_have_a_reason(self):
        self.run_acf("--firmware", "register_walk_published", "--trace-mmio", "mmio.txt")
        refused = {line[8] for line in self.lines() if line[8]}
        for reason in ("read only", "write only", "sets reserved bits"):
            self.assertTrue(any(reason in text for text in refused), reason)

    def test_a_file_that_cannot_be_written(self):
        run = self.train("--trace-mmio", "nowhere/mmio.txt")
        self.assertEqual(run.code, 2)
        self.assertIn("--trace-mmio: cannot write nowhere/mmio.txt", run.log)


if __name__ == "__main__":
    unittest.main()
