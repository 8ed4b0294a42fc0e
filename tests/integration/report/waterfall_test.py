"""The waterfall: every cycle between the ideal and the achieved has a layer, a phase and a cause, and they add up."""
import collections
import unittest

from acf_run import Case


def column_sums(waterfalls):
    total = collections.Counter()
    for w in waterfalls:
        total["ideal"] += w["ideal"]
        total["achieved"] += w["achieved"]
        for loss in w["losses"]:
            total[loss["cause"]] += loss["cycles"]
    return total


class Waterfall(Case):
    def check(self, run):
        self.assertEqual((run.code, run.report["defects"]), (0, []), run.log)
        whole, *rest = run.report["waterfalls"]
        self.assertEqual(whole["name"], "training")
        self.assertEqual(whole["achieved"], run.figure("fabric_cycles"))
        for w in run.report["waterfalls"]:
            self.assertEqual(w["ideal"] + sum(loss["cycles"] for loss in w["losses"]), w["achieved"], w["name"])
            self.assertTrue(all(loss["cycles"] > 0 for loss in w["losses"]), w)
        parts = {w["name"]: w for w in rest if not w["name"].startswith("evaluation")}
        self.assertEqual(len(parts) + 2, len(run.report["waterfalls"]))
        self.assertEqual(column_sums(parts.values()), column_sums([whole]))
        self.assertEqual([loss for loss in whole["losses"] if loss["cause"] == "unattributed"], [])
        # Averages over the tiles of what the blocks say, each with a rounding of less than a cycle.
        tiles = len(run.blocks("MATRIX"))
        waits = {loss["cause"].removeprefix("matrix engine waits: "): loss["cycles"] for loss in whole["losses"]
                 if loss["cause"].startswith("matrix")}
        for cause in waits:
            self.assertLess(abs(waits[cause] - run.stalled("MATRIX", cause) / tiles), len(parts) + 1, cause)
        self.assertLess(abs(whole["ideal"] - run.figure("macs_executed") / 64 / tiles), len(parts) + 1)
        return parts

    def test_of_a_sparse_run(self):
        parts = self.check(self.train(train__regrow_period=2, train__max_steps=8))
        self.assertLessEqual({"layer1/forward", "layer2/forward", "loss", "layer2/input_gradient", "layer1/weight_gradient",
                              "layer2/weight_gradient", "layer1/update", "layer1/regrow", "layer2/regrow"}, parts.keys())
        for name in parts:
            self.assertEqual(parts[name]["ideal"] > 0, name.split("/")[-1] in
                             {"forward", "input_gradient", "weight_gradient", "regrow"}, parts[name])

    def test_of_a_dense_run(self):
        parts = self.check(self.train(train__recipe="dense", zbcc__skip="none"))
        self.assertNotIn("layer1/regrow", parts)
        self.assertGreater(parts["layer1/forward"]["ideal"], parts["layer2/forward"]["ideal"])

    def test_of_one_tile(self):
        self.check(self.train(mesh__width=1, mesh__height=1))

    def test_a_layer_that_grows_takes_longer_and_others_do_not(self):
        narrow = self.check(self.train(train__recipe="dense", train__hidden="[64,32]"))
        wide = self.check(self.train(train__recipe="dense", train__hidden="[64,64]"))
        self.assertGreater(wide["layer2/forward"]["ideal"], 1.5 * narrow["layer2/forward"]["ideal"])
        same = wide["layer1/forward"]["ideal"] / narrow["layer1/forward"]["ideal"]
        self.assertTrue(0.9 < same < 1.1, same)

    def test_evaluation_has_its_own(self):
        run = self.train()
        evaluation = run.report["waterfalls"][-1]
        self.assertEqual(evaluation["name"], "evaluation after training")
        self.assertGreater(evaluation["ideal"], 0)

    def test_it_is_in_the_table_and_on_the_page(self):
        run = self.train()
        table, page = ((run.folder / f"report.{kind}").read_text() for kind in ("csv", "html"))
        for w in run.report["waterfalls"][1:]:
            self.assertIn(f'waterfall,{w["name"]},achieved,{w["achieved"]}\n', table)
            self.assertIn(f"<td>{w['name']}</td>", page)


if __name__ == "__main__":
    unittest.main()
