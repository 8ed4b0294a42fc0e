"""What cannot be trained, or does not learn, is said with what was expected: sets, labels, networks, room, and rates."""
import math
import unittest

from acf_run import Case
from idx_file import write_idx
from tensor_file import tensors

LAYERS = """\
  - conv2d: {{filters: 4, kernel: 3, padding: 1}}
  - batch_norm
  - relu
  - {more}
  - flatten
  - linear: {{outputs: {outputs}}}
"""


class Refused(Case):
    def write_set(self, train=(0, 1, 2, 3), test=(0, 1), side=8, train_images=None):
        folder = self.folder / "data"
        folder.mkdir(exist_ok=True)
        for part, labels, count in (("train", train, train_images), ("t10k", test, None)):
            count = len(labels) if count is None else count
            write_idx(folder, part, side, side, [bytes(range(1, side * side + 1))] * count, labels)

    def refused(self, **settings):
        run = self.train(**settings)
        self.assertEqual(run.code, 2, run.log)
        self.assertEqual(run.console, b"")
        return run.log

    def network(self, more="max_pool: {kernel: 2}", outputs=10):
        return {"train__network": self.write_network(LAYERS.format(more=more, outputs=outputs), side=8),
                "train__recipe": "dense"}

    def test_sets(self):
        self.write_set(train=(), test=(0, 1))
        self.assertIn("train-images-idx3-ubyte: 0 images of 8 x 8; expected at least one", self.refused())
        self.write_set(train=(0, 1, 2, 3), test=())
        self.assertIn("t10k-images-idx3-ubyte: 0 images of 8 x 8; expected at least one", self.refused())
        self.write_set(train_images=3)
        self.assertIn("4 labels, expected 3", self.refused())

    def test_labels_and_sizes(self):
        self.write_set(train=(0, 1, 2, 3), test=(0, 77))
        self.assertIn("t10k-labels-idx1-ubyte: label 77 at position 1", self.refused())
        self.write_set(train=list(range(12)) * 2)
        self.assertIn("data: label 10, but the network has 10 outputs", self.refused(**self.network()))
        self.write_set(side=9)
        self.assertIn("images of 1 x 9 x 9 (channels x height x width), but the network's input is 1 x 8 x 8",
                      self.refused(**self.network()))

    def test_shape_not_only_size(self):
        self.write_set()
        layers = "  - flatten\n  - linear: {outputs: 10}\n"
        for shape in ((1, 4, 16), (1, 1, 64), (4, 4, 4)):
            net = self.write_network(layers, shape=shape)
            self.assertIn(f"images of 1 x 8 x 8 (channels x height x width), but the network's input is "
                          f"{' x '.join(map(str, shape))}", self.refused(train__network=net, train__recipe="dense"))
        for shape in ((1, 8, 8), (64, 1, 1)):  # the latter is a plain list of values
            run = self.train(train__network=self.write_network(layers, shape=shape), train__recipe="dense",
                             train__max_steps=1)
            self.assertEqual(run.code, 0, run.log)

    def test_as_many_outputs_as_labels(self):
        self.write_set(train=(0, 1, 2, 1), test=(2, 0))
        run = self.train(train__max_steps=1, **self.network(outputs=3))
        self.assertEqual(run.code, 0, run.log)
        self.assertIn("data: label 2, but the network has 2 outputs", self.refused(**self.network(outputs=2)))
        self.write_set(train=(*range(13), *range(10), 11, 12))
        self.assertIn("label 10 at position 10, expected 0 to 9: only one training image has label 10", self.refused())

    def test_networks(self):
        self.write_set()
        self.assertIn("net.yaml:6: layer 'attention' is not built yet: expected one of linear, conv2d",
                      self.refused(**self.network(more="attention: {heads: 2}")))
        self.assertIn("net.yaml:6: layer 4 (conv2d): groups: expected a divisor of its 4 channels and 6 filters, not 4",
                      self.refused(**self.network(more="conv2d: {filters: 6, kernel: 1, groups: 4}")))
        self.assertIn("net.yaml:6: layer 4 (max_pool): a window of 9 pixels does not fit into 8 with padding 0",
                      self.refused(**self.network(more="max_pool: {kernel: 9}")))

    def test_room(self):
        said = self.refused(same__sram_kib=64, train__recipe="dense")
        self.assertRegex(said, r"SRAM of 65536 bytes per tile is too small for this network: .* it needs \d+ bytes, "
                               r"\d+ more")
        needed = int(said.split("it needs ")[1].split()[0])
        enough = self.train(same__sram_kib=(needed + 4095) // 4096 * 4, train__recipe="dense", train__max_steps=1)
        self.assertEqual(enough.code, 0, enough.log)

    def test_keys_are_named_where_they_were_given(self):
        """As in complaints about the configuration alone, though the data have to be known first."""
        def where(run, key):
            return f"--set:{[word.split('=')[0] for word in run.command if '=' in word].index(key) + 1}"

        for key, value, text in (("same.sram_kib", 64, "SRAM of 65536 bytes per tile is too small"),
                                 ("dram.size_mib", 256, "expected at least 26"),
                                 ("train.loss_scale", 3, "expected a power of two"),
                                 ("train.momentum", 1, "expected a number from 0 to 0.99999, not '1'")):
            run = self.train(**{key: value}, train__recipe="dense")
            self.assertEqual(run.code, 2, run.log)
            self.assertIn(f"{where(run, key)}: key '{key}': {text}", run.log)
        run = self.train(mesh__width=32, mesh__height=32)
        self.assertEqual(run.code, 2, run.log)
        self.assertIn(f"{where(run, 'mesh.height')}: key 'mesh.height': mesh 32 x 32: expected at least 1 x 1 and at most "
                      "1023 tiles", run.log)
        (self.folder / "small.yaml").write_text("firmware: train\ntrain: {recipe: dense}\nsame:\n  sram_kib: 64\n")
        self.assertIn("small.yaml:4: key 'same.sram_kib': SRAM of 65536", self.run_acf("small.yaml").log)
        self.assertIn("default: key 'same.sram_kib': SRAM of ", self.train(train__hidden="[65536]", train__recipe="rigl").log)

    def test_loss_scale(self):
        self.assertIn("key 'train.loss_scale': expected a power of two", self.refused(train__loss_scale=3,
                                                                                train__dtype="fp16"))


class Diverged(Case):
    """The step and the layer are named, and the weights are those before the step."""

    def check(self, words, **settings):
        run = self.train(train__epochs=20, train__max_steps=0, train__schedule="constant", train__save="end.npz",
                         **settings)
        self.assertEqual(run.code, 1, run.log)
        self.assertRegex(run.console.decode(), rf"training diverged in step \d+: outputs of {words}; it stops with the "
                                               r"weights before that step\n")
        step = int(run.console.decode().split("diverged in step ")[1].split(":")[0])
        self.assertEqual(run.figure("diverged_step"), step)
        end = tensors(self.folder / "end.npz")
        self.assertEqual(list(end["step"][1]), [step - 1])
        for name, (_, values) in end.items():
            self.assertTrue(all(map(math.isfinite, values)), name)
        before = self.train(train__epochs=20, train__max_steps=step - 1, train__schedule="constant",
                            train__save="before.npz", **settings)
        self.assertIn(before.code, (0, 1), before.log)  # weights that are no good may show in the evaluation, too
        expected = tensors(self.folder / "before.npz")
        for name in expected:
            if "running" not in name:  # means of a batch whose loss was not finite, but itself is, count
                self.assertEqual(end[name], expected[name], name)
        return step

    def test_dense(self):
        how = {"train__recipe": "dense", "train__lr": 100, "train__hidden": "[32,32,32]", "train__largest_logit": 0}
        one = self.check(r"layer \d \(linear\) are not finite", **how)
        self.assertEqual(one, self.check(r"layer \d \(linear\) are not finite", mesh__width=3, mesh__height=1, **how))

    def test_large_and_finite(self):
        """Rates that leave every unit dead: numbers never become infinite, but nothing is learned any more."""
        words = r"layer 2 \(linear\) are beyond train\.largest_logit"
        self.check(words, train__recipe="block", train__lr=100)
        self.check(words, train__recipe="dense", train__lr=20, train__largest_logit=50)

    def test_the_last_update(self):
        """Nobody has seen a loss of the weights that it leaves, but the evaluation has."""
        run = self.train(train__recipe="dense", train__schedule="constant", train__lr=100, train__hidden="[32,32,32]",
                         train__largest_logit=0, train__epochs=20, train__max_steps=0)
        step = int(run.figure("diverged_step"))
        run = self.train(train__recipe="dense", train__schedule="constant", train__lr=100, train__hidden="[32,32,32]",
                         train__largest_logit=0, train__epochs=20, train__max_steps=step - 1)
        self.assertEqual(run.code, 1, run.log)
        self.assertRegex(run.console.decode(), "outputs of test samples are not finite")

    def test_nothing_is_pruned(self):
        for period, noted in ((100, True), (2, False)):
            run = self.train(train__recipe="magnitude", train__pattern="unstructured", train__regrow_period=period,
                             train__hidden="[32]")
            self.assertEqual(run.code, 0, run.log)
            self.assertEqual(any("so nothing is pruned" in note for note in run.report["notes"]), noted)

    def test_convolutions(self):
        net = self.write_network("""\
  - conv2d: {filters: 8, kernel: 5, stride: 3}
  - conv2d: {filters: 8, kernel: 3}
  - conv2d: {filters: 8, kernel: 3}
  - max_pool: {kernel: 2}
  - flatten
  - linear: {outputs: 12}
  - linear: {outputs: 10}
""")
        self.check(r"layer \d \(\w+\) are not finite", train__network=net, train__recipe="dense", train__lr=100,
                   train__largest_logit=0)


if __name__ == "__main__":
    unittest.main()
