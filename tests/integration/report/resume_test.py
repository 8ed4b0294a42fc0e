"""A training that is interrupted and goes on ends with the bits of one that is not: weights, masks, optimiser's state."""
import math
import pathlib
import unittest

from acf_run import Case
from tensor_file import tensors, write_tensors

LENET = pathlib.Path(__file__).resolve().parents[3] / "scenarios/networks/lenet5.yaml"
# Two epochs of five steps; masks change after steps 3 and 6.
RUN = {"train__epochs": 2, "train__max_steps": 0, "train__regrow_period": 3}
UNSTRUCTURED = {"train__pattern": "unstructured"}


class Resume(Case):
    def check(self, stop=4, **settings):
        settings = RUN | settings
        whole = self.train("--dump-tensors", stop, train__save="whole.npz", **settings)
        self.assertEqual(whole.code, 0, whole.log)
        rest = self.train(train__load=whole.folder / f"tensors_{stop}.npz", train__save="rest.npz", **settings)
        self.assertEqual(rest.code, 0, rest.log)
        self.assertEqual(rest.figure("training_steps"), whole.figure("training_steps") - stop)
        self.assertEqual(rest.figure("test_accuracy_percent"), whole.figure("test_accuracy_percent"))
        expected, found = tensors(self.folder / "whole.npz"), tensors(self.folder / "rest.npz")
        self.assertEqual(sorted(expected), sorted(found))
        for name in expected:
            self.assertEqual(expected[name], found[name], name)
        return whole, rest

    def test_blocks(self):
        for stop in (3, 8):
            with self.subTest(stop=stop):
                whole, rest = self.check(stop)
                self.assertEqual(whole.figure("mask_changes"), 2)
                self.assertEqual(rest.report["extra"].get("mask_changes"), 1 if stop == 3 else None)

    def test_streamed_masters(self):
        self.check(same__sram_kib=216)

    def test_recipes(self):
        for recipe, more in {"dense": {}, "rigl": UNSTRUCTURED, "set": UNSTRUCTURED, "magnitude": UNSTRUCTURED,
                             "momentum": UNSTRUCTURED, "srste": {"train__pattern": "2:8"},
                             "bdwp": {"train__pattern": "2:8"}, "dts": {}, "gaussian": {}, "random": {}}.items():
            with self.subTest(recipe=recipe):
                self.check(train__recipe=recipe, train__hidden="[32]", **more)

    def test_networks(self):
        self.check(train__network=LENET, train__sparsity=0.5, train__batch=16, data__generated_train=80)

    def test_recipes_on_networks(self):
        for recipe, more in {"dts": {}, "magnitude": {}, "acf": {"train__growth_threshold": 1e-4}}.items():
            with self.subTest(recipe=recipe):
                self.check(train__recipe=recipe, train__network=LENET, train__sparsity=0.5, train__batch=16,
                           data__generated_train=80, same__sram_kib=1024, **more)

    def test_recipes_on_groups_with_all_gradients_looked_at(self):
        net = self.write_network("""\
  - conv2d: {filters: 8, kernel: 4, stride: 4}
  - relu
  - conv2d: {filters: 8, kernel: 3, groups: 8}
  - conv2d: {filters: 12, kernel: 3, stride: 2, groups: 2}
  - relu
  - flatten
  - linear: {outputs: 16}
  - relu
  - linear: {outputs: 10}
""")
        norm = {"train__clip_norm": 0.1}
        half = {"train__dtype": "fp16", "train__loss_scale": 2 ** 22, "train__loss_scale_interval": 2}
        for recipe, more in {"rigl": norm | UNSTRUCTURED, "magnitude": half, "momentum": half | norm | UNSTRUCTURED,
                             "srste": norm | {"train__pattern": "1:4"}, "bdwp": half | {"train__pattern": "1:4"},
                             "dts": half | norm, "gaussian": half, "random": half}.items():
            with self.subTest(recipe=recipe):
                whole, rest = self.check(train__recipe=recipe, train__network=net, train__sparsity=0.5,
                                         train__batch=16, data__generated_train=80, same__sram_kib=1024, **more)
                self.assertEqual(whole.figure("skipped_steps") > 0, "train__dtype" in more)
                for figure in ("last_gradient_norm", "loss_scale"):
                    self.assertEqual(whole.figure(figure), rest.figure(figure))
                end = tensors(self.folder / "whole.npz")
                masks = [end[f"layer{l}.mask"][1] for l in range(1, 6)]
                self.assertEqual({*masks[1], *masks[2]}, {1.0})
                zeros = [w == 0 or not m for l, mask in enumerate(masks, 1)
                         for w, m in zip(end[f"layer{l}.weight"][1], mask)]
                self.assertAlmostEqual(whole.figure("weight_sparsity_percent"), 100 * sum(zeros) / len(zeros), 6)

    def test_batch_normalisation(self):
        net = self.write_network("""\
  - conv2d: {filters: 4, kernel: 3, stride: 2}
  - batch_norm
  - relu
  - dropout: {share: 0.3}
  - max_pool: {kernel: 4}
  - flatten
  - linear: {outputs: 10}
""")
        for more in ({}, {"train__optimiser": "adamw", "train__lr": 0.002, "train__warmup_steps": 6}):
            with self.subTest(more=more):
                self.check(train__network=net, train__recipe="dense", train__batch=16, data__generated_train=80, **more)

    def test_optimisers(self):
        self.check(train__optimiser="adamw", train__lr=0.002, train__weight_decay=0.1)
        self.check(train__optimiser="adamw", train__lr=0.002, same__sram_kib=224)
        whole, rest = self.check(train__dtype="fp16", train__loss_scale=2 ** 28, train__loss_scale_interval=2,
                                 train__clip_norm=0.5)
        self.assertGreater(whole.figure("skipped_steps"), 0)
        self.assertEqual(whole.figure("last_gradient_norm"), rest.figure("last_gradient_norm"))

    def test_steps_are_counted_from_the_beginning(self):
        _, rest = self.check(6, train__recipe="dts", train__hidden="[32]")
        self.assertIn(b"epoch 2", rest.console)
        self.assertNotIn(b"epoch 1", rest.console)
        self.assertTrue((rest.folder / "thresholds.csv").read_text().splitlines()[1].startswith("7,2,"))

    def first_epoch(self, **settings):
        self.train(train__save="saved.npz", **RUN | {"train__max_steps": 5} | settings)
        return tensors(self.folder / "saved.npz")

    def test_other_batches_are_noted(self):
        """What is read again in another order is no run that never stopped, and may well be wanted."""
        arrays = self.first_epoch()
        for key, value in (("train.seed", 1 << 40), ("train.batch", 32), ("", 0)):
            more = {key.replace(".", "__"): value} if key else {}
            run = self.train(train__load="saved.npz", **RUN, **more)
            self.assertEqual(run.code, 0, run.log)
            noted = [note for note in run.report["notes"] if note.startswith("train.resume: ")]
            self.assertEqual(len(noted), 1 if key else 0)
            if key:
                self.assertIn(f"saved.npz was saved with another {key}: ", noted[0])
        del arrays["step"]
        write_tensors(self.folder / "weights.npz", arrays)
        run = self.train(train__load="weights.npz", **RUN)
        self.assertTrue(any("weights.npz does not say how many steps" in note for note in run.report["notes"]))

    def test_what_is_not_finite_is_noted(self):
        how = {"train__recipe": "dense", "train__optimiser": "adamw"}
        arrays = self.first_epoch(**how)
        shape, values = arrays["layer1.weight_second_moment"]
        write_tensors(self.folder / "odd.npz",
                      arrays | {"layer1.weight_second_moment": (shape, (math.inf, *list(values)[1:]))})
        run = self.train(train__load="odd.npz", train__save="end.npz", **RUN, **how)
        self.assertIn(f"layer1.weight_second_moment: 1 of {len(values)} values are not finite", run.report["notes"])

    def test_what_cannot_go_on(self):
        run = self.train(train__save="saved.npz")
        again = self.train(train__load="saved.npz")
        self.assertEqual(again.code, 2)
        self.assertIn("nothing is left to train: it was saved behind step 5, and this run has 5; train.resume=false",
                      again.log)
        arrays = tensors(self.folder / "saved.npz")
        for name, value, text in (("step", ((1,), (2.5,)), "step: expected a count of steps, not 2.5"),
                                  ("layer1.bias_momentum", ((2,), (0.0, 0.0)),
                                   "layer1.bias_momentum: expected the shape 128, not 2")):
            write_tensors(self.folder / "wrong.npz", arrays | {name: value})
            run = self.train(train__load="wrong.npz", train__max_steps=9)
            self.assertEqual(run.code, 2)
            self.assertIn("wrong.npz: " + text, run.log)


if __name__ == "__main__":
    unittest.main()
