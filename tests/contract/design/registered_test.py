"""Every test that lies in the tree is one that ctest runs."""
import json
import pathlib
import subprocess
import sys
import unittest

TOP, BUILD = map(pathlib.Path, (sys.argv.pop(1), sys.argv.pop(1)))


class Registered(unittest.TestCase):
    def check(self, pattern, known):
        files = {file.resolve() for file in (TOP / "tests").rglob(pattern)}
        self.assertGreater(len(files), 30)
        self.assertEqual(sorted(str(file) for file in files - known), [])

    def test_programs(self):
        sources = json.loads((BUILD / "compile_commands.json").read_text())
        self.check("*_test.cpp", {pathlib.Path(source["file"]).resolve() for source in sources})

    def test_scripts(self):
        shown = subprocess.run(["ctest", "--test-dir", BUILD, "--show-only=json-v1"], capture_output=True, check=True)
        words = {word for test in json.loads(shown.stdout)["tests"] for word in test.get("command", [])}
        self.check("*_test.py", {pathlib.Path(word).resolve() for word in words if word.endswith(".py")})


if __name__ == "__main__":
    unittest.main()
