"""scenarios/train-resnet8.yaml, shortened: generated colour images, and a directory in CIFAR-10's binary format."""
import pathlib
import random
import unittest

from acf_run import Case
from tensor_file import tensors

SCENARIO = pathlib.Path(__file__).resolve().parents[3] / "scenarios/train-resnet8.yaml"
BATCH = 16


class Resnet8(Case):
    def resnet8(self, *arguments, **keys):
        keys = {"train.batch": BATCH, "train.epochs": 1, "train.regrow_period": 1, "mesh.width": 2, "mesh.height": 2,
                "expect": "[]", "data.generated_train": 3 * BATCH, "data.generated_test": 10} | keys
        sets = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
        return self.run_acf(SCENARIO, *sets, *arguments)

    def write_cifar(self, records):
        noise = random.Random(3)
        folder = self.folder / "cifar"
        folder.mkdir()
        for name, count in records.items():
            (folder / name).write_bytes(b"".join(
                bytes([i % 10]) + bytes(noise.randrange(256) for _ in range(3072)) for i in range(count)))
        return folder

    def test_sparse_beside_dense_on_generated_images(self):
        run = self.resnet8()
        self.assertEqual(run.code, 0, run.log)
        self.assertEqual(run.figure("training_steps"), 3)
        self.assertEqual(run.figure("float_instructions_in_training"), 0)
        self.assertAlmostEqual(run.figure("weight_sparsity_percent"), 80, delta=0.5)
        self.assertGreater(run.figure("speedup_over_dense"), 2)
        self.assertLess(run.figure("linear_classifier_accuracy_percent"), 60)
        # Convolutions with strides and steps of the mask included, products are those of live blocks.
        self.assertLess(run.figure("macs_executed"), 0.4 * run.figure("macs_total"))

    def test_dense_products_are_all_executed_and_no_more(self):
        run = self.resnet8(**{"train.twin": "false", "train.recipe": "dense", "zbcc.skip": "none"})
        self.assertEqual(run.code, 0, run.log)
        # The evaluation is executed, too: a third of a step's products for each of its images.
        evaluated = 10 / (9 * BATCH)
        self.assertLess(abs(run.figure("macs_executed") / run.figure("macs_total") - 1 - evaluated), 0.08)

    def test_cifar_directories_are_read_and_normalisations_saved(self):
        folder = self.write_cifar({"data_batch_1.bin": BATCH, "data_batch_2.bin": 3, "test_batch.bin": 5})
        run = self.resnet8(**{"data.path": folder, "train.twin": "false", "train.save": "net.npz"})
        self.assertEqual(run.code, 0, run.log)
        self.assertEqual(run.figure("training_steps"), 2)
        self.assertEqual([i["name"] for i in run.report["inputs"] if i["name"].endswith(".bin")],
                         ["data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"])
        arrays = tensors(self.folder / "net.npz")
        self.assertEqual(arrays["norm7.running_var"][0], (64,))
        self.assertNotIn("norm8.weight", arrays)
        self.assertEqual(len(set(arrays["norm1.running_mean"][1])), 16)
        again = self.resnet8(**{"data.path": folder, "train.twin": "false", "train.load": "net.npz",
                                "train.resume": "false", "train.save": "again.npz", "train.max_steps": 1})
        self.assertEqual(again.code, 0, again.log)
        self.assertNotEqual(tensors(self.folder / "again.npz")["norm7.weight"], arrays["norm7.weight"])

    def test_other_images_are_refused(self):
        self.write_data()
        run = self.resnet8(**{"data.path": "data"})
        self.assertEqual(run.code, 2)
        self.assertIn("images of 1 x 28 x 28 (channels x height x width), but the network's input is 3 x 32 x 32", run.log)


if __name__ == "__main__":
    unittest.main()
