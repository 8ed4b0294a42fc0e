"""scenarios/compare-engines.yaml: the same job on all engines, each beside its twin."""
import csv
import json
import pathlib
import unittest

from acf_run import Case

SCENARIOS = pathlib.Path(__file__).parents[3] / "scenarios"
SCENARIO = SCENARIOS / "compare-engines.yaml"
ENGINES = ["dense", "zbcc", "tensordash", "spartann", "sat"]
SMALL = ["mesh.width=2", "mesh.height=2", "data.generated_train=320", "data.generated_test=64", "train.max_steps=4",
         "train.regrow_period=2"]


class Compare(Case):
    def compare(self, *sets, options=(), scenario=SCENARIO):
        words = [w for s in (*SMALL, *sets) for w in ("--set", s)]
        return self.run_acf(scenario, *words, *options, name="out", threads=2)

    def beside(self, folder):
        return json.loads((self.folder / "out" / folder / "report.json").read_text())

    def same_rows(self, rows, report):
        """The lines of a .csv and those of report.json."""
        self.assertEqual([list(row) for row in rows], [list(row) for row in report])
        for line, row in zip(rows, report):
            for name, value in row.items():
                if value is None or isinstance(value, str):
                    self.assertEqual(line[name], value or "", name)
                else:
                    self.assertAlmostEqual(float(line[name]), value, delta=1e-9 * abs(value), msg=name)

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
            # Compute only: the cycles of busy matrix engines, which parts of the training add up to, too.
            self.assertAlmostEqual(float(whole["matrix_busy_cycles"]), report["summary"]["matrix_busy_cycles"], delta=2)
            self.assertAlmostEqual(float(whole["matrix_speedup_over_twin"]),
                                   report["summary"]["matrix_speedup_over_dense"], delta=0.05)
            parts = [float(x["matrix_busy_cycles"]) for p, x in own.items() if not p.startswith(("training", "evaluation"))]
            self.assertEqual(sum(parts), float(whole["matrix_busy_cycles"]))
        self.assertLess(int([r for r in rows if r["engine"] == "tensordash"][0]["iso_area_lanes"]), 64)
        self.same_rows(rows, r.report["engines"])
        self.assertIn("<td>layer1/forward</td>", (self.folder / "out" / "report.html").read_text())
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

    def test_recipes_beside_each_other(self):
        r = self.compare("compare.engines=[zbcc,sat]", "compare.recipes=[dense,bdwp/2:8]", "train.hidden=[32]")
        self.assertEqual(r.code, 0, r.log)
        rows = self.table("recipes.csv")
        self.assertEqual([(row["recipe"], row["engine"]) for row in rows],
                         [("dense", "zbcc"), ("dense", "sat"), ("bdwp_2_8", "zbcc"), ("bdwp_2_8", "sat")])
        for row in rows:
            own = self.beside(f"{row['recipe']}/{row['engine']}")
            for name in ("fabric_cycles", "matrix_busy_cycles", "test_accuracy_percent", "energy_uj", "area_mm2"):
                self.assertAlmostEqual(float(row[name]), own["summary"][name], places=4)
            for speedup, cycles in (("speedup_over_dense", "fabric_cycles"),
                                    ("matrix_speedup_over_dense", "matrix_busy_cycles")):
                self.assertAlmostEqual(float(row[speedup]) * float(row[cycles]), float(row["dense_" + cycles]),
                                       delta=1e-4 * float(row["dense_" + cycles]))
        self.same_rows(rows, r.report["recipes"])
        self.assertIn("<td>bdwp_2_8</td>", (self.folder / "out" / "report.html").read_text())
        self.assertEqual(rows[0]["dense_fabric_cycles"], rows[2]["dense_fabric_cycles"])
        self.assertNotEqual(rows[0]["dense_fabric_cycles"], rows[1]["dense_fabric_cycles"])
        self.assertGreater(float(rows[0]["speedup_over_dense"]), 1)  # zeros of activations and gradients
        self.assertAlmostEqual(float(rows[2]["weight_sparsity_percent"]), 75, delta=1)

    def test_one_key_takes_several_values(self):
        r = self.compare("compare.engines=[zbcc]", "compare.recipes=[rigl/block4x4]", "train.hidden=[32]",
                         "compare.vary=train.sparsity", "compare.values=[0.5,0.9]")
        self.assertEqual(r.code, 0, r.log)
        rows = self.table("recipes.csv")
        self.assertEqual([row["train.sparsity"] for row in rows], ["0.5", "0.9"])
        for row in rows:
            self.assertAlmostEqual(float(row["weight_sparsity_percent"]), 100 * float(row["train.sparsity"]), delta=3)
        self.assertLess(int(rows[1]["fabric_cycles"]), int(rows[0]["fabric_cycles"]))
        # A dense training knows nothing of sparsities: one is enough.
        self.assertFalse((self.folder / "out" / "rigl_block4x4_0.9" / "zbcc" / "twin").exists())

    def test_a_value_that_the_dense_twin_depends_on_gives_another_twin(self):
        for key, values in (("zbcc.lanes", ["16", "64"]), ("train.lr", ["0.001", "0.05"])):
            with self.subTest(key=key):
                r = self.compare("compare.engines=[zbcc]", "compare.recipes=[rigl/block4x4]", "train.hidden=[32]",
                                 f"compare.vary={key}", f"compare.values=[{','.join(values)}]")
                self.assertEqual(r.code, 0, r.log)
                rows = self.table("recipes.csv")
                for row, value in zip(rows, values):
                    twin = self.beside(f"rigl_block4x4_{value}/zbcc")["twin"]["summary"]
                    for of_twin, of in (("dense_fabric_cycles", "fabric_cycles"),
                                        ("dense_matrix_busy_cycles", "matrix_busy_cycles"),
                                        ("dense_test_accuracy_percent", "test_accuracy_percent")):
                        self.assertAlmostEqual(float(row[of_twin]), twin[of], places=4, msg=of_twin)
                changed = "dense_fabric_cycles" if key == "zbcc.lanes" else "dense_test_accuracy_percent"
                self.assertNotEqual(rows[0][changed], rows[1][changed])

    def test_skipping_of_no_one_and_both_operands_beside_each_other(self):
        r = self.compare("compare.recipes=[rigl/unstructured]", "train.hidden=[32]",
                         scenario=SCENARIOS / "ablation-skip.yaml")
        self.assertEqual(r.code, 0, r.log)
        rows = self.table("recipes.csv")
        self.assertEqual([row["zbcc.skip"] for row in rows], ["none", "weights", "both"])
        for name in ("dense_fabric_cycles", "dense_matrix_busy_cycles", "test_accuracy_percent"):
            self.assertEqual(len({row[name] for row in rows}), 1, name)  # one twin, and the same weights
        self.assertFalse((self.folder / "out" / "rigl_unstructured_both" / "zbcc" / "twin").exists())
        for name in ("matrix_speedup_over_dense", "macs_executed"):
            none, weights, both = (float(row[name]) for row in rows)
            self.assertEqual((none < weights < both), name != "macs_executed", name)
            self.assertEqual((none > weights > both), name == "macs_executed", name)

    def test_a_run_that_fails_is_the_last_and_decides_the_exit_code(self):
        whole = self.compare("compare.recipes=[rigl]", "compare.engines=[zbcc]", "train.max_steps=1")
        limit = 1.01e3 * self.beside("rigl_block4x4/zbcc")["twin"]["summary"]["simulated_seconds"]
        self.assertEqual(whole.code, 0, whole.log)
        r = self.compare("compare.recipes=[rigl]", "compare.engines=[zbcc]", "compare.vary=train.max_steps",
                         "compare.values=[1,5,2]", options=("--max-sim-ms", limit))
        self.assertEqual(r.code, 3, r.log)
        self.assertEqual([row["train.max_steps"] for row in self.table("recipes.csv")], ["1"])
        self.same_rows(self.table("recipes.csv"), r.report["recipes"])
        self.assertTrue(any("rigl_block4x4_5/zbcc ended with exit code 3 (its dense twin did not end well)" in n
                            for n in r.notes), r.notes)
        r = self.compare("compare.engines=[zbcc,sat]", options=("--max-sim-ms", 0.05))
        self.assertEqual((r.code, r.report["engines"], self.table("engines.csv")), (3, [], []), r.log)
        self.assertTrue(any("the run zbcc ended with exit code 3 (limit_sim_time)" in n for n in r.notes), r.notes)

    def test_a_run_that_diverges_says_so(self):
        r = self.compare("compare.recipes=[dense]", "compare.engines=[zbcc]", "train.lr=100", "train.largest_logit=5")
        self.assertEqual(r.code, 1, r.log)
        step = self.beside("dense/zbcc")["extra"]["diverged_step"]
        self.assertTrue(any(f"dense/zbcc ended with exit code 1 (training diverged in step {step:.0f})" in n
                            for n in r.notes), r.notes)

    def test_bad_input_of_a_run_is_bad_input(self):
        r = self.compare("compare.recipes=[rigl]", "compare.engines=[zbcc]", "same.sram_kib=32", "train.batch=512")
        self.assertEqual(r.code, 2, r.log)
        self.assertTrue(any("rigl_block4x4/zbcc ended with exit code 2 (key 'same.sram_kib': SRAM of 32768 bytes" in n
                            and n.endswith("see rigl_block4x4/zbcc/log.txt") for n in r.notes), r.notes)
        self.assertEqual(self.table("recipes.csv"), [])

    def test_options_of_a_single_run(self):
        r = self.compare(options=("--dump-tensors", 5))
        self.assertEqual(r.code, 2)
        self.assertIn("--dump-tensors: belongs to a single run", r.log)

    def test_what_cannot_be_compared(self):
        for sets, text in (
                (["compare.recipes=[bdwp]"], "makes zeros in another pattern: expected n:m"),
                (["train.save=all.npz"], "key 'train.save': expected none beside compare.engines"),
                (["compare.engines=[sat,sat]"], "key 'compare.engines': expected each of them once"),
                (["compare.recipes=[rogl]"], "expected RECIPE or RECIPE/PATTERN, and 'rogl' is no recipe"),
                (["compare.recipes=[rigl/4x4]"], "expected a pattern of block4x4, unstructured or n:m, not '4x4'"),
                (["compare.vary=train.sparsity"], "expected compare.vary, compare.values and compare.recipes"),
                (["compare.recipes=[rigl]", "compare.vary=train.sparsity", "compare.values=[0.5,2]"],
                 "train.sparsity: expected a number from 0 to 0.999, not '2'"),
                (["zbcc.columns=2", "compare.recipes=[rigl]", "compare.vary=zbcc.rows", "compare.values=[2,3]"],
                 "key 'compare.values': 3: key 'zbcc.columns': expected zbcc.lanes to be a multiple of"),
                (["compare.recipes=[rigl]", "compare.vary=zbcc.engine", "compare.values=[sat]"],
                 "key 'compare.vary': expected another key: compare.engines says it"),
                (["compare.recipes=[rigl]", "compare.vary=train.hidden", "compare.values=[32]"],
                 "expected the name of a key with one value, not 'train.hidden'")):
            with self.subTest(sets=sets):
                r = self.compare(*sets)
                self.assertEqual(r.code, 2)
                self.assertIn(text, r.log)

    def test_an_unknown_engine_is_refused(self):
        r = self.compare("compare.engines=[zbcc,tensordish]")
        self.assertEqual(r.code, 2)
        self.assertIn("did you mean 'tensordash'", r.log)


if __name__ == "__main__":
    unittest.main()
