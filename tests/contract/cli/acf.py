"""Runs the programs under test and keeps their exit code, stdout and stderr."""

import os
import pathlib
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(os.environ["ACF_TOP"])


def acf_vp(*arguments, folder=None):
    return _run([os.environ["ACF_VP"], *arguments], folder)


def scenarios_run(*arguments, folder=None):
    return _run([str(TOP / "scenarios" / "run"), *arguments], folder)


def _run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


class Case(unittest.TestCase):
    """A test with a folder of its own and a check for refused input."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def refused(self, result, *parts):
        """Exit code 2, nothing on stdout, and a line on stderr that has all the parts."""
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(result.stdout, "")
        lines = result.stderr.splitlines()
        self.assertTrue(any(all(part in line for part in parts) for line in lines), result.stderr)
        return lines
