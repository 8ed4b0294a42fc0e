"""--profile and --coverage: every cycle and every line of the program, counted."""
import unittest

from acf_run import Case, assemble

PROGRAM = """
  .globl _start, twice, once, never
  .type twice, @function
  .type once, @function
  .type never, @function
_start:
  li s0, 3
1:jal twice
  jal twice
  addi s0, s0, -1
  bnez s0, 1b
  jal once
  li t0, 0x100000
  li t1, 0x5555
  sw t1, 0(t0)
2:j 2b
twice:
  nop
  ret
  .size twice, . - twice
once:
  li t2, 100
  div t2, t2, t2
  ret
  .size once, . - once
never:
  nop
  ret
  .size never, . - never
"""


class Counts(Case):
    def rows(self, name):
        """The first table: by function, cycles, asleep and instructions; the second by line."""
        tables = [{}]
        for line in (self.folder / name).read_text().splitlines():
            words = line.split()
            if not words:
                tables.append({})
            elif words[0].isdigit():
                tables[-1][" ".join(words[4:])] = int(words[0]), int(words[2]), int(words[3])
        return tables

    def test_profile_of_functions(self):
        elf = assemble(self.folder, PROGRAM)
        run = self.run_acf("--firmware", elf, "--profile", "profile")
        self.assertEqual(run.code, 0, run.log)
        functions, lines = self.rows("profile")
        self.assertEqual(functions["twice"][2], 12)
        self.assertEqual(functions["once"][2], 3)
        self.assertGreater(functions["once"][0], 20)  # a division
        self.assertNotIn("never", functions)
        for table in (functions, lines):
            self.assertEqual(table["all"], tuple(sum(n[i] for what, n in functions.items() if what != "all") for i in range(3)))
        self.assertEqual(functions["all"][2], run.figure("instructions_retired"))
        self.assertLessEqual(run.figure("cpu_cycles") - functions["all"][0], 4)

    def test_sleep_is_told_apart(self):
        run = self.train("--profile", "profile")
        functions, _ = self.rows("profile")
        hart = next(b for b in run.report["blocks"] if b["name"] == "HART0")
        self.assertEqual(functions["all"][1], hart["stalls"]["wfi"])
        self.assertLessEqual(abs(hart["busy"] + hart["stalls"]["bus"] - functions["all"][0]), 4)
        self.assertEqual(run.report_bytes, self.train().report_bytes)

    def test_coverage(self):
        elf = assemble(self.folder, PROGRAM)
        run = self.run_acf("--firmware", elf, "--coverage", "lines.info")
        self.assertEqual(run.code, 0, run.log)
        records = (self.folder / "lines.info").read_text().splitlines()
        self.assertEqual([r[:3] for r in records if r[0] == "S"], ["SF:"])
        counted = dict(map(int, r[3:].split(",")) for r in records if r.startswith("DA:"))
        lines = PROGRAM.splitlines()
        line = {text: number for number, text in enumerate(lines, 1)}
        self.assertEqual(counted[line["1:jal twice"]], 3)
        self.assertEqual(counted[line["twice:"] + 1], 6)
        self.assertEqual(counted[line["once:"] + 1], 1)
        self.assertEqual(counted[line["never:"] + 1], 0)
        self.assertEqual(f"LF:{len(counted)}", records[-3])
        self.assertEqual(f"LH:{sum(n != 0 for n in counted.values())}", records[-2])

    def test_coverage_needs_lines(self):
        elf = assemble(self.folder, PROGRAM, "-g0")
        run = self.run_acf("--firmware", elf, "--coverage", "lines.info")
        self.assertEqual(run.code, 2)
        self.assertIn("--coverage: expected firmware that was compiled with -g", run.log)


if __name__ == "__main__":
    unittest.main()
