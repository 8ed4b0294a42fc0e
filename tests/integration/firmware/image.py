#!/usr/bin/env python3
"""Runs one bare-metal image on one or more machines and compares what it prints and how it exits.

image.py (--image X.elf | --example FOLDER) --on COMMAND [--on COMMAND ...] [expectations]

FOLDER is built by its own Makefile from a copy outside the tree, as a reader of README would. In a COMMAND, {elf} stands
for the image and {input} for a file with the console input; without {input} the input is piped to it. Every machine must
meet the expectations, and all of them must print the same bytes unless --machines-differ.
"""
import argparse
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[3]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--image", type=pathlib.Path)
    source.add_argument("--example", type=pathlib.Path)
    parser.add_argument("--on", action="append", required=True, metavar="COMMAND")
    parser.add_argument("--input", default="", help="console input; \\n and the like are understood")
    parser.add_argument("--console", help="exactly what must be printed")
    parser.add_argument("--contains", action="append", default=[], help="a line that must be printed")
    parser.add_argument("--exit", type=int, default=0)
    parser.add_argument("--integer-only", action="store_true",
                        help="no floating-point instruction outside of reset and trap entry")
    parser.add_argument("--machines-differ", action="store_true", help="the console shows addresses of the machine")
    parser.add_argument("--timeout", type=float, default=60)
    return parser.parse_args()


def unescape(text):
    return text.encode().decode("unicode_escape").encode("latin-1")


def build(example, folder):
    copy = folder / example.name
    shutil.copytree(example, copy, ignore=shutil.ignore_patterns("build"))
    subprocess.run(["make", "-C", copy, f"ACF_HOME={TOP}"], check=True, stdout=subprocess.DEVNULL)
    return next((copy / "build").glob("*.elf"))


def run(command, elf, console_input, folder, timeout):
    file = folder / "input"
    file.write_bytes(console_input)
    words = [word.replace("{elf}", str(elf)).replace("{input}", str(file)) for word in shlex.split(command)]
    piped = b"" if "{input}" in command else console_input
    done = subprocess.run(words, input=piped, stdout=subprocess.PIPE, timeout=timeout)
    return done.stdout, done.returncode


def complaints(options, console, status):
    if status != options.exit:
        yield f"exit status {status}, expected {options.exit}"
    if options.console is not None and console != unescape(options.console):
        yield f"console differs, expected {unescape(options.console)!r}"
    lines = console.decode("latin-1").splitlines()
    for line in options.contains:
        if line not in lines:
            yield f"no line '{line}'"


def functions_with_floats(elf):
    """Names of functions that hold floating-point instructions, other than the ones that save and restore the state."""
    listing = subprocess.run(["riscv64-unknown-elf-objdump", "-d", "-C", "--no-show-raw-insn", elf], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    allowed, found, function = {"_start", "trap_entry"}, set(), ""
    for line in listing.splitlines():
        if line.endswith(">:"):
            function = line.split("<", 1)[1][:-2]
        elif ":\t" in line:
            instruction = line.split(":\t", 1)[1].split()[0]
            if instruction.startswith(("f", "c.f")) and not instruction.startswith("fence") and function not in allowed:
                found.add(function)
    return found


def main():
    options = arguments()
    failed, first = False, None
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        elf = build(options.example, folder) if options.example else options.image
        if options.integer_only and (found := functions_with_floats(elf)):
            print("floating-point instructions in:", ", ".join(sorted(found)))
            failed = True
        for command in options.on:
            console, status = run(command, elf, unescape(options.input), folder, options.timeout)
            found = list(complaints(options, console, status))
            if first is not None and console != first and not options.machines_differ:
                found.append("console differs from the first machine's")
            first = console if first is None else first
            if found:
                failed = True
                print(f"--- {command}", *found, "--- console:", console.decode("latin-1"), sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
