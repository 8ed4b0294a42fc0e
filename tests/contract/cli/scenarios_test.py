"""scenarios/run, as far as it goes without building or running."""

import json
import unittest

from acf import TOP, Case, acf_vp, scenarios_run


class Scenarios(Case):
    def test_the_list_names_every_scenario_file(self):
        result = scenarios_run("--list", "--json", folder=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        listed = json.loads(result.stdout)
        self.assertEqual({s["name"] for s in listed}, {f.stem for f in (TOP / "scenarios").glob("*.yaml")})
        for s in listed:
            self.assertTrue(s["description"], s["name"])
            self.assertTrue((TOP / s["file"]).is_file())
        plain = scenarios_run("--list")
        self.assertEqual(len(plain.stdout.splitlines()), len(listed))

    def test_every_scenario_is_valid_and_has_the_name_of_its_file(self):
        for file in (TOP / "scenarios").glob("*.yaml"):
            result = acf_vp("describe", str(file))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(json.loads(result.stdout)["config"]["name"], file.stem)

    def test_usage_errors(self):
        self.refused(scenarios_run("--sett", "x=1"), "unknown option '--sett'")
        self.refused(scenarios_run("--set"), "--set needs KEY=VALUE")
        self.refused(scenarios_run("no-such-scenario"), "unknown scenario 'no-such-scenario'", "train-mlp-sparse")
        self.refused(scenarios_run("nowhere.yaml"), "there is no file 'nowhere.yaml'")
        self.refused(scenarios_run("a.yaml", "b.yaml"), "one scenario at a time")


if __name__ == "__main__":
    unittest.main()
