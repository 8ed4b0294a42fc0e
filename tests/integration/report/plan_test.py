"""The plan in report.json: what `acf-vp plan` says, for the steps that were made, beside what the waterfalls say."""
import json
import subprocess
import unittest

from acf_run import ACF_VP, SMALL, Case


class Plan(Case):
    def test_plan_and_run(self):
        run = self.train(train__recipe="dense")
        keys = SMALL | {"data.generated_train": 320, "data.generated_test": 64, "train.recipe": "dense"}
        sets = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
        planned = json.loads(subprocess.run([ACF_VP, "plan", *sets, "--format", "json"], capture_output=True,
                                            check=True).stdout)
        measured = {w["name"]: w["achieved"] for w in run.report["waterfalls"]}
        rows = {p["name"]: p for p in run.report["plan"]}
        self.assertEqual(len(rows), len(planned))
        for p in planned:
            name = "training" if p["phase"] == "step" else "/".join(filter(None, (p["layer"], p["phase"])))
            self.assertEqual(rows[name]["cycles_expected"], run.figure("training_steps") * p["cycles_expected"])
            self.assertGreaterEqual(rows[name]["cycles_measured"], measured.get(name, 0) - 1)  # a mean, rounded
            self.assertEqual(rows[name]["bottleneck_expected"], p["bottleneck"])
        whole = rows["training"]
        self.assertEqual(whole["cycles_measured"], measured["training"])
        self.assertLessEqual(whole["cycles_expected"], 1.05 * whole["cycles_measured"])  # a step takes at least that
        self.assertGreater(whole["cycles_expected"], 0.3 * whole["cycles_measured"])
        self.assertEqual([r["name"] for r in whole["resources"]], ["matrix", "vector", "mesh", "dram"])
        for r in whole["resources"][:2]:  # what is multiplied, and beside it, is known up to where zeros are
            self.assertAlmostEqual(r["cycles_expected"] / r["cycles_measured"], 1, delta=0.15, msg=r["name"])
        self.assertEqual(whole["dram_bytes_measured"], run.figure("dram_bytes"))

    def test_phases_are_compared_on_the_busiest_tile(self):
        """Two rows for four tiles: what is done by rows is done by half of the tiles."""
        run = self.train(train__batch=2, train__recipe="dense", train__max_steps=20)
        mean = {w["name"]: w["achieved"] for w in run.report["waterfalls"]}
        for p in run.report["plan"]:
            if p["name"] in ("layer1/forward", "loss", "layer2/input_gradient"):
                self.assertAlmostEqual(p["cycles_measured"] / mean[p["name"]], 2, delta=0.25, msg=p["name"])

    def test_memory_bound(self):
        """Small batches on many tiles: what is fetched most are commands."""
        for mesh in (2, 4):
            run = self.train(train__regrow_period=0, train__batch=8, dram__preset="lpddr4_2400", mesh__width=mesh,
                             mesh__height=mesh, train__max_steps=40)
            whole = next(p for p in run.report["plan"] if p["name"] == "training")
            self.assertEqual([whole["bottleneck_expected"], whole["bottleneck_measured"]], ["dram", "dram"])
            self.assertLessEqual(whole["cycles_expected"], 1.05 * whole["cycles_measured"])
            self.assertGreater(whole["cycles_expected"], 0.7 * whole["cycles_measured"])
            self.assertAlmostEqual(whole["dram_bytes_expected"] / whole["dram_bytes_measured"], 1, delta=0.25)

    def test_what_no_relu_makes_sparse(self):
        """Half of the tiles have rows; normalised values and their gradients have no zeros. Phases in which the engine
        and the vector unit take turns are as long as both."""
        net = self.write_network("""\
  - conv2d: {filters: 8, kernel: 3, padding: 1, stride: 2}
  - batch_norm
  - relu: {name: stem}
  - conv2d: {filters: 8, kernel: 3, padding: 1, groups: 2}
  - batch_norm: {name: branch}
  - add: {inputs: [branch, stem]}
  - relu
  - conv2d: {filters: 8, kernel: 3}
  - global_average_pool
  - linear: {outputs: 10}
""")
        run = self.train(train__network=net, train__recipe="dense", train__batch=32)
        rows = {p["name"]: p for p in run.report["plan"]}
        for name in ("training", "layer1/forward", "layer2/forward", "layer2/input_gradient", "layer2/weight_gradient",
                     "layer3/forward", "layer3/input_gradient"):
            share = rows[name]["cycles_expected"] / rows[name]["cycles_measured"]
            self.assertLessEqual(share, 1.05, name)
            self.assertGreater(share, 0.4, name)
        for r in rows["training"]["resources"][:2]:
            self.assertAlmostEqual(r["cycles_expected"] / r["cycles_measured"], 1, delta=0.15, msg=r["name"])

    def test_other_programs_have_none(self):
        self.assertNotIn("plan", self.run_acf("--firmware", "hello").report)


if __name__ == "__main__":
    unittest.main()
