"""acf-vp-bench: names and counters of its JSON. How fast anything is, is no test's business."""

import json
import os
import subprocess
import unittest

from acf import Case


def bench(*arguments):
    return subprocess.run([os.environ["ACF_BENCH"], *map(str, arguments)], capture_output=True, text=True, timeout=100)


class Bench(Case):
    def measure(self, *arguments):
        file = self.folder / "b.json"
        r = bench("engines", "--size", 48, *arguments, "--json", file)
        self.assertEqual(r.returncode, 0, r.stderr)
        return {b["name"]: b for b in json.loads(file.read_text())["benchmarks"]}

    def test_names_and_counters_are_those_of_the_contract(self):
        found = self.measure("--engine", "sat", "--sparsity", 90)
        one, two = "engine/sat/bf16/90/48/48/48/1", "engine/sat/bf16/90/48/48/48/2"
        self.assertEqual(list(found), ["sgemm/fp32/48/48/48/1", one, two])
        for b in found.values():
            self.assertGreater(b["macs_per_second"], 0)
        self.assertEqual(found[one]["label"], "2:16")
        self.assertEqual(found[one]["cycles"], found[two]["cycles"])
        self.assertGreater(found[two]["ratio_one_thread"], 0)

    def test_dense_operands_are_measured_beside_openblas(self):
        found = self.measure("--engine", "tensordash", "--sparsity", 0, "--threads", 1)
        b = found["engine/tensordash/bf16/0/48/48/48/1"]
        blas = found["sgemm/fp32/48/48/48/1"]["macs_per_second"]
        self.assertAlmostEqual(b["ratio_sgemm"], b["macs_per_second"] / blas, delta=1e-6 * b["ratio_sgemm"])

    def test_mesh_and_memory_are_measured_in_packets_and_bursts(self):
        for subject, counter, name in (("noc", "packets_per_second", "noc/4x4/uniform/0.1/1"),
                                       ("dram", "bursts_per_second", "dram/lpddr4_2400/rand_rd/64")):
            file = self.folder / f"{subject}.json"
            r = bench(subject, "--filter", f"^{name}$", "--json", file)
            self.assertEqual(r.returncode, 0, r.stderr)
            found = {b["name"]: b for b in json.loads(file.read_text())["benchmarks"]}
            self.assertEqual(list(found), [name])
            self.assertGreater(found[name][counter], 0)

    def test_wrong_words_are_refused(self):
        for arguments, complaint in ((["engins"], "engins"), (["engines", "--engine", "tensordish"], "tensordish"),
                                     (["engines", "--sparsity", 101], "--sparsity")):
            r = bench(*arguments, "--json", self.folder / "b.json")
            self.assertEqual((r.returncode, r.stdout), (2, ""))
            self.assertIn(complaint, r.stderr)


if __name__ == "__main__":
    unittest.main()
