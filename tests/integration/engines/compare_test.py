"""scenarios/compare-engines.yaml: the same job on all engines, each beside its twin."""
import csv
import json
import pathlib
import unittest

from acf_run import Case

SCENARIO = pathlib.Path(__file__).parents[3] / "scenarios" / "compare-engines.yaml"
ENGINES = ["dense", "zbcc", "tensordash", "spartann", "sat"]
SMALL = ["mesh.width=2", "mesh.height=2", "data.generated_train=320", "data.generated_test=64", "train.max_steps=4",
         "train.regrow_period=2"]


class Compare(Case):
    def compare(self, *sets):
        words = [w for s in (*SMALL, *sets) for w in ("--set", s)]
        return self.run_acf(SCENARIO, *words, name="out", threads=2)

    def table(self, name):
        with open(self.folder / "out" / name, newline="") as f:
            return list(csv.DictReader(f))

    def test_all_engines_train_the_same_weights_and_are_accounted_for(self):
        r = self.compare()
        self.assertEqual(r.code, 0, r.log)
        self.assertEqual(r.report["defects"], [])
        rows = self.table("engines.csv")
        self.assertEqual(sorted({row["engine"] for row in rows}), sorted(ENGINES))
        for engine in ENGINES:
            own = {row["phase"]: row for row in rows if row["engine"] == engine}
            report = json.loads((self.folder / "out" / engine / "report.json").read_text())
            whole = own["training"]
            self.assertEqual(float(whole["cycles"]), report["summary"]["fabric_cycles"])
            self.assertEqual(float(whole["twin_cycles"]), report["summary"]["dense_fabric_cycles"])
            self.assertAlmostEqual(float(whole["energy_uj"]), report["summary"]["energy_uj"], delta=1e-3)
            parts = [float(x["cycles"]) for p, x in own.items() if not p.startswith(("training", "evaluation"))]
            self.assertEqual(sum(parts), float(whole["cycles"]))
            self.assertIn("layer1/forward", own)
            self.assertGreater(float(whole["utilisation_percent"]), 0)
            self.assertLessEqual(float(own["layer1/forward"]["utilisation_percent"]), 100)
            self.assertTrue(whole["stalls"])
            self.assertIn(engine, r.log)
            # At its twin's area the engine has run on the size that is named; the area is what its own report says.
            iso = self.folder / "out" / engine / "iso_area" / "report.json"
            equal = json.loads(iso.read_text()) if iso.exists() else report
            lanes = int(whole["iso_area_lanes"])
            self.assertEqual(equal["config"]["zbcc"]["lanes"], lanes)
            self.assertEqual(iso.exists(), lanes != 64)
            self.assertEqual(float(whole["iso_area_cycles"]), equal["summary"]["fabric_cycles"])
            self.assertAlmostEqual(float(whole["iso_area_speedup"]),
                                   report["summary"]["dense_fabric_cycles"] / equal["summary"]["fabric_cycles"], places=4)
            target = report["twin"]["summary"]["area_mm2"]
            self.assertAlmostEqual(float(whole["iso_area_difference_percent"]),
                                   100 * (equal["summary"]["area_mm2"] / target - 1), delta=1e-3)
            self.assertLessEqual(abs(equal["summary"]["area_mm2"] - target),
                                 abs(report["summary"]["area_mm2"] - target) + 1e-12)
            self.assertIn("layer1/forward", [p for p, x in own.items() if x["iso_area_cycles"]])
        self.assertLess(int([r for r in rows if r["engine"] == "tensordash"][0]["iso_area_lanes"]), 64)
        for row in self.table("losses.csv"):
            self.assertIn(row["machine"], ["engine", "twin"])
        self.assertTrue(any("own dense twin" in n for n in r.notes))
        accuracy = report["summary"]["test_accuracy_percent"]
        self.assertTrue(any(f"test accuracy {accuracy:.2f} %" in n and "zeros among the weights: 90.0 %" in n for n in r.notes), r.notes)

    def test_losses_lead_from_ideal_to_achieved(self):
        self.assertEqual(self.compare("compare.engines=[zbcc,sat]").code, 0)
        sums = {}
        for row in self.table("losses.csv"):
            key, cycles = (row["engine"], row["machine"], row["phase"]), int(row["cycles"])
            if row["step"] == "achieved":
                self.assertEqual(sums[key], cycles, key)
            else:
                sums[key] = sums.get(key, 0) + cycles
        self.assertEqual({key[0] for key in sums}, {"zbcc", "sat"})

    def test_an_unknown_engine_is_refused(self):
        r = self.compare("compare.engines=[zbcc,tensordish]")
        self.assertEqual(r.code, 2)
        self.assertIn("did you mean 'tensordash'", r.log)


if __name__ == "__main__":
    unittest.main()
