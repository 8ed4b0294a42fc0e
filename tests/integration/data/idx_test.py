"""The generated set and its seed. IDX sets of other sizes, other classes and other packing than those that the project
knows: they are learned."""
import gzip
import hashlib
import random
import unittest

from acf_run import Case
from idx_file import idx_files
from tensor_file import tensors


class Generated(Case):
    def figures(self, **settings):
        run = self.train(train__max_steps=2, train__save="net.npz", **settings)
        self.assertEqual(run.code, 0, run.log)
        return run.figure("linear_classifier_accuracy_percent"), tensors(self.folder / "net.npz")["layer1.mask"]

    def test_seed_of_training_leaves_the_digits_alone(self):
        """It changes weights and order; data.seed changes the digits."""
        one, other, digits = self.figures(), self.figures(train__seed=1), self.figures(data__seed=1)
        self.assertEqual(one[0], other[0])
        self.assertNotEqual(one[1], other[1])
        self.assertNotEqual(one[0], digits[0])
        self.assertEqual(one[1], digits[1])


class Sets(Case):
    def make(self, height, width, labels, counts, packed):
        """Every class lights pixels of its own, some of which fail; returns the bytes of the files by name."""
        noise = random.Random(height * width)
        pixels = height * width
        pattern = {label: set(noise.sample(range(pixels), max(3, pixels // 4))) for label in labels}
        folder = self.folder / "set"
        folder.mkdir()
        files = {}
        for part, count in counts.items():
            marks = [labels[i % len(labels)] for i in range(count)]
            noise.shuffle(marks)
            images = [bytes(noise.randrange(100, 256) if (i in pattern[m]) != (noise.random() < 0.05) else 0
                            for i in range(pixels)) for m in marks]
            files |= idx_files(part, height, width, images, marks)
        for name, content in files.items():
            if packed(name):
                (folder / (name + ".gz")).write_bytes(gzip.compress(content, mtime=0))
            else:
                (folder / name).write_bytes(content)
        return files

    def learns(self, at_least, *keys):
        settings = [word for key in keys for word in ("--set", key)]
        run = self.run_acf("--firmware", "train", "--set", "data.path=set", "--set", "mesh.height=2", *settings)
        self.assertEqual(run.code, 0, run.log)
        self.assertGreaterEqual(run.figure("test_accuracy_percent"), at_least)
        self.assertGreaterEqual(run.figure("dense_test_accuracy_percent"), at_least)
        return run

    def test_few_classes_odd_images_plain(self):
        files = self.make(9, 13, [0, 1, 2], {"train": 333, "t10k": 101}, lambda name: False)
        run = self.learns(95, "train.hidden=[20]", "train.epochs=5", "train.sparsity=0.5")
        self.assertEqual({i["name"]: i["sha256"] for i in run.report["inputs"] if "ubyte" in i["name"]},
                         {name: hashlib.sha256(content).hexdigest() for name, content in files.items()})

    def test_many_classes_packed(self):
        self.make(16, 16, list(range(1, 27)), {"train": 1300, "t10k": 260}, lambda name: True)
        self.learns(90, "train.hidden=[64]", "train.epochs=5", "train.sparsity=0.5")

    def test_large_images_half_packed(self):
        self.make(40, 32, list(range(10)), {"train": 640, "t10k": 7}, lambda name: "images" in name)
        self.learns(85, "train.hidden=[32,16]", "train.epochs=4", "train.batch=32", "train.sparsity=0.5")

    def test_plain_beside_packed(self):
        self.make(2, 2, [3], {"train": 1, "t10k": 1}, lambda name: False)
        (self.folder / "set" / "train-images-idx3-ubyte.gz").write_bytes(b"not read")
        run = self.learns(0, "train.epochs=1")
        self.assertIn("data.path: train-images-idx3-ubyte was read, and train-images-idx3-ubyte.gz beside it was not", run.notes)
        self.assertNotIn("train-images-idx3-ubyte.gz", [i["name"] for i in run.report["inputs"]])

    def test_smallest(self):
        self.make(2, 2, [3], {"train": 1, "t10k": 1}, lambda name: False)
        self.learns(0, "train.epochs=1")


if __name__ == "__main__":
    unittest.main()
