"""Runs acf-vp for the integration tests: a small training job on data of the test's own, and what came out of it.

Test scripts are called as SCRIPT_test.py PATH-OF-ACF-VP.
"""
import csv
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

from idx_file import write_idx

ACF_VP = sys.argv.pop(1) if len(sys.argv) > 1 else "acf-vp"
JOB_IMAGE = 0x9000_0000
PIXELS = 28 * 28
# Pieces of assembly programs: all of memory for every mode; and on at `supervisor` in supervisor mode.
OPEN_PMP = """
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
"""
TO_SUPERVISOR = """
    la t0, supervisor
    csrw mepc, t0
    li t0, 1 << 11
    csrw mstatus, t0
    mret
supervisor:
"""
HEADER = struct.Struct("<IIQ")  # of the job image: magic, version, bytes; see sw_stack/hal/job_image.hpp
LAYERS_AT, LAYER = 144, struct.Struct("<6I6Q2I")

# 2 x 2 tiles, five steps: a second of host time or less.
SMALL = {"train.twin": "false", "train.epochs": 1, "train.max_steps": 5, "mesh.width": 2, "mesh.height": 2}


class Run:
    def __init__(self, folder, done, command=()):
        self.folder, self.code, self.command = folder, done.returncode, list(command)
        self.console, self.log = done.stdout, done.stderr.decode()
        report = folder / "report.json"
        self.report_bytes = report.read_bytes() if report.exists() else b""
        self.report = json.loads(self.report_bytes) if self.report_bytes else {}
        self.end = self.report.get("end", {}).get("reason")
        self.notes = self.report.get("notes", [])

    def figure(self, name):
        return self.report["summary"].get(name, self.report["extra"].get(name))

    def blocks(self, unit):
        """Accounts of this unit of all tiles."""
        return [b for b in self.report["blocks"] if b["name"].endswith("." + unit)]

    def stalled(self, unit, cause):
        return sum(b["stalls"].get(cause, 0) for b in self.blocks(unit))

    def busy(self, unit):
        return sum(b["busy"] for b in self.blocks(unit))

    def lost(self, cause, window="training"):
        """Cycles of a cause in a waterfall; "achieved": all."""
        waterfall = next(w for w in self.report["waterfalls"] if w["name"] == window)
        return sum(loss["cycles"] for loss in waterfall["losses"] if loss["cause"] == cause) \
            if cause != "achieved" else waterfall["achieved"]


def curves(run):
    with open(run.folder / "curves.csv", newline="") as file:
        return list(csv.DictReader(file))


class Case(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.runs = 0

    def run_acf(self, *arguments, name=None, program=(ACF_VP,), threads=1):
        """Runs with an output folder of its own; `name` chooses it."""
        self.runs += 1
        out = self.folder / (name or f"run{self.runs}")
        command = [*program, "run", *map(str, arguments), "--threads", str(threads), "--out", str(out)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, timeout=3000, stdin=subprocess.DEVNULL)
        return Run(out, done, command)

    def train(self, *arguments, how={}, **settings):
        """Keys as keyword arguments with __ for the dot: train(zbcc__lanes=32). `how` goes to run_acf."""
        keys = dict(SMALL)
        if (self.folder / "data").exists():
            keys["data.path"] = "data"
        else:
            keys |= {"data.generated_train": 320, "data.generated_test": 64}
        keys |= {key.replace("__", "."): value for key, value in settings.items()}
        sets = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
        return self.run_acf("--firmware", "train", *sets, *arguments, **how)

    def write_data(self, train=320, test=64):
        """IDX files of noise, in which every image is recognised; returns the training images."""
        noise = random.Random(7)
        folder = self.folder / "data"
        folder.mkdir()
        for name, count in (("t10k", test), ("train", train)):
            images = [bytes(noise.choice((0, 0, noise.randrange(256))) for _ in range(PIXELS)) for _ in range(count)]
            labels = bytes(noise.randrange(10) for _ in range(count))
            write_idx(folder, name, 28, 28, images, labels)
        return images

    def write_network(self, layers, side=28, shape=None):
        """A network of these lines, with its loss, for images of `side` x `side`, or of a shape (channels, height,
        width); returns the file for train.network."""
        name = "net.yaml"
        channels, height, width = shape or (1, side, side)
        (self.folder / name).write_text(f"input: {{channels: {channels}, height: {height}, width: {width}}}\nlayers:\n"
                                        f"{layers}  - softmax_cross_entropy\n")
        return name

    def image_bytes(self, **settings):
        """How long the job image is."""
        self.train("--dump", f"{JOB_IMAGE:#x}:{HEADER.size}:head", **settings)
        return HEADER.unpack((self.folder / "head").read_bytes())[2]

    def train_and_dump(self, size, *arguments, **settings):
        """The run, and the job image as it left it."""
        run = self.train("--dump", f"{JOB_IMAGE:#x}:{size}:image", *arguments, **settings)
        return run, (self.folder / "image").read_bytes()


def assemble(folder, text, *options):
    """Bare-metal assembler as an ELF file that starts at the first byte of DRAM."""
    source, elf = folder / "program.S", folder / "program.elf"
    if elf.exists() and source.read_text() == text:
        return elf
    source.write_text(text)
    subprocess.run(["riscv64-unknown-elf-gcc", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-nostdlib",
                    "-nostartfiles", "-g", "-Wl,-Ttext=0x80000000", *options, "-o", elf, source], check=True)
    return elf


def weights(image):
    """The trained weights of all layers, as bytes."""
    at, count = struct.unpack_from("<QQ", image, LAYERS_AT)
    found = b""
    for layer in range(count):
        outputs, inputs, _, _, live, _, masters, *_ = LAYER.unpack_from(image, at + layer * LAYER.size)
        found += image[masters:masters + 4 * (16 * live if live else outputs * inputs)]
    return found
