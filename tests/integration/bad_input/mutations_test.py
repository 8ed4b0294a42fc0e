"""Seeded byte mutations of files that acf-vp reads, through the command line. Never a crash, and what is refused is
refused with a message. The 10^4 mutations of each reader are in tests/fuzz; these few check the way through."""

import random
import unittest

from platform_run import FIRMWARE, Case


def mutated(content, generator):
    image = bytearray(content)
    for _ in range(generator.randrange(1, 8)):
        image[generator.randrange(min(len(image), 4096))] = generator.choice((0, 1, 0x7F, 0x80, 0xFF, generator.randrange(256)))
    if generator.random() < 0.2:
        del image[generator.randrange(len(image)):]
    return bytes(image)


class Mutations(Case):
    def test_program(self):
        generator = random.Random(1)
        hello = (FIRMWARE / "hello.elf").read_bytes()
        for n in range(60):
            self.write("hello.elf", mutated(hello, generator))
            result = self.acf_vp("--firmware", "hello.elf", "--max-sim-ms", "1", "--max-host-seconds", "5")
            self.assertIn(result.returncode, (0, 1, 2, 3), f"mutation {n}: {result.stderr}")
            if result.returncode == 2:
                self.assertIn("hello.elf", result.stderr)

    def test_scenario(self):
        generator = random.Random(2)
        text = b"name: x\nfirmware: hello\nmesh: {width: 2, height: 2}\ntrain:\n  hidden: [128]\n  lr: 0.05\nexpect:\n  - test_accuracy_percent >= 1\n"
        for n in range(100):
            self.write("s.yaml", mutated(text, generator))
            result = self.acf_vp("s.yaml", "--firmware", FIRMWARE / "hello.elf", "--max-host-seconds", "5")
            self.assertIn(result.returncode, (0, 1, 2, 3), f"mutation {n}: {result.stderr}")


if __name__ == "__main__":
    unittest.main()
