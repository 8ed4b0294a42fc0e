"""Sets of grey images as IDX files."""
import struct


def idx_files(part, height, width, images, labels):
    """The bytes of both files by name. part: train or t10k; images: the pixels of each."""
    return {f"{part}-images-idx3-ubyte": struct.pack(">4i", 0x803, len(images), height, width) + b"".join(images),
            f"{part}-labels-idx1-ubyte": struct.pack(">2i", 0x801, len(labels)) + bytes(labels)}


def write_idx(folder, *of_a_part):
    for name, content in idx_files(*of_a_part).items():
        (folder / name).write_bytes(content)
