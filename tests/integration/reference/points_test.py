"""Points of public simulators replayed through the mesh and the DRAM alone: what is written, and what is refused."""
import csv
import pathlib
import unittest

from acf_run import Case

POINTS = pathlib.Path(__file__).parent
SCENARIOS = POINTS.parents[2] / "scenarios"
OURS = ["our_latency", "latency_error_percent", "latency_limit_percent", "our_throughput", "throughput_error_percent",
        "throughput_limit_percent", "inside"]


class Points(Case):
    def replay(self, model, points, parameters=None):
        sets = ["--set", f"reference.csv={points}"]
        if parameters is not None:
            sets += ["--set", f"reference.parameters={parameters}"]
        return self.run_acf(SCENARIOS / f"{model}-reference.yaml", *sets)

    def noc(self, points=POINTS / "noc_points.csv"):
        return self.replay("noc", points)

    def dram(self, points=POINTS / "dram_points.csv", parameters=POINTS / "dram_parameters.csv"):
        return self.replay("dram", points, parameters)

    def table(self, run):
        self.assertEqual(run.code, 0, run.log)
        with open(run.folder / "reference.csv", newline="") as file:
            return list(csv.DictReader(file))

    def check(self, run, points):
        """Columns, errors and the summary are those of the rows; every judged row is inside."""
        rows = self.table(run)
        with open(points, newline="") as file:
            given = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), [*given[0], *OURS])
        self.assertEqual([{k: r[k] for k in given[0]} for r in rows], given)
        errors = []
        for r in rows:
            inside = True
            for kind in ("latency", "throughput"):
                if not (limit := r[kind + "_limit_percent"]):
                    continue
                errors.append(abs(float(r[kind + "_error_percent"])))
                inside &= errors[-1] <= float(limit)
            judged = r["latency_limit_percent"] or r["throughput_limit_percent"]
            self.assertEqual(r["inside"], "1" if judged else "", r)
            self.assertTrue(inside, r)
        self.assertAlmostEqual(run.figure("reference_worst_percent"), max(errors), 3)
        self.assertAlmostEqual(run.figure("reference_mean_percent"), sum(errors) / len(errors), 3)
        self.assertEqual(run.figure("reference_share_inside"), 1)
        return rows

    def test_a_configuration_that_is_a_preset_needs_no_list(self):
        points = self.folder / "points.csv"
        with open(POINTS / "dram_points.csv") as file:
            lines = file.readlines()
        points.write_text("".join([lines[0]] + [line for line in lines if line.startswith("dramsim3")][:3]))
        with_list, without = (self.replay("dram", points, p) for p in (POINTS / "dram_parameters.csv", ""))
        self.assertEqual(without.code, 0, without.log)
        self.assertEqual(self.table(with_list), self.table(without))

    def test_mesh(self):
        rows = self.check(self.noc(), POINTS / "noc_points.csv")
        limits = {r["load_fraction"]: (r["latency_limit_percent"], r["throughput_limit_percent"]) for r in rows}
        self.assertEqual(limits["0.400"], ("5", ""))
        self.assertEqual(limits["0.651"], ("15", ""))
        self.assertEqual(limits["6.400"], ("", "5"))
        self.assertEqual(limits["0.979"], ("", ""))  # printed only

    def test_an_empty_mesh_is_exact(self):
        rows = self.check(self.noc(POINTS / "zero_load.csv"), POINTS / "zero_load.csv")
        self.assertEqual({float(r["latency_error_percent"]) for r in rows}, {0})

    def test_dram(self):
        rows = self.check(self.dram(), POINTS / "dram_points.csv")
        for r in rows:
            judged = r["tool"] == "dramsim3"
            self.assertEqual(r["throughput_limit_percent"], "5" if judged else "")
            self.assertGreater(float(r["our_throughput"]), 0)
        self.assertEqual([r["latency_limit_percent"] for r in rows if r["load"] == "idle1" and r["tool"] == "dramsim3"],
                         ["3"])

    def test_equal_runs_are_equal(self):
        points = self.folder / "one.csv"
        points.write_text("".join((POINTS / "noc_points.csv").read_text().splitlines(keepends=True)[:2]))
        a, b = self.noc(points), self.replay("noc", points)
        self.assertEqual(self.table(a), self.table(b))
        self.assertEqual(a.report_bytes, b.report_bytes)

    def refused(self, model, text, change, parameters=None):
        """A table after change(lines) is refused, naming file and line."""
        lines = (POINTS / f"{model}_points.csv").read_text().splitlines()
        bad = self.folder / "bad.csv"
        bad.write_text("\n".join(change(lines)) + "\n")
        run = self.replay(model, bad, parameters or (POINTS / "dram_parameters.csv" if model == "dram" else None))
        self.assertEqual(run.code, 2, run.log)
        self.assertIn(text, run.log)

    def test_bad_tables(self):
        def cell(line, column, value):
            def change(lines):
                fields = lines[line - 1].split(",")
                fields[lines[0].split(",").index(column)] = value
                return [*lines[:line - 1], ",".join(fields), *lines[line:]]
            return change

        for line, column, value, text in (
                (3, "vcs", "0", "column 'vcs': expected an integer from 1 to 64, not '0'"),
                (2, "traffic", "tornado", "column 'traffic': expected one of uniform, transpose"),
                (4, "rate", "fast", "column 'rate': expected a number, not 'fast'"),
                (5, "k", "3", "column 'k': expected a power of two for bitcomp, not '3'"),
                (2, "load_fraction", "", "column 'load_fraction': expected a number")):
            self.refused("noc", f"bad.csv:{line}: {text}", cell(line, column, value))
        for line, column, value, text in (
                (2, "config_file", "DDR5.ini", "no parameters for 'dramsim3 DDR5.ini'; known: dramsim3 DDR4"),
                (3, "pattern", "zigzag", "column 'pattern': expected one of seq_rd"),
                (2, "load", "open_cbr", "column 'load': expected idle1, outN, satN"),
                (4, "bytes", "32", "DDR4_8Gb_x8_3200_1rank_derived.ini: one access is 64 bytes, but the points say 32")):
            self.refused("dram", f"bad.csv:{line}: {text}", cell(line, column, value))
        self.refused("noc", "bad.csv:1: expected a column 'vcs'", lambda lines: ["a,b", "1,2"])
        self.refused("noc", "bad.csv:3: expected 20 fields as in the header, not 1", lambda lines: [*lines[:2], "4"])
        self.refused("noc", "bad.csv:1: expected a line with the names", lambda lines: [""])

    def test_bad_parameters(self):
        lines = (POINTS / "dram_parameters.csv").read_text()
        bad = self.folder / "parameters.csv"
        for old, new, text in (("timing,tRAS,52", "timing,tRAS,5", "tRAS: 5; expected at least 22"),
                               ("timing,tCK,0.63", "timing,tCK,fast", "parameter 'tCK': expected a number, not 'fast'"),
                               ("mapping,rochrababgco", "mapping,rochraba", "address_mapping")):
            bad.write_text(lines.replace(old, new))
            run = self.dram(parameters=bad)
            self.assertEqual(run.code, 2, run.log)
            self.assertIn(text, run.log)

    def test_no_such_file(self):
        run = self.noc(self.folder / "none.csv")
        self.assertEqual(run.code, 2)
        self.assertIn("none.csv: there is no such file", run.log)


if __name__ == "__main__":
    unittest.main()
