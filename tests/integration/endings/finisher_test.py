"""What a guest writes to the test finisher: its request decides whether the run passed, whatever the code says."""
import unittest

from acf_run import Case, assemble

WRITE = """
    .globl _start
_start:
    bnez a0, .
    li a0, 0x100000
    li a1, {value:#x}
    sw a1, 0(a0)
    j .
"""


class Finisher(Case):
    def finished(self, value, *arguments):
        run = self.run_acf("--firmware", assemble(self.folder, WRITE.format(value=value)), *arguments)
        self.assertEqual(run.end, "finisher", run.log)
        return run

    def test_requests_and_codes(self):
        for value, code, guest_code in ((0x5555, 0, 0), (0x7_5555, 0, 0), (0x3333, 1, 0), (0x7_3333, 1, 7), (0x100_3333, 1, 0)):
            with self.subTest(hex(value)):
                run = self.finished(value)
                self.assertEqual((run.code, run.report["end"]["guest_failed"]), (code, code != 0), run.log)
                self.assertEqual("(failed)" in run.log, code != 0)
                self.assertEqual(self.finished(value, "--exit-code", "guest").code, guest_code)


if __name__ == "__main__":
    unittest.main()
