"""Who may include whom. Every library can reach every header, so the compiler does not mind; this test does."""
import pathlib
import re
import sys
import unittest

TOP = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".")
INCLUDE = re.compile(r'^\s*#\s*include\s+"((?:models|platform|sw_stack|firmware|tests)/[^"]+)"', re.MULTILINE)

HAL = "sw_stack/hal"
# Software, by folder. What is not here includes nothing but its own folder and the standard library.
ALLOWED = {
    "sw_stack/data": {HAL},
    "sw_stack/driver": {HAL},
    "sw_stack/runtime": {HAL, "sw_stack/driver"},
    "sw_stack/compiler": {HAL, "sw_stack/data"},
    "firmware/start": {"firmware/board"},
    "firmware/board": {HAL, "sw_stack/driver", "firmware/start"},
    "firmware/examples": {HAL, "sw_stack/driver", "sw_stack/runtime", "firmware/board", "firmware/start"},
    "firmware/apps": {HAL, "sw_stack/driver", "sw_stack/runtime", "firmware/board", "firmware/start"},
}
# The blocks of the hardware: each may know those before it, and the register map.
MODELS = [f"models/{block}" for block in
          ("common", "cpu", "zbcc", "dram", "noc", "peripherals", "sequencer", "same", "tile", "host_bridge")]
# The platform: each group may know those before it, its own members, and all models. Folders that are not here watch
# the chip or make something of it, and stand between the last two.
FORMATS = {"platform", "platform/loader", "platform/gdb", "platform/energy", "platform/report",
           "platform/registers_document"}
PLATFORM = ["platform/config"], FORMATS, None, ["platform/cli"]
# What the command line calls to turn a network into a job.
CALLS_THE_COMPILER = re.compile(r"platform/(soc/training|soc/training_data|soc/start|network/network_file|"
                                r"network/onnx_file|network/weighted_layers)\.(hpp|cpp)")
# The reference that the chip's weights are compared with stands on nothing of ours.
REFERENCE = "tests/reference"


def folder_of(path):
    parts = pathlib.PurePosixPath(path).parts
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def level(folder):
    """Of a folder of the platform, lowest first; of others none."""
    if folder != "platform" and not folder.startswith("platform/"):
        return None
    return next((n for n, group in enumerate(PLATFORM) if group and folder in group), PLATFORM.index(None))


def allowed(file, target):
    """Whether that file of the project may include something of the folder `target`."""
    folder = folder_of(file)
    if target == folder:
        return True
    if folder in MODELS:
        return target == HAL or target in MODELS[:MODELS.index(folder)]
    if level(folder) is not None:
        if target in ("sw_stack/compiler", "sw_stack/data"):
            return CALLS_THE_COMPILER.fullmatch(file) is not None
        return target == HAL or target in MODELS or level(target) is not None and level(target) <= level(folder)
    return target in ALLOWED.get(folder, set())


def sources(top):
    for part in ("models", "platform", "sw_stack", "firmware", REFERENCE):
        for file in sorted((top / part).rglob("*")):
            if file.suffix in (".hpp", ".cpp", ".h", ".c"):
                yield file.relative_to(top).as_posix(), file.read_text(encoding="utf-8", errors="replace")


def violations(files):
    return [f"{name} includes {included}" for name, text in files for included in INCLUDE.findall(text)
            if not allowed(name, folder_of(included))]


class Dependencies(unittest.TestCase):
    def test_of_the_tree(self):
        files = list(sources(TOP))
        self.assertGreater(len(files), 300)
        self.assertEqual(violations(files), [])

    def test_every_folder_is_known(self):
        known = {HAL, REFERENCE, *ALLOWED, *MODELS, "firmware/toolchain"}
        folders = {folder_of(name) for name, _ in sources(TOP)}
        self.assertEqual({f for f in folders if level(f) is None} - known, set())

    def test_what_it_finds(self):
        for file, header in (("models/noc/routing.cpp", "platform/config/config.hpp"),
                             ("models/noc/routing.cpp", "sw_stack/compiler/design.hpp"),
                             ("models/noc/mesh.hpp", "models/tile/tile.hpp"),
                             ("sw_stack/hal/commands.hpp", "sw_stack/driver/names.hpp"),
                             ("sw_stack/driver/queue.cpp", "models/common/units.hpp"),
                             ("platform/soc/session.cpp", "sw_stack/driver/names.hpp"),
                             ("platform/soc/session.cpp", "sw_stack/compiler/compile.hpp"),
                             ("platform/report/json.cpp", "platform/soc/soc.hpp"),
                             ("platform/soc/run.cpp", "platform/cli/commands.hpp"),
                             ("firmware/apps/train/main.cpp", "sw_stack/compiler/image.hpp"),
                             ("tests/reference/trainer.cpp", "sw_stack/hal/numeric.hpp")):
            self.assertEqual(violations([(file, f'  # include "{header}" // here\n')]), [f"{file} includes {header}"])
        self.assertEqual(violations([("platform/cli/main.cpp", '#include "models/noc/mesh.hpp"')]), [])


if __name__ == "__main__":
    unittest.main()
