"""Whoever writes a training firmware of his own gets a job image for it."""
import pathlib
import shutil
import unittest

from acf_run import ACF_VP, SMALL, Case


class OwnFirmware(Case):
    def run_image(self, firmware, **more):
        keys = SMALL | {"data.generated_train": 320, "data.generated_test": 64} | more
        sets = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
        return self.run_acf("--firmware", firmware, *sets)

    def test_a_changed_copy_of_train(self):
        built = pathlib.Path(ACF_VP).parent.parent / "firmware" / "train.elf"
        shutil.copy(built, self.folder / "mine.elf")
        ours = self.run_image("train")
        self.assertEqual(self.run_image(built).report["summary"], ours.report["summary"])
        own = self.run_image("./mine.elf")
        self.assertEqual((own.code, own.console), (0, ours.console), own.log)
        self.assertEqual(own.report["summary"], ours.report["summary"])


if __name__ == "__main__":
    unittest.main()
