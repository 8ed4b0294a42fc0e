"""Energy and area of a run: its own counters times the table's prices, nothing else."""
import json
import pathlib
import re
import unittest

from acf_run import Case

TABLES = pathlib.Path(__file__).parents[3] / "scenarios" / "tables"
PARTS = ["core", "sram", "mesh", "dram"]


def price(node, name):
    """The number behind `name:`; names in braces as well."""
    return float(re.search(rf"\b{name}: ([0-9.e+-]+)", (TABLES / f"{node}.yaml").read_text())[1])


class Energy(Case):
    def test_parts_are_the_counters_times_the_prices(self):
        r = self.train(zbcc__engine="tensordash").report
        blocks = {b["name"]: b for b in r["blocks"]}
        total = {part: 0.0 for part in PARTS}
        for b in blocks.values():
            for part, uj in b.get("energy_uj", {}).items():
                total[part] += uj
        for part in PARTS:
            self.assertAlmostEqual(total[part], r["energy"]["uj"][part], delta=1e-9 * total[part])
            self.assertGreater(total[part], 0)
        self.assertAlmostEqual(r["summary"]["energy_uj"], sum(total.values()), delta=1e-9 * sum(total.values()))
        sum_of = lambda unit, *counters: sum(b["counters"][c] for n, b in blocks.items() if n.endswith(unit) for c in counters)
        node = r["config"]["energy"]["table"]
        bank = price(node, "at_1_kib") * (512 / 16) ** price(node, "exponent")
        self.assertAlmostEqual(
            r["energy"]["uj"]["core"] * 1e6,
            sum_of(".MATRIX", "macs_executed") * price(node, "bf16")
            + sum_of(".MATRIX", "lane_slots_skipping_powered") * price(node, "tensordash")
            + sum_of(".VECTOR", "lane_slots") * price(node, "vector_op"), delta=1)
        self.assertAlmostEqual(
            r["energy"]["uj"]["sram"] * 1e6,
            bank * (sum_of(".MATRIX", "sram_bytes") + sum_of(".VECTOR", "sram_bytes")
                    + sum_of(".DMA0", "bytes_loaded", "bytes_stored", "bytes_sent", "bytes_to_pack")
                    - sum_of(".DMA0", "bytes_packed")), delta=1)
        self.assertAlmostEqual(r["energy"]["uj"]["mesh"] * 1e6,
                               r["summary"]["noc_flit_hops"] * 512 * price(node, "noc_bit_hop"), delta=1)
        self.assertAlmostEqual(r["energy"]["uj"]["dram"] * 1e6, r["summary"]["dram_bytes"] * 31, delta=1)
        macs = 2 * r["summary"]["macs_executed"] / (r["summary"]["energy_uj"] * 1e-6) * 1e-9
        self.assertAlmostEqual(r["energy"]["gops_per_watt_executed"], macs, delta=1e-6 * macs)
        self.assertGreater(r["energy"]["gops_per_watt_dense_equivalent"], macs)

    def test_layers_and_phases_add_up(self):
        r = self.train().report
        for part in PARTS:
            whole = r["energy"]["uj"][part]
            self.assertAlmostEqual(sum(p["uj"][part] for p in r["energy"]["phases"]), whole, delta=0.01 * whole)
        self.assertIn("layer1/forward", [p["name"] for p in r["energy"]["phases"]])
        self.assertAlmostEqual(r["energy"]["uj_per_sample"], r["summary"]["energy_uj"] / (5 * 64), places=9)

    def test_the_twin_has_no_logic_that_skips_and_each_engine_its_own(self):
        area = {}
        for engine in ["dense", "zbcc", "tensordash", "spartann", "sat"]:
            area[engine] = self.train("--set", "train.max_steps=1", zbcc__engine=engine).report["summary"]["area_mm2"]
        self.assertEqual(len(set(area.values())), 5)
        self.assertEqual(min(area, key=area.get), "dense")
        r = self.train(train__twin="true", zbcc__engine="tensordash").report
        self.assertLess(r["twin"]["summary"]["area_mm2"], r["summary"]["area_mm2"])
        self.assertLess(r["energy"]["speedup_scaled_by_area"], r["energy"]["speedup_iso_lane"])
        self.assertEqual(r["energy"]["speedup_iso_lane"], r["summary"]["speedup_over_dense"])
        self.assertAlmostEqual(r["twin"]["summary"]["area_mm2"],
                               r["summary"]["area_mm2"] - r["energy"]["area_mm2"]["skipping_in_core"], places=9)

    def test_a_table_of_ones_own(self):
        text = (TABLES / "28nm.yaml").read_text()
        plain = self.train().report["energy"]["uj"]
        (self.folder / "own.yaml").write_text(re.sub(r"hbm2: 31", "hbm2: 62", text))
        own = self.train(energy__table="own.yaml").report["energy"]["uj"]
        self.assertAlmostEqual(own["dram"], 2 * plain["dram"], places=9)
        self.assertEqual([own[p] for p in PARTS[:3]], [plain[p] for p in PARTS[:3]])
        (self.folder / "bad.yaml").write_text(re.sub(r"hbm2: 31", "hbm2: dear", text))
        line = text[:text.index("hbm2: 31")].count("\n") + 1
        bad = self.train(energy__table="bad.yaml")
        self.assertEqual(bad.code, 2)
        self.assertIn(f"bad.yaml:{line}: 'energy_pj.dram_byte.hbm2': expected a number", bad.log)
        self.assertEqual(self.train(energy__table="absent.yaml").code, 2)

    def test_nodes_change_energy_and_area_but_no_cycle(self):
        runs = [self.train(energy__table=node).report for node in ["65nm", "7nm_scaled", "7nm_measured"]]
        self.assertEqual(len({json.dumps([b["busy"] for b in r["blocks"]]) for r in runs}), 1)
        energies = [r["energy"]["uj"]["core"] for r in runs]
        self.assertGreater(energies[0], energies[2])
        self.assertGreater(energies[2], 3 * energies[1])


if __name__ == "__main__":
    unittest.main()
