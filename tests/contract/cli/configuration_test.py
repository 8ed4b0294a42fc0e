"""What a user sees who writes a wrong scenario."""

import unittest

from acf import Case, acf_vp

WRONG = """\
name: wrong
mesh:
  widht: 4
  height: 99
zbcc: {lanes: many}
timing: fast
train:
  twin: perhaps
"""


class Configuration(Case):
    def test_all_complaints_at_once_each_with_file_and_line(self):
        self.write("wrong.yaml", WRONG)
        result = acf_vp("run", "wrong.yaml", "--set", "same.sram_kib=1", folder=self.folder)
        lines = self.refused(result)
        starts = ["wrong.yaml:3: key 'mesh.widht': expected ", "wrong.yaml:4: key 'mesh.height': expected ",
                  "wrong.yaml:5: key 'zbcc.lanes': expected ", "wrong.yaml:6: key 'timing': expected ",
                  "wrong.yaml:8: key 'train.twin': expected ", "--set:1: key 'same.sram_kib': expected "]
        self.assertEqual(len(lines), len(starts), result.stderr)
        for line, start in zip(lines, starts):
            self.assertTrue(line.startswith(start), line)
        self.assertIn("did you mean 'mesh.width'", lines[0])

    def test_an_energy_table_is_a_node_or_a_file(self):
        self.refused(acf_vp("describe", "--set", "energy.table=7nm_scale"), "--set:1: key 'energy.table'", "did you mean '7nm_scaled'")
        self.assertEqual(acf_vp("describe", "--set", "energy.table=7nm_scaled").returncode, 0)
        self.refused(acf_vp("describe", "--set", "energy.table=absent.yaml"), "key 'energy.table'", "there is no 'absent.yaml'")

    def test_every_command_checks_it(self):
        for command in ("run", "describe"):
            self.refused(acf_vp(command, "--set", "mesh.widht=4"), "--set:1: key 'mesh.widht'", "did you mean 'mesh.width'")
        self.refused(acf_vp("regs", "--set", "mesh.widht=4"), "--set:1: key 'mesh.widht'")
        self.refused(acf_vp("regs", "--set", "mesh.width=4", "--set", "mesh.height=0"), "--set:2: key 'mesh.height'")

    def test_set_does_not_swallow_the_scenario(self):
        self.write("s.yaml", "mesh: {widht: 4}\n")
        self.refused(acf_vp("describe", "--set", "mesh.height=2", "s.yaml", folder=self.folder), "s.yaml:1: key 'mesh.widht'")

    def test_an_expectation_of_an_unknown_figure_is_found_before_the_run(self):
        self.write("s.yaml", "expect:\n  - fabric_cycles > 0\n  - speed_over_dense >= 5\n")
        self.refused(acf_vp("describe", "s.yaml", folder=self.folder), "s.yaml:3: key 'expect'", "did you mean 'speedup_over_dense'")

    def test_a_broken_file_never_crashes(self):
        for text in ("{", "[" * 5000, "a: &a [*a]", "\x00\x01", "mesh: *none", "? {a: b}\n: c", "mesh: !!int x", "\ufeffmesh: {}",
                     "%YAML 9.9\n---\n", "mesh: {<<: {width: 4}}", "? [x]\n: y\n", "---\n---\nmesh: 4\n"):
            self.write("s.yaml", text)
            result = acf_vp("describe", "s.yaml", folder=self.folder)
            self.assertIn(result.returncode, (0, 2), f"{text[:20]!r}: {result.stderr}")
            if result.returncode == 2:
                self.assertTrue(result.stderr.startswith("s.yaml:"), result.stderr)


if __name__ == "__main__":
    unittest.main()
