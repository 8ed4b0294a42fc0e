"""Training runs on Fashion-MNIST, for tests that are skipped where it is not."""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

from acf_run import ACF_VP

TOP = pathlib.Path(__file__).resolve().parents[3]
DATA = TOP.parent / "shared/data/fashion-mnist"
SEEDS = range(int(os.environ.get("ACF_SEEDS", "5")))
TOLERANCE = 1.0  # points that a mean may differ from that of independent training


def train(out, *what, **settings):
    """Summary and further figures of `acf-vp run WHAT --set KEY=VALUE...`; `train__seed` stands for the key train.seed.
    `losses`: the mean of every epoch."""
    settings["data__path"] = DATA
    sets = [part for key, value in settings.items() for part in ("--set", f"{key.replace('__', '.')}={value}")]
    subprocess.run([ACF_VP, "run", *what, *sets, "--out", out], check=True, capture_output=True)
    report = json.loads((out / "report.json").read_text())
    losses = re.findall(r"epoch \d+: loss ([0-9.]+)", (out / "console.txt").read_text())
    return report["summary"] | report["extra"] | {"losses": [float(loss) for loss in losses]}


def perceptron(folder, runs, seeds=SEEDS):
    """Trains a 784-128-10 perceptron with every seed, cosine schedule, five epochs: the runs of each name in `runs`,
    which has its settings. On one large tile: weights are the same on every mesh, and this one is the fastest to
    simulate. Prints what came out."""
    def one(name, seed):
        settings = {"train__schedule": "cosine"} | runs[name]
        return train(folder / f"{name}{seed}", "--firmware", "train", train__seed=seed, train__twin="false",
                     train__epochs=5, mesh__width=1, mesh__height=1, same__sram_kib=4096, **settings)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {name: [pool.submit(one, name, seed) for seed in seeds] for name in runs}
    results = {name: [job.result() for job in of_name] for name, of_name in jobs.items()}
    shown = {"%": "test_accuracy_percent", "cycles": "fabric_cycles", "% zero weights": "weight_sparsity_percent",
             "% zero gradients": "gradient_zeros_percent", "points from the target": "gradient_tracking_error_points"}
    for name, seeds in results.items():
        means = {what: sum(r[key] for r in seeds) / len(seeds) for what, key in shown.items() if key in seeds[0]}
        print(f"{name:18}" + ", ".join(f"{mean:.2f} {what}" for what, mean in means.items()), flush=True)
    return results


def main():
    if not DATA.is_dir():
        print(f"skipped: {DATA} is not there")
        sys.exit(77)
    unittest.main()
