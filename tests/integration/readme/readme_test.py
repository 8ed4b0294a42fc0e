#!/usr/bin/env python3
"""Runs every ```sh block of README.md and compares what it prints with the ```text block behind it.

readme_test.py --build FOLDER [--only LINE]

Blocks are run as they are, in order, in a copy of the tree in which nothing is built or trained for long: its build
folder is FOLDER, its build script does nothing, its scenarios train briefly, and its ctest pretends. A command must
exit with 0, or with what a comment "# exit N" at its end says. Every line of a text block must be printed by its sh
block; "..." in it stands for anything.
"""
import argparse
import collections
import gzip
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[3]
COPIED = {"scenarios", "tests"}
LEFT_OUT = {"build", "out", ".git"}
LONGEST = 240  # seconds of a block
MOST_OUTPUT = 1 << 20

Block = collections.namedtuple("Block", "line language text")

CTEST = """#!/bin/sh
# Stands in for ctest, so that the tests do not run themselves.
while [ $# -gt 0 ]; do
  case $1 in
    --test-dir) [ -f "$2/CTestTestfile.cmake" ] || exit 9 ;;
    --output-junit) echo '<testsuite tests="1" failures="0" disabled="0" skipped="0"/>' > "$2" ;;
  esac
  shift
done
"""

TOHOST_PROGRAM = """
  .section .text
  .globl _start
_start:
  li t0, 1
  la t1, tohost
  sd t0, (t1)
1: j 1b
  .data
  .globl tohost
  .balign 64
tohost: .dword 0
"""


def blocks_of(readme):
    found, language, start, lines = [], None, 0, []
    for number, line in enumerate(readme.read_text().splitlines(), 1):
        if not line.startswith("```"):
            lines.append(line)
        elif language is None:
            language, start, lines = line[3:], number, []
        else:
            found.append(Block(start, language, "\n".join(lines)))
            language = None
    return found


def complaints_about_text(readme):
    text = readme.read_text()
    for path in re.findall(r"\]\(([^)#]+)\)", text) + re.findall(r"`([a-z_]+/[A-Za-z0-9_./-]+\.[a-z]+)`", text):
        if not (TOP / path).exists() and "NAME" not in path and not path.startswith("out/"):
            yield f"there is no {path}"
    headings = {re.sub(r"[^a-z0-9 -]", "", line.strip("# ").lower()).replace(" ", "-")
                for line in text.splitlines() if line.startswith("#")}
    for anchor in re.findall(r"\]\(#([^)]+)\)", text):
        if anchor not in headings:
            yield f"there is no heading #{anchor}"
    for path in re.findall(r"(?<![\w.~$])/(?:home|root|work|tmp|mnt|opt)/\S*", text):
        yield f"a path of somebody's machine: {path}"
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*\$ ", line):
            yield f"line {number}: a prompt; commands are written without one"


def write_idx(folder, images, labels, count):
    """An IDX pair, images plain and labels compressed."""
    side = 28
    pixels = bytes((7 * i + i // side * (i // side ** 2 % 10)) % 256 for i in range(count * side * side))
    (folder / images).write_bytes(struct.pack(">IIII", 0x803, count, side, side) + pixels)
    with gzip.GzipFile(folder / (labels + ".gz"), "wb") as file:
        file.write(struct.pack(">II", 0x801, count) + bytes(i % 10 for i in range(count)))


def write_cifar(folder):
    """A directory in the format of CIFAR-10's binary version."""
    folder.mkdir()
    for name, count in (("data_batch_1.bin", 128), ("test_batch.bin", 32)):
        (folder / name).write_bytes(b"".join(
            bytes([i % 10]) + bytes((i % 10 * (p % 13) + 3 * p) % 256 for p in range(3072)) for i in range(count)))


def make_home(folder):
    """What README expects a reader to have: a data set, and programs of the RISC-V test suites."""
    data, isa = folder / "fashion-mnist", folder / "riscv-tests" / "isa"
    data.mkdir(parents=True)
    isa.mkdir(parents=True)
    write_idx(data, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 256)
    write_idx(data, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 128)
    write_cifar(folder / "cifar-10-batches-bin")
    source = folder / "tohost.S"
    source.write_text(TOHOST_PROGRAM)
    subprocess.run(["riscv64-unknown-elf-gcc", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-nostdlib",
                    "-Wl,-n,--no-warn-rwx-segments,-Ttext=0x80000000", source, "-o", isa / "rv64ui-p-add"], check=True)
    (isa / "rv64ui-p-add.dump").write_text("a listing\n")


def brief(scenario):
    """The scenario with little data, one epoch and no expectations."""
    text = re.sub(r"^expect:\n(  .*\n)*", "", scenario, flags=re.M)
    for key, value in (("generated_train", 640), ("generated_test", 200), ("epochs", 1)):
        text = re.sub(rf"^(  {key}:) .*$", rf"\1 {value}", text, flags=re.M)
    return text


def write_tool(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def make_tree(folder, build):
    folder.mkdir()
    for entry in TOP.iterdir():
        if entry.name not in COPIED | LEFT_OUT:
            (folder / entry.name).symlink_to(entry)
    shutil.copytree(TOP / "scenarios", folder / "scenarios")
    for scenario in (folder / "scenarios").glob("*.yaml"):
        scenario.write_text(brief(scenario.read_text()))
    write_tool(folder / "scenarios" / "setup" / "build.sh", "#!/bin/sh\n")
    (folder / "tests").mkdir()
    shutil.copy(TOP / "tests" / "run", folder / "tests" / "run")
    (folder / "tests" / "integration").symlink_to(TOP / "tests" / "integration")
    (folder / "build").mkdir()
    (folder / "build" / "release").symlink_to(build)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def script_of(text):
    lines = ["set -eo pipefail"]
    for line in text.replace("\\\n", " ").splitlines():
        expected = re.match(r"(.*?)\s+# exit (\d+)$", line)
        if expected:
            lines.append(f"status=0; {expected[1]} || status=$?")
            wrong = f'echo "exit code $status, not {expected[2]}"'
            lines.append(f"[ $status -eq {expected[2]} ] || {{ {wrong}; exit 1; }}")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def missing_lines(expected, printed):
    for line, times in collections.Counter(expected.splitlines()).items():
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in line.split("...")))
        found = sum(bool(pattern.search(p)) for p in printed.splitlines())
        if found < times:
            yield f"printed {found} times, not {times}: {line}"


def end_all(session):
    """Ends what a block left behind."""
    try:
        os.killpg(session, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run_block(block, expected, tree, environment):
    text = re.sub(r"\b3333\b", str(free_port()), block.text)
    with tempfile.TemporaryFile() as output:
        bash = subprocess.Popen(["bash", "-c", script_of(text)], cwd=tree, env=environment, stdin=subprocess.DEVNULL,
                                stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            status = bash.wait(LONGEST)
        except subprocess.TimeoutExpired:
            status = f"after {LONGEST} seconds"
        end_all(bash.pid)
        bash.wait()
        output.seek(0)
        printed = output.read(MOST_OUTPUT).decode(errors="replace")
    found = list(missing_lines(expected, printed))
    if status != 0:
        found.append(f"a command failed; bash ended with {status}")
    for complaint in found:
        print(f"README.md:{block.line}: {complaint}")
    if found:
        print("\n".join("  | " + line for line in (block.text + "\n---\n" + printed).splitlines()[-80:]))
    return not found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--only", type=int, help="only the block that starts at this line")
    options = parser.parse_args()
    readme = TOP / "README.md"
    failed = list(complaints_about_text(readme))
    for complaint in failed:
        print(f"README.md: {complaint}")
    blocks = blocks_of(readme)
    ran = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        tree = folder / "acf-vp"
        make_home(folder / "home")
        make_tree(tree, options.build.resolve())
        write_tool(folder / "tools" / "ctest", CTEST)
        path = f"{folder / 'tools'}:{tree / 'build' / 'release' / 'bin'}:{os.environ['PATH']}"
        environment = {**os.environ, "HOME": str(folder / "home"), "PATH": path, "CCACHE_DISABLE": "1"}
        for i, block in enumerate(blocks):
            if block.language != "sh" or (options.only and block.line != options.only):
                continue
            follows = blocks[i + 1] if i + 1 < len(blocks) else None
            end = block.line + block.text.count("\n") + 2
            adjacent = follows and follows.language == "text" and follows.line == end + 1
            ran += 1
            if not run_block(block, follows.text if adjacent else "", tree, environment):
                failed.append(block.line)
    print(f"{ran} blocks, {len(failed)} complaints")
    return 1 if failed or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
