"""One step of random networks on the fabric, in fp32, against torch in double precision: every weight's and parameter's
gradient, and the running statistics."""
import random

import torch

import philox
from acf_run import Case
from noise_images import write_set
from random_network import Network
from tensor_file import tensors, write_tensors

NETWORKS = 40
RATE = 8.0
TOLERANCE = 3e-4  # of the largest gradient of a layer: fp32 sums here, double ones there
SAMPLES, BATCH = 12, 16  # the last rows are blank


class Gradients(Case):
    def check(self, seed):
        noise = random.Random(seed)
        shape = (3, 32, 32) if seed % 8 == 0 else (1, noise.randint(6, 14), noise.randint(6, 14))
        net = Network(noise, *shape)
        images, labels = write_set(self.folder / "data", noise, SAMPLES, *shape)
        (self.folder / "net.yaml").write_text(net.yaml())
        before = net.start()
        write_tensors(self.folder / "start.npz", {name: (tuple(value.shape), value.flatten().tolist())
                                                  for name, value in before.items()})
        run = self.train(train__network="net.yaml", train__load="start.npz", train__save="end.npz", train__dtype="fp32",
                         train__recipe="dense", train__lr=RATE, train__momentum=0, train__batch=BATCH,
                         train__max_steps=1, train__epochs=1, same__sram_kib=16384)
        self.assertEqual(run.code, 0, run.log + net.yaml())
        rows = philox.order(SAMPLES)
        expected, after = net.step(before, images[rows], labels[rows]), tensors(self.folder / "end.npz")
        for name, value in expected.items():
            # A bias that a normalisation takes away has no gradient, but sums of the size of its layer's others.
            scale = max(v.abs().max().item() for n, v in expected.items() if n.split(".")[0] == name.split(".")[0]
                        and "running" not in n)
            found = torch.tensor(after[name][1], dtype=torch.float64).reshape(value.shape)
            if "running" not in name:
                found = (before[name] - found) / RATE
            worst = (found - value).abs().max().item()
            # Of the weights that a gradient is read from, and of losses and sums of about one.
            rounding = 1e-6 * (1 + before[name].abs().max().item())
            self.assertLess(worst, TOLERANCE * scale + rounding, f"seed {seed}: {name}, largest {scale}\n" + net.yaml())
        return len(net.weights), len(net.norms)

    def test_random_networks(self):
        layers, norms = 0, 0
        for seed in range(NETWORKS):
            with self.subTest(seed=seed):
                some = self.check(seed)
                layers, norms = layers + some[0], norms + some[1]
        print(f"{NETWORKS} networks, {layers} layers with weights, {norms} batch normalisations", flush=True)
        self.assertGreater(norms, NETWORKS // 2)


if __name__ == "__main__":
    import unittest
    unittest.main()
