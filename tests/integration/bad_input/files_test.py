"""Files that are not what they should be: exit 2 and a line that says what is wrong with which file."""

import struct
import sys
import unittest

from platform_run import FIRMWARE, Case

HELLO = (FIRMWARE / "hello.elf").read_bytes()


def moved(elf, address):
    """The image with its first segment, and its entry, at another physical address."""
    image = bytearray(elf)
    (headers,) = struct.unpack_from("<Q", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    for at in range(headers, headers + size * count, size):
        if struct.unpack_from("<I", image, at)[0] == 1:
            struct.pack_into("<QQ", image, at + 16, address, address)
            break
    struct.pack_into("<Q", image, 24, address)
    return bytes(image)


def idx(magic, *dimensions, content):
    return struct.pack(f">I{len(dimensions)}I", magic, *dimensions) + content


class Programs(Case):
    def refused(self, name, *parts):
        result = self.acf_vp("--firmware", name)
        self.assertEqual(result.stdout, "")
        self.expect(result, 2, *parts)

    def test_missing(self):
        self.refused("nothing.elf", "nothing.elf")

    def test_empty(self):
        self.write("empty.elf", b"")
        self.refused("empty.elf", "empty.elf")

    def test_text(self):
        self.write("text.elf", b"int main() { return 0; }\n" * 10)
        self.refused("text.elf", "text.elf", "ELF")

    def test_truncated(self):
        for length in (10, 63, 64, 100, len(HELLO) // 3):
            with self.subTest(length):
                self.write("cut.elf", HELLO[:length])
                self.refused("cut.elf", "cut.elf")

    def test_wrong_architecture(self):
        with open(sys.executable, "rb") as f:
            self.write("host.elf", f.read())
        self.refused("host.elf", "host.elf", "RISC-V")

    def test_out_of_memory_range(self):
        for address in (0x2000, 0x4000_0000, 0x7FFF_FFF0, 0xFFFF_FFFF_FFFF_F000):
            with self.subTest(hex(address)):
                self.write("far.elf", moved(HELLO, address))
                self.refused("far.elf", "far.elf")


class Loads(Case):
    def test_outside_dram(self):
        self.write("data.bin", bytes(64))
        for address in ("0x1000", "0x7fffffff", "0xffffffffffffffff", "0x27fffffff"):
            with self.subTest(address):
                result = self.acf_vp("--firmware", FIRMWARE / "hello.elf", "--load", f"data.bin@{address}")
                self.expect(result, 2, "--load", "DRAM")

    def test_missing(self):
        result = self.acf_vp("--firmware", FIRMWARE / "hello.elf", "--load", "nothing.bin@0x90000000")
        self.expect(result, 2, "nothing.bin")


class Out(Case):
    def test_unwritable(self):
        self.write("file", b"")
        result = self.acf_vp("--firmware", FIRMWARE / "hello.elf", "--out", "file/below")
        self.expect(result, 2, "--out", "file/below")

    def test_console(self):
        result = self.acf_vp("--firmware", FIRMWARE / "hello.elf", "--console", "no/such/folder")
        self.expect(result, 2, "--console", "no/such/folder")


class DataSets(Case):
    def setUp(self):
        super().setUp()
        self.files = {}
        for part, n in (("train", 128), ("t10k", 64)):
            self.files[f"{part}-images-idx3-ubyte"] = idx(0x803, n, 28, 28, content=bytes(n * 784))
            self.files[f"{part}-labels-idx1-ubyte"] = idx(0x801, n, content=bytes(i % 10 for i in range(n)))

    def refused(self, *parts):
        for name, content in self.files.items():
            self.write(f"data/{name}", content)
        result = self.acf_vp("--firmware", "train", "--set", "data.path=data", "--set", "train.max_steps=1",
                             "--set", "train.twin=false")
        self.assertEqual(result.stdout, "")
        self.expect(result, 2, *parts)

    def test_missing(self):
        del self.files["t10k-labels-idx1-ubyte"]
        self.refused("data", "t10k-labels-idx1-ubyte")

    def test_truncated(self):
        self.files["train-images-idx3-ubyte"] = self.files["train-images-idx3-ubyte"][:-1]
        self.refused("train-images-idx3-ubyte", "ends after")

    def test_truncated_header(self):
        self.files["train-labels-idx1-ubyte"] = b"\0\0\x08"
        self.refused("train-labels-idx1-ubyte", "ends after")

    def test_too_long(self):
        self.files["t10k-images-idx3-ubyte"] += b"\0"
        self.refused("t10k-images-idx3-ubyte", "more bytes")

    def test_mislabelled(self):
        f = self.files
        f["train-images-idx3-ubyte"], f["train-labels-idx1-ubyte"] = (
            f["train-labels-idx1-ubyte"], f["train-images-idx3-ubyte"])
        self.refused("train-images-idx3-ubyte", "0x00000801", "0x00000803")

    def test_shapes_differ(self):
        self.files["t10k-images-idx3-ubyte"] = idx(0x803, 64, 14, 56, content=bytes(64 * 784))
        self.refused("t10k-images-idx3-ubyte", "14 x 56", "28 x 28")

    def test_images_that_no_perceptron_takes(self):
        for part in ("train", "t10k"):
            self.files[f"{part}-images-idx3-ubyte"] = idx(0x803, 1, 2000, 2000, content=bytes(4_000_000))
            self.files[f"{part}-labels-idx1-ubyte"] = idx(0x801, 1, content=bytes(1))
        self.refused("data: its images have 4000000 values each, but without train.network the most are 65535")

    def test_label_out_of_range(self):
        labels = bytearray(self.files["train-labels-idx1-ubyte"])
        labels[-3] = 10
        self.files["train-labels-idx1-ubyte"] = bytes(labels)
        self.refused("train-labels-idx1-ubyte", "10")

    def test_counts_differ(self):
        self.files["train-labels-idx1-ubyte"] = idx(0x801, 127, content=bytes(127))
        self.refused("train-", "127", "128")


if __name__ == "__main__":
    unittest.main()
