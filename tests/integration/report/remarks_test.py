"""Every key of a training changes what it learns, or a note says that it has no effect: never both, never neither."""
import json
import random
import subprocess
import unittest

from acf_run import ACF_VP, Case
from idx_file import write_idx

BASE = {"train.hidden": "[16,12]", "train.batch": 20, "train.epochs": 2, "train.max_steps": 9, "train.lr": 0.02,
        "train.regrow_period": 3, "train.sparsity": 0.6, "mesh.width": 1, "mesh.height": 1, "data.path": "data"}
OTHER = {"seed": 5, "batch": 10, "lr": 0.03, "optimiser": "adamw", "momentum": 0.5, "beta2": 0.5, "epsilon": 0.1,
         "weight_decay": 0.01, "clip_value": 1e-4, "clip_norm": 1e-3, "loss_scale": 2, "loss_scale_interval": 1,
         "warmup_steps": 5, "schedule": "constant", "dtype": "fp32", "sparsity": 0.5, "dense_layers": "[1]",
         "gradient_sparsity": 0.8, "regrow_period": 2, "growth_threshold": 1e9, "hidden": "[16]", "resume": "false"}
# Files; what would be learnt later; the recipe itself and its pattern, whose rules refuse others.
NOT_HERE = {"network", "save", "load", "twin", "epochs", "max_steps", "largest_logit", "recipe", "pattern"}
TRAININGS = ({"recipe": "dense"}, {"recipe": "dense", "optimiser": "adamw"}, {"recipe": "dense", "dtype": "fp16"},
             {"recipe": "rigl", "pattern": "unstructured"}, {"recipe": "momentum"}, {"recipe": "magnitude"},
             {"recipe": "acf"}, {"recipe": "srste", "pattern": "2:8"}, {"recipe": "topk"})


class Remarks(Case):
    def setUp(self):
        super().setUp()
        noise, folder = random.Random(1), self.folder / "data"
        folder.mkdir()
        for name, count in (("t10k", 10), ("train", 200)):
            write_idx(folder, name, 8, 8, [noise.randbytes(64) for _ in range(count)], [i % 10 for i in range(count)])

    def learn(self, settings):
        sets = BASE | {f"train.{key}": value for key, value in settings.items()}
        weights = self.folder / "weights.npz"
        run = self.run_acf("--firmware", "train", "--set", "train.twin=false", "--set", f"train.save={weights}",
                           *(word for key, value in sets.items() for word in ("--set", f"{key}={value}")), name="out")
        self.assertEqual(run.code, 0, run.log)
        return weights.read_bytes(), run.notes

    def test_every_key_changes_something_or_is_remarked_on(self):
        for training in TRAININGS:
            usual, notes = self.learn(training)
            self.assertEqual([n for n in notes if "has no effect" in n and "train.sparsity" not in n
                              and "train.regrow_period" not in n], [], training)
            for key, value in OTHER.items():
                if key in training:
                    continue
                with self.subTest(key=key, **training):
                    learnt, notes = self.learn(training | {key: value})
                    remarked = any(n.startswith(f"warning: train.{key}: ") and "has no effect" in n for n in notes)
                    self.assertEqual(learnt == usual, remarked, notes)

    def test_every_key_is_looked_at(self):
        described = json.loads(subprocess.run([ACF_VP, "describe"], capture_output=True, check=True).stdout)
        keys = {k["key"].removeprefix("train.") for k in described["keys"] if k["key"].startswith("train.")}
        self.assertEqual(keys, OTHER.keys() | NOT_HERE)


if __name__ == "__main__":
    unittest.main()
