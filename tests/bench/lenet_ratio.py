"""What simulating a training costs: one epoch of the dense LeNet-5-like network on Fashion-MNIST (lt, exact timing of the
engines, one host thread) against the same epoch in plain numpy (numpy_lenet.py). Both times are CPU time, of training
alone in numpy and of everything in the platform.

    python3 lenet_ratio.py PATH-OF-ACF-VP FOLDER-WITH-IDX-FILES [--samples N] [--repeat N]

Prints JSON: medians of both, their ratio, accuracies. The contract allows a ratio of 6.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]


def platform(program, folder, samples):
    """CPU seconds of a run, and its test accuracy."""
    keys = {"data.path": folder.resolve(), "data.train_samples": samples, "train.epochs": 1, "train.recipe": "dense",
            "train.twin": "false", "expect": "[]"}
    sets = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([program, "run", TOP / "scenarios/train-lenet.yaml", *sets, "--threads", "1", "--out", out],
                       check=True, capture_output=True)
        host = json.loads((pathlib.Path(out) / "host.json").read_text())
        report = json.loads((pathlib.Path(out) / "report.json").read_text())
    return host["user_seconds"], report["summary"]["test_accuracy_percent"]


def numpy(folder, samples):
    done = subprocess.run([sys.executable, pathlib.Path(__file__).with_name("numpy_lenet.py"), folder, "--samples",
                           str(samples)], check=True, capture_output=True)
    result = json.loads(done.stdout)
    return result["cpu_seconds"], result["test_accuracy_percent"]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("program")
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--samples", type=int, default=0, help="of the training set; 0: all")
    options.add_argument("--repeat", type=int, default=1)
    o = options.parse_args()
    ours, plain = [], []
    for _ in range(o.repeat):  # in turns, so that whatever else runs is in both
        plain.append(numpy(o.folder, o.samples))
        ours.append(platform(o.program, o.folder, o.samples))
    times = [statistics.median(t for t, _ in all) for all in (ours, plain)]
    print(json.dumps({"platform_cpu_seconds": times[0], "numpy_cpu_seconds": times[1], "ratio": times[0] / times[1],
                      "platform_test_accuracy_percent": ours[-1][1], "numpy_test_accuracy_percent": plain[-1][1]},
                     indent=1))


if __name__ == "__main__":
    main()
