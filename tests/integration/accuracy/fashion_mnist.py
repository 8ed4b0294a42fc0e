"""Training runs on Fashion-MNIST, for tests that are skipped where it is not."""
import json
import pathlib
import subprocess
import sys
import unittest

from acf_run import ACF_VP

TOP = pathlib.Path(__file__).resolve().parents[3]
DATA = TOP.parent / "shared/data/fashion-mnist"


def train(out, *what, **settings):
    """Summary and further figures of `acf-vp run WHAT --set KEY=VALUE...`; `train__seed` stands for the key train.seed."""
    settings["data__path"] = DATA
    sets = [part for key, value in settings.items() for part in ("--set", f"{key.replace('__', '.')}={value}")]
    subprocess.run([ACF_VP, "run", *what, *sets, "--out", out], check=True, capture_output=True)
    report = json.loads((out / "report.json").read_text())
    return report["summary"] | report["extra"]


def main():
    if not DATA.is_dir():
        print(f"skipped: {DATA} is not there")
        sys.exit(77)
    unittest.main()
