"""One epoch of the LeNet-5-like network on Fashion-MNIST as a plain numpy program: convolutions by im2col, products by
OpenBLAS on one thread, fp32. What the platform's time for the same training is compared with (lenet_ratio.py).

    python3 numpy_lenet.py FOLDER-WITH-IDX-FILES [--epochs N] [--samples N] [--seed N]

Prints JSON: seconds of training alone, loss of the last epoch, test accuracy in %.
"""
import os

for library in ("OPENBLAS", "OMP", "MKL"):  # before numpy is loaded
    os.environ[f"{library}_NUM_THREADS"] = "1"

import argparse
import gzip
import json
import pathlib
import time

import numpy as np

KERNEL = 5


def read_idx(folder, name, skip):
    """Bytes of an IDX file, plain or gz, behind its header of `skip` bytes."""
    packed = folder / (name + ".gz")
    data = gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / name).read_bytes()
    return np.frombuffer(data, np.uint8, offset=skip)


def read_set(folder, part):
    """Images [n, 1, 28, 28] in 0..1, labels [n]."""
    images = read_idx(folder, f"{part}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    return images.astype(np.float32) / np.float32(255), read_idx(folder, f"{part}-labels-idx1-ubyte", 8)


def windows(x, padding):
    """[n, p, q, channels * 25] of [n, channels, h, w]."""
    if padding:
        x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    view = np.lib.stride_tricks.sliding_window_view(x, (KERNEL, KERNEL), (2, 3))
    n, c, p, q = view.shape[:4]
    return np.ascontiguousarray(view.transpose(0, 2, 3, 1, 4, 5)).reshape(n * p * q, c * KERNEL * KERNEL), (n, p, q)


class Convolution:
    def __init__(self, inputs, outputs, padding, random):
        fan_in = inputs * KERNEL * KERNEL
        self.weights = [random.normal(0, np.sqrt(2 / fan_in), (outputs, fan_in)).astype(np.float32),
                        np.zeros(outputs, np.float32)]
        self.padding = padding

    def forward(self, x):
        self.shape = x.shape
        self.columns, (n, p, q) = windows(x, self.padding)
        y = self.columns @ self.weights[0].T + self.weights[1]
        return y.reshape(n, p, q, -1).transpose(0, 3, 1, 2)

    def backward(self, dy, first):
        n, k, p, q = dy.shape
        rows = dy.transpose(0, 2, 3, 1).reshape(-1, k)
        self.gradients = [rows.T @ self.columns, rows.sum(0)]
        if first:
            return None
        c, h, w = self.shape[1:]
        taps = (rows @ self.weights[0]).reshape(n, p, q, c, KERNEL, KERNEL)
        dx = np.zeros((n, c, h + 2 * self.padding, w + 2 * self.padding), np.float32)
        for r in range(KERNEL):
            for s in range(KERNEL):
                dx[:, :, r:r + p, s:s + q] += taps[..., r, s].transpose(0, 3, 1, 2)
        return dx[:, :, self.padding:self.padding + h, self.padding:self.padding + w]


class Linear:
    def __init__(self, inputs, outputs, random):
        self.weights = [random.normal(0, np.sqrt(2 / inputs), (outputs, inputs)).astype(np.float32),
                        np.zeros(outputs, np.float32)]

    def forward(self, x):
        self.shape, self.x = x.shape, x.reshape(len(x), -1)
        return self.x @ self.weights[0].T + self.weights[1]

    def backward(self, dy, first):
        self.gradients = [dy.T @ self.x, dy.sum(0)]
        return (dy @ self.weights[0]).reshape(self.shape)


class Relu:
    weights = []

    def forward(self, x):
        self.live = x > 0
        return x * self.live

    def backward(self, dy, first):
        return dy * self.live


class MaxPool:
    weights = []

    def forward(self, x):
        n, c, h, w = x.shape
        cells = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
        self.shape, self.chosen = x.shape, cells.argmax(-1)[..., None]
        return np.take_along_axis(cells, self.chosen, -1)[..., 0]

    def backward(self, dy, first):
        n, c, h, w = self.shape
        cells = np.zeros((n, c, h // 2, w // 2, 4), np.float32)
        np.put_along_axis(cells, self.chosen, dy[..., None], -1)
        return cells.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(self.shape)


def lenet(random):
    return [Convolution(1, 6, 2, random), Relu(), MaxPool(), Convolution(6, 16, 0, random), Relu(), MaxPool(),
            Linear(400, 120, random), Relu(), Linear(120, 84, random), Relu(), Linear(84, 10, random)]


def train(layers, images, labels, epochs, random, batch=64, rate=0.01, momentum=0.9):
    """SGD with momentum at a constant rate; mean loss of the last epoch."""
    speed = [[np.zeros_like(w) for w in layer.weights] for layer in layers]
    loss = 0.0
    for _ in range(epochs):
        order, loss = random.permutation(len(images)), 0.0
        for first in range(0, len(order), batch):
            chosen = order[first:first + batch]
            x = images[chosen]
            for layer in layers:
                x = layer.forward(x)
            x = np.exp(x - x.max(1, keepdims=True))
            x /= x.sum(1, keepdims=True)
            rows = np.arange(len(chosen))
            loss -= float(np.log(x[rows, labels[chosen]] + 1e-30).sum())
            x[rows, labels[chosen]] -= 1
            x /= np.float32(len(chosen))
            for layer in reversed(layers):
                x = layer.backward(x, layer is layers[0])
            for layer, velocity in zip(layers, speed):
                for weight, v, gradient in zip(layer.weights, velocity, getattr(layer, "gradients", ())):
                    v *= np.float32(momentum)
                    v += gradient
                    weight -= np.float32(rate) * v
    return loss / len(images)


def accuracy(layers, images, labels):
    right = 0
    for first in range(0, len(images), 500):
        x = images[first:first + 500]
        for layer in layers:
            x = layer.forward(x)
        right += int((x.argmax(1) == labels[first:first + 500]).sum())
    return 100 * right / len(images)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--epochs", type=int, default=1)
    options.add_argument("--samples", type=int, default=0, help="of the training set; 0: all")
    options.add_argument("--seed", type=int, default=0)
    o = options.parse_args()
    random = np.random.default_rng(o.seed)
    images, labels = read_set(o.folder, "train")
    if o.samples:
        images, labels = images[:o.samples], labels[:o.samples]
    layers = lenet(random)
    begin, used = time.perf_counter(), time.process_time()
    loss = train(layers, images, labels, o.epochs, random)
    print(json.dumps({"seconds": time.perf_counter() - begin, "cpu_seconds": time.process_time() - used,
                      "training_loss_last_epoch": loss,
                      "test_accuracy_percent": accuracy(layers, *read_set(o.folder, "t10k"))}))


if __name__ == "__main__":
    main()
