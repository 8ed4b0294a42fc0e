"""The network that a run leaves: its sparsity is counted, it is saved, loaded, and to be had after any step."""
import unittest

from acf_run import Case
from tensor_file import tensors, write_tensors


STILL = {"train__lr": 1e-12}  # the first steps change no weight: what they add is lost in rounding


class Network(Case):
    def sparsity_of(self, arrays):
        weights = [w for name, (_, values) in arrays.items() if name.endswith(".weight") for w in values]
        return 100 * weights.count(0) / len(weights)

    def saved(self, name="saved.npz", **settings):
        run = self.train(train__save=name, **settings)
        self.assertEqual(run.code, 0, run.log)
        return run, tensors(self.folder / name)

    def test_sparsity_is_that_of_the_weights(self):
        for settings in ({}, {"train__sparsity": 0.5, "train__regrow_period": 2}, {"train__recipe": "dense"}):
            run, arrays = self.saved(**settings)
            self.assertAlmostEqual(run.figure("weight_sparsity_percent"), self.sparsity_of(arrays), 9)

    def test_sparsity_moves_with_the_weights(self):
        run, arrays = self.saved(train__recipe="dense", **STILL)
        self.assertEqual(run.figure("weight_sparsity_percent"), 0)
        shape, values = arrays["layer1.weight"]
        arrays["layer1.weight"] = shape, (0.0,) * 50_000 + values[50_000:]
        write_tensors(self.folder / "holes.npz", arrays)
        holes = self.train(train__recipe="dense", train__load="holes.npz", train__resume="false",
                           train__max_steps=1, **STILL)
        counted = holes.figure("weight_sparsity_percent")  # those that saw a gradient are no longer zero
        self.assertTrue(0 < counted <= 100 * 50_000 / (784 * 128 + 128 * 10), counted)

    def test_what_was_saved_is_loaded(self):
        for settings in ({"train__regrow_period": 3}, {"train__recipe": "dense"}):
            _, before = self.saved(**settings)
            loaded, after = self.saved("again.npz", train__load="saved.npz", train__resume="false",
                                       **settings | STILL | {"train__regrow_period": 0})
            for name in before:
                if name.endswith((".bias", "momentum")):
                    continue  # small ones do move
                self.assertEqual(before[name], after[name], name)
            self.assertIn("saved.npz", [f["name"] for f in loaded.report["inputs"]])

    def test_training_goes_on_from_there(self):
        first, _ = self.saved(train__epochs=2)
        further = self.train(train__epochs=2, train__load="saved.npz", train__resume="false")
        self.assertLess(further.figure("training_loss_last_epoch"), first.figure("training_loss_last_epoch"))

    def test_tensors_after_any_step_are_those_of_a_run_that_stops_there(self):
        plain = self.train()
        run = self.train("--dump-tensors", 3, "--dump-tensors", 5)
        self.assertEqual(run.report_bytes, plain.report_bytes)
        short = self.train("--dump-tensors", 3, train__max_steps=3)
        self.assertEqual((run.folder / "tensors_3.npz").read_bytes(), (short.folder / "tensors_3.npz").read_bytes())
        self.assertNotEqual(tensors(run.folder / "tensors_5.npz"), tensors(run.folder / "tensors_3.npz"))

    def refused(self, text, **settings):
        run = self.train(**settings)
        self.assertEqual(run.code, 2, run.log)
        self.assertIn(text, run.log)

    def test_generated_images_have_their_shape(self):
        net = self.write_network("  - flatten\n  - linear: {outputs: 10}\n", shape=(3, 28, 28))
        self.refused(f"{net}: its input is 3 x 28 x 28, but generated images are 3 x 32 x 32 (channels x height x width); "
                     "data.path is for others", train__network=net)

    def test_what_cannot_be_loaded(self):
        self.refused("key 'train.load': expected a .npz file, but there is no file 'none.npz'", train__load="none.npz")
        (self.folder / "text.npz").write_text("text")
        self.refused("text.npz: expected a .npz archive", train__load="text.npz")
        _, arrays = self.saved()
        self.refused("saved.npz: layer1.weight: expected the shape 64 x 784, not 128 x 784", train__load="saved.npz",
                     train__hidden="[64]")
        self.refused("saved.npz: layer 1 to start from: 627 of its 6272 4x4 blocks are not zero, but train.sparsity asks for 3136",
                     train__load="saved.npz", train__sparsity=0.5)
        for name, value, text in (
                ("layer1.mask", ((128, 784), [2.0] * (128 * 784)), "layer1.mask: expected 0 and 1, not 2"),
                ("layer1.bias", ((), [1.0]), "layer1.bias: expected the shape 128, not that of a single number"),
                ("layer1.weight_momentum", ((128, 784), [0.0] * 128 * 783 + [float("nan"), float("inf")] * 64),
                 "layer1.weight_momentum: expected finite numbers, but 128 of 100352 are not"),
                ("layer9.weight", ((1, 1), [1.0]), "it has an array 'layer9.weight', but the network has 2 layers")):
            write_tensors(self.folder / "wrong.npz", arrays | {name: value})
            self.refused("wrong.npz: " + text, train__load="wrong.npz")
        live = sum(sum(arrays[f"layer{l}.mask"][1]) for l in (1, 2))
        for pattern, text in (("unstructured", f"{live:.0f} of 101632 weights live, but the recipe asks for 50816"),
                              ("block4x4", "637 of 6368 4x4 blocks live, but the recipe asks for 3184")):
            self.refused("saved.npz: layers to start from: " + text, train__load="saved.npz", train__recipe="momentum",
                         train__pattern=pattern, train__sparsity=0.5)
        del arrays["layer2.bias"]
        write_tensors(self.folder / "part.npz", arrays)
        self.refused("part.npz: expected an array 'layer2.bias'", train__load="part.npz")

    def test_weight_decay_makes_weights_smaller(self):
        def size(decay):
            _, arrays = self.saved(train__recipe="dense", train__weight_decay=decay)
            return sum(w * w for w in arrays["layer1.weight"][1])

        self.assertLess(size(0.5), 0.9 * size(0))


if __name__ == "__main__":
    unittest.main()
