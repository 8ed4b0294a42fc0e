"""scenarios/reproduce.yaml: a row per published figure; ours never depends on what was published."""
import csv
import pathlib
import re
import subprocess
import unittest

from acf_run import ACF_VP, Case

SCENARIOS = pathlib.Path(__file__).parents[3] / "scenarios"
TARGETS = SCENARIOS / "tables" / "targets.csv"
COLUMNS = ["id", "published", "ours", "deviation_percent", "verdict", "method", "conditional_on", "reason"]


def ids(*ranges):
    return [f"T{i:03}" for low, high in ranges for i in range(low, high + 1)]


class Reproduce(Case):
    known = {}  # by settings: equal runs give equal rows

    def reproduce(self, *sets):
        if sets in self.known:
            return self.known[sets]
        self.runs += 1
        out = self.folder / f"out{self.runs}"
        train = any(s.startswith("reproduce.training") for s in sets)
        words = [w for s in (*sets, *([] if train else ["reproduce.training=off"])) for w in ("--set", s)]
        done = subprocess.run([ACF_VP, "run", SCENARIOS / "reproduce.yaml", *words, "--out", out], cwd=self.folder,
                              capture_output=True, text=True, timeout=280)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(out / "reproduce.csv", newline="") as f:
            rows = list(csv.DictReader(f))
        self.out = out
        return self.known.setdefault(sets, {r["id"]: r for r in rows})

    def test_every_published_figure_has_its_row(self):
        rows = self.reproduce()
        with open(TARGETS, newline="") as f:
            published = {r["id"]: r["value"] for r in csv.DictReader(f)}
        self.assertEqual(list(rows), list(published))
        self.assertEqual(list(rows["T001"]), COLUMNS)
        for i, r in rows.items():
            self.assertEqual(r["published"], published[i])
            self.assertIn(r["verdict"], ["reproduced", "conditional", "differs", "not_measurable"], i)
            self.assertEqual(r["verdict"] == "not_measurable", r["ours"] == "", i)
            if r["ours"]:
                self.assertIn(r["method"], ["real", "random", "table", "derived"], i)
            else:
                self.assertTrue(r["reason"], i)
            if r["verdict"] == "conditional":
                self.assertTrue(r["conditional_on"], i)
        for i in ids((2, 2), (7, 20), (26, 34), (41, 46), (57, 59), (67, 70), (77, 77)):
            self.assertTrue(rows[i]["ours"], i)
        for i in ["T060", "T062", "T005", "T021", "T022", "T036", "T063", "T071"]:
            self.assertEqual(rows[i]["verdict"], "not_measurable", i)
        for i in ids((12, 15), (17, 17), (20, 20)):
            self.assertIn(rows[i]["verdict"], ["conditional", "differs"], i)
            self.assertEqual(rows[i]["method"], "random", i)
        for i, r in rows.items():
            if r["method"] == "table":
                self.assertIn("calibration", r["reason"], i)
        for i in ids((26, 31), (44, 44)):
            self.assertIn("calibration", rows[i]["reason"], i)
            self.assertEqual(rows[i]["method"], "table", i)
        for i in ["T002", "T008", "T009", "T018", "T034", "T067", "T068", "T069", "T070", "T077"]:
            self.assertEqual(rows[i]["verdict"], "reproduced", rows[i])
        surface = (self.out / "tensordash_surface.csv").read_text().splitlines()
        self.assertEqual(surface[0], "zeros_percent,spread,speedup,ideal,of")
        self.assertEqual(len(surface), 1 + 12 * 4)
        table = [list(map(float, line.split(",")[:4])) for line in surface[1:]]
        self.assertEqual(table, sorted(table, key=lambda r: r[0]))
        self.assertTrue(all(1 <= r[2] <= 4 for r in table))

    def test_other_published_figures_do_not_move_ours(self):
        text = TARGETS.read_text()
        (self.folder / "other.csv").write_text(
            text.replace(",3.7,", ",7.4,").replace("32x32", "64x64").replace("proportional to 1-S", "quadratic")
            + "T999,TensorDash,something new,1.5,x,,\n")
        ours = self.reproduce("reproduce.system=tensordash")
        other = self.reproduce("reproduce.system=tensordash", f"reproduce.targets={self.folder / 'other.csv'}")
        for i, r in ours.items():
            self.assertEqual(r["ours"], other[i]["ours"], i)
        self.assertEqual((ours["T008"]["verdict"], other["T008"]["verdict"]), ("reproduced", "differs"))
        self.assertEqual(other["T999"]["verdict"], "not_measurable")
        self.assertEqual(ours["T067"]["verdict"], "not_measurable")
        self.assertIn("reproduce.system", ours["T067"]["reason"])
        acf, changed = (self.reproduce(f"reproduce.system={s}", f"reproduce.targets={self.folder / 'other.csv'}")
                        for s in ["acf", "sat"])
        self.assertEqual(acf["T077"]["verdict"], "differs")
        self.assertEqual(changed["T068"]["verdict"], "differs")

    def test_another_machine_or_table_does(self):
        moved = lambda before, after, *which: [before[i]["ours"] != after[i]["ours"] for i in which]
        plain = self.reproduce("reproduce.system=tensordash")
        depth = self.reproduce("reproduce.system=tensordash", "zbcc.depth=3")
        self.assertEqual(moved(plain, depth, "T007", "T008", "T010", "T014"), [True] * 4)
        lanes = self.reproduce("reproduce.system=tensordash", "zbcc.lanes=128")
        self.assertEqual(moved(plain, lanes, "T007", "T012", "T034"), [True] * 3)
        table = (SCENARIOS / "tables" / "65nm.yaml").read_text()
        own = self.folder / "own.yaml"
        own.write_text(re.sub(r"(mac: \{int8: [0-9.]+, bf16: )[0-9.]+(, fp16: [0-9.]+, fp32: )[0-9.]+", r"\g<1>1\g<2>5", table, count=1))
        energy = self.reproduce("reproduce.system=tensordash", f"energy.table={own}")
        self.assertEqual(moved(plain, energy, "T032", "T033"), [True] * 2)
        before, after = self.reproduce("reproduce.system=spartann"), self.reproduce("reproduce.system=spartann", f"energy.table={own}")
        self.assertEqual(moved(before, after, "T041", "T042", "T043", "T045"), [True] * 4)

    def test_trainings_give_the_rows_that_need_them(self):
        short = ("reproduce.training=on", "train.epochs=1", "data.generated_test=200")
        rows = self.reproduce("reproduce.system=sat", "data.generated_train=256", *short)
        self.assertEqual(rows["T063"]["method"], "real", rows["T063"])
        self.assertIn(rows["T063"]["verdict"], ["conditional", "differs"], rows["T063"])
        self.assertGreater(float(rows["T063"]["ours"]), 1.5)
        self.assertIn("2 steps of 64 samples, 4096 KiB of SRAM", rows["T063"]["reason"])
        self.assertIn("1, 10 of 10 layers with weights stay dense", rows["T063"]["reason"])
        self.assertRegex(rows["T063"]["reason"], r"waiting for vector.* Amdahl's law gives [12]\.")
        self.assertIn("1, 2, 4, 5 of 5 layers with weights stay dense", rows["T064"]["reason"])
        with open(self.out / "trained.csv", newline="") as f:
            runs = {r["run"]: r for r in csv.DictReader(f)}
        self.assertEqual({n: r["network"] for n, r in runs.items()}, {
            "sat_cycles_dense": "resnet8", "sat_cycles_bdwp": "resnet8", "sat_dense": "lenet5", "sat_bdwp": "lenet5"})
        self.assertLess(int(runs["sat_bdwp"]["macs_executed"]), int(runs["sat_dense"]["macs_executed"]))
        rows = self.reproduce("reproduce.system=spartann", "data.generated_train=128", *short)
        for i in ids((35, 37), (39, 40), (48, 54)):
            self.assertEqual(rows[i]["method"], "real", rows[i])
        self.assertGreater(float(rows["T036"]["ours"]), float(rows["T035"]["ours"]))
        self.assertEqual(rows["T047"]["verdict"], "not_measurable")
        self.assertIn("still being found in the 2 steps", rows["T047"]["reason"])
        self.assertNotEqual(rows["T039"]["ours"], rows["T040"]["ours"])  # DRAM is in the latter

    def test_a_training_that_does_not_fit_leaves_all_other_rows(self):
        fits = self.reproduce("reproduce.system=sat")
        rows = self.reproduce("reproduce.system=sat", "reproduce.training=on", "train.batch=512")
        for i in ("T063", "T064"):
            self.assertEqual(rows[i]["verdict"], "not_measurable", rows[i])
            self.assertIn("key 'same.sram_kib': SRAM of", rows[i]["reason"])
            self.assertNotIn("exit code", rows[i]["reason"])
        for i in ids((67, 70)):
            self.assertEqual(rows[i], fits[i])

    def test_bad_files_are_named(self):
        def refused(*sets):
            words = [w for s in ("reproduce.training=off", *sets) for w in ("--set", s)]
            done = subprocess.run([ACF_VP, "run", SCENARIOS / "reproduce.yaml", *words, "--out", self.folder / "x"],
                                  cwd=self.folder, capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 2, done.stderr)
            return done.stderr
        (self.folder / "bad.csv").write_text(TARGETS.read_text() + "T081,too few\n")
        self.assertIn("bad.csv:82: expected 7 fields, not 2",
                      refused("reproduce.system=acf", f"reproduce.targets={self.folder / 'bad.csv'}"))
        self.assertIn("'absent.csv'", refused("reproduce.targets=absent.csv"))
        self.assertIn("did you mean 'tensordash'", refused("reproduce.system=tensordish"))


if __name__ == "__main__":
    unittest.main()
