"""Runs acf-vp and keeps what a user sees of it."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

FIRMWARE = pathlib.Path(os.environ["ACF_FIRMWARE"])


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def acf_vp(self, *arguments):
        command = [os.environ["ACF_VP"], "run", *map(str, arguments)]
        if "--out" not in arguments:
            command += ["--out", str(self.folder / "out")]
        return subprocess.run(command, cwd=self.folder, capture_output=True, timeout=300, stdin=subprocess.DEVNULL,
                              text=True, errors="replace")

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def expect(self, result, code, *parts):
        """That exit code, and a line on stderr that has all the parts."""
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertTrue(any(all(p in line for p in parts) for line in result.stderr.splitlines()), result.stderr)

    def report(self):
        return json.loads((self.folder / "out" / "report.json").read_text())
