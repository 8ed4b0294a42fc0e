"""Networks as torch exports them: planned and trained like their YAML descriptions."""
import pathlib

import torch
from torch import nn

from acf_run import Case

NETWORKS = pathlib.Path(__file__).resolve().parents[3] / "scenarios/networks"


def lenet():
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
                         nn.Linear(84, 10))


class Block(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.way = nn.Sequential(nn.Conv2d(channels, filters, 3, stride, 1), nn.BatchNorm2d(filters), nn.ReLU(),
                                 nn.Conv2d(filters, filters, 3, 1, 1), nn.BatchNorm2d(filters))
        self.short = nn.Conv2d(channels, filters, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        return torch.relu(self.way(x) + self.short(x))


def residual():
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), Block(8, 8, 1), Block(8, 16, 2),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(16, 10))


class Onnx(Case):
    def export(self, net, *shape):
        file = self.folder / "net.onnx"
        torch.onnx.export(net, torch.zeros(2, *shape), str(file), training=torch.onnx.TrainingMode.TRAINING,
                          do_constant_folding=False)
        return file

    def test_lenet_is_that_of_yaml(self):
        file = self.export(lenet(), 1, 28, 28)
        runs = [self.train(train__network=net, train__recipe="dense", same__sram_kib=2048)
                for net in (file, NETWORKS / "lenet5.yaml")]
        for run in runs:
            self.assertEqual(run.code, 0, run.log)
        for name in ("fabric_cycles", "macs_total", "training_loss_last_epoch", "test_accuracy_percent"):
            self.assertEqual(runs[0].figure(name), runs[1].figure(name), name)

    def test_residual_network_trains(self):
        file = self.export(residual(), 3, 32, 32)
        run = self.train(train__network=file, train__batch=8, train__max_steps=2, same__sram_kib=4096,
                         data__generated_train=16, data__generated_test=8)
        self.assertEqual(run.code, 0, run.log)
        layers = [w["name"].split("/")[0] for w in run.report["waterfalls"] if w["name"].endswith("/forward")]
        self.assertEqual(sorted(set(layers)), [f"layer{n}" for n in range(1, 8)])


if __name__ == "__main__":
    import unittest
    unittest.main()
