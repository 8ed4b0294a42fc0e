"""acf-vp describe: the chip and the keys, for programs."""

import json
import unittest

from acf import TOP, Case, acf_vp


def describe(*options):
    result = acf_vp("describe", *options)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


class Describe(Case):
    def test_it_has_memory_map_interrupts_keys_and_engines(self):
        chip = describe()
        self.assertLessEqual({"config", "memory_map", "interrupts", "engines", "keys"}, set(chip))
        bases = {m["name"]: m["base"] for m in chip["memory_map"]}
        self.assertEqual((bases["dram"], bases["uart"], bases["clint"], bases["plic"]), (0x80000000, 0x10000000, 0x02000000, 0x0C000000))
        self.assertEqual({e["name"] for e in chip["engines"]}, {"dense", "zbcc", "tensordash", "spartann", "sat"})

    def test_regions_do_not_overlap(self):
        regions = sorted((m["base"], m["base"] + m["size"], m["name"]) for m in describe("--set", "mesh.width=32", "--set", "mesh.height=32")["memory_map"])
        for first, second in zip(regions, regions[1:]):
            self.assertLessEqual(first[1], second[0], f"{first[2]} and {second[2]}")

    def test_resolved_keys_follow_scenario_and_set(self):
        config = describe(str(TOP / "scenarios" / "train-mlp-sparse.yaml"), "--set", "mesh.width=2")["config"]
        self.assertEqual((config["mesh"]["width"], config["mesh"]["height"]), (2, 4))
        self.assertEqual((config["name"], config["train"]["hidden"]), ("train-mlp-sparse", [128]))

    def test_every_key_of_the_contract_is_known(self):
        keys = {k["key"] for k in describe()["keys"]}
        contract = ("mesh.width mesh.height mesh.virtual_channels mesh.buffer_flits tile.X_Y.engine zbcc.engine zbcc.lanes zbcc.rows "
                    "zbcc.columns zbcc.depth same.sram_kib fabric.freq_mhz cpu.harts cpu.freq_mhz timing data.path dram.preset "
                    "dram.channels dram.size_mib dram.page_policy energy.table train.seed train.epochs train.batch train.lr "
                    "train.schedule train.sparsity train.pattern train.recipe train.regrow_period train.save train.load")
        self.assertLessEqual(set(contract.split()), keys)


if __name__ == "__main__":
    unittest.main()
