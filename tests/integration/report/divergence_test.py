"""A training that diverges leaves the weights, masks, optimiser's state, thresholds and loss scale from before that step,
though later steps were under way, and perhaps a change of the mask."""
import re
import unittest

from acf_run import Case, curves
from tensor_file import tensors

# Logits pass the bound in single batches, so that steps behind the one that ends it would go on.
RUN = {"train__epochs": 3, "train__max_steps": 0, "train__batch": 16, "data__generated_train": 1000, "train__lr": 0.1,
       "train__hidden": "[32]", "train__largest_logit": 7, "train__regrow_period": 1, "train__sparsity": 0.5}
SINGLE = {"train__pattern": "unstructured"}
NORM = {"train__clip_norm": 2}
HALF = {"train__dtype": "fp16"}


class Divergence(Case):
    def check(self, **settings):
        settings = RUN | settings
        ended = self.train(train__save="ended.npz", **settings)
        self.assertEqual(ended.code, 1, ended.log)
        step = int(re.search(r"diverged in step (\d+)", (ended.folder / "console.txt").read_text()).group(1))
        self.assertGreater(step, 4)
        self.account(ended, step)
        before = self.train("--dump-tensors", step - 1, **settings)
        expected, found = tensors(before.folder / f"tensors_{step - 1}.npz"), tensors(self.folder / "ended.npz")
        self.assertEqual(sorted(expected), sorted(found))
        for name in expected:
            self.assertEqual(expected[name], found[name], name)

    def account(self, run, diverged):
        """Steps from that one on are work, too, but have no loss."""
        rows = curves(run)
        self.assertGreaterEqual(len(rows), diverged)
        for row in rows:
            self.assertEqual([row[name] == "" for name in ("training_loss", "training_accuracy_percent")],
                             [int(row["step"]) >= diverged] * 2)
        self.assertEqual(sum(float(row["macs_of_dense"]) for row in rows), run.figure("macs_total"))
        self.assertGreaterEqual(run.figure("macs_skipped"), 0)
        whole = next(p for p in run.report["plan"] if p["name"] == "training")
        self.assertEqual(whole["cycles_expected"] % len(rows), 0)  # of all steps that were made
        if run.figure("mask_changes") is None:
            self.assertGreater(whole["cycles_expected"], 0.3 * whole["cycles_measured"])

    def test_recipes(self):
        for recipe, settings in (("dense", NORM), ("dense", HALF), ("rigl", SINGLE), ("set", HALF), ("magnitude", NORM),
                                 ("momentum", SINGLE), ("block", {}), ("block", HALF),
                                 ("acf", {"train__growth_threshold": 1e-3} | NORM),
                                 ("srste", {"train__pattern": "2:8"} | HALF), ("dts", {}), ("dts", NORM)):
            with self.subTest(recipe=recipe, **settings):
                self.check(train__recipe=recipe, **settings)


if __name__ == "__main__":
    unittest.main()
