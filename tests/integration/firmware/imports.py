#!/usr/bin/env python3
"""What object files need from outside of themselves, compared with what they may need.

imports.py --allow NAME [--allow NAME ...] X.o [Y.o ...]
"""
import argparse
import subprocess
import sys


def symbols(objects, option):
    lines = subprocess.run(["riscv64-unknown-elf-nm", "--format=posix", option, *objects], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return {line.split()[0] for line in lines if line and not line.endswith(":")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--allow", action="append", default=[])
    parser.add_argument("objects", nargs="+")
    options = parser.parse_args()
    needed = symbols(options.objects, "--undefined-only") - symbols(options.objects, "--defined-only")
    surprising = sorted(needed - set(options.allow))
    for name in surprising:
        print("needs", name)
    return 1 if surprising else 0


if __name__ == "__main__":
    sys.exit(main())
