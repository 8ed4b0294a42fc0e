"""Optimisers and schedules over several steps of a small network on the fabric, in fp32, against torch in double
precision: masters as they are behind the last step."""
import math
import random

import torch
import torch.nn.functional as F

from acf_run import Case
from noise_images import write_set
from tensor_file import tensors, write_tensors

SAMPLES, STEPS = 12, 8  # a step takes all samples, and an epoch is a step
WIDTHS = (64, 20, 10)
TOLERANCE = 2e-4  # of the way that a layer's weights have gone
LAYERS = f"""\
  - flatten
  - linear: {{outputs: {WIDTHS[1]}}}
  - relu
  - linear: {{outputs: {WIDTHS[2]}}}
"""


def rate(lr, schedule, warmup, step):
    x = step / STEPS
    full = lr * {"constant": 1, "cosine": (1 + math.cos(math.pi * x)) / 2,
                 "step": 1 if x < 0.5 else 0.1 if x < 0.75 else 0.01}[schedule]
    return full * (step + 1) / warmup if step < warmup else full


def trained(start, images, labels, *, optimiser, lr, momentum, decay, beta2, epsilon, schedule, warmup, clip_norm,
            clip_value):
    w = {name: value.clone().requires_grad_() for name, value in start.items()}
    groups = [{"params": [v for n, v in w.items() if n.endswith("weight")], "weight_decay": decay},
              {"params": [v for n, v in w.items() if n.endswith("bias")], "weight_decay": 0}]
    if optimiser == "adamw":
        by = torch.optim.AdamW(groups, lr=lr, betas=(momentum, beta2), eps=epsilon)
    else:
        by = torch.optim.SGD(groups, lr=lr, momentum=momentum)
    for step in range(STEPS):
        for group in by.param_groups:
            group["lr"] = rate(lr, schedule, warmup, step)
        by.zero_grad()
        hidden = F.relu(F.linear(images.flatten(1), w["layer1.weight"], w["layer1.bias"]))
        F.cross_entropy(F.linear(hidden, w["layer2.weight"], w["layer2.bias"]), labels).backward()
        if clip_norm:
            torch.nn.utils.clip_grad_norm_(w.values(), clip_norm)
        if clip_value:
            torch.nn.utils.clip_grad_value_(w.values(), clip_value)
        by.step()
    return {name: value.detach() for name, value in w.items()}


class Optimisers(Case):
    def check(self, seed, **how):
        noise = random.Random(seed)
        how = dict(optimiser="momentum", lr=0.1, momentum=0.9, decay=0, beta2=0.99, epsilon=1e-3, schedule="constant",
                   warmup=0, clip_norm=0, clip_value=0) | how
        images, labels = write_set(self.folder / "data", noise, SAMPLES, 1, 8, 8)
        draw = torch.Generator().manual_seed(seed)
        start = {}
        for n, (inputs, outputs) in enumerate(zip(WIDTHS, WIDTHS[1:]), 1):
            start[f"layer{n}.weight"] = (torch.randn(outputs, inputs, generator=draw) * (2 / inputs) ** 0.5).double()
            start[f"layer{n}.bias"] = (torch.randn(outputs, generator=draw) * 0.1).double()
        net = self.write_network(LAYERS, side=8)
        write_tensors(self.folder / "start.npz",
                      {name: (tuple(value.shape), value.flatten().tolist()) for name, value in start.items()})
        run = self.train(train__network=net, train__load="start.npz", train__save="end.npz", train__dtype="fp32",
                         train__recipe="dense", train__batch=SAMPLES, train__epochs=STEPS, train__max_steps=0,
                         train__optimiser=how["optimiser"], train__lr=how["lr"], train__momentum=how["momentum"],
                         train__weight_decay=how["decay"], train__beta2=how["beta2"], train__epsilon=how["epsilon"],
                         train__schedule=how["schedule"], train__warmup_steps=how["warmup"],
                         train__clip_norm=how["clip_norm"], train__clip_value=how["clip_value"])
        self.assertEqual(run.code, 0, run.log)
        self.assertEqual(run.figure("training_steps"), STEPS)
        expected, found = trained(start, images, labels, **how), tensors(self.folder / "end.npz")
        for name, value in expected.items():
            end = torch.tensor(found[name][1], dtype=torch.float64).reshape(value.shape)
            way = (value - start[name]).abs().max().item()
            self.assertLess((end - value).abs().max().item(), TOLERANCE * way, f"{how}: {name}")

    def test_momentum(self):
        for seed, how in enumerate(({}, {"decay": 0.05}, {"schedule": "cosine", "warmup": 3}, {"schedule": "step"},
                                    {"clip_norm": 0.5}, {"clip_value": 0.01, "decay": 0.01})):
            with self.subTest(**how):
                self.check(seed, **how)

    def test_adamw(self):
        for seed, how in enumerate(({}, {"decay": 0.1}, {"schedule": "cosine", "warmup": 2, "decay": 0.05},
                                    {"clip_norm": 0.3}, {"beta2": 0.9, "epsilon": 1e-2, "momentum": 0.5})):
            with self.subTest(**how):
                self.check(100 + seed, **{"optimiser": "adamw", "lr": 0.01} | how)


if __name__ == "__main__":
    import unittest
    unittest.main()
