"""Data sets of noise, as files and as torch sees them."""
import torch

from idx_file import write_idx


def write_set(folder, noise, samples, channels, height, width):
    """Images as IDX or, of three channels, CIFAR-10-format files, in place of what was there: [samples, channels, height,
    width] and labels, in double precision."""
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    pixels = channels * height * width
    images = [bytes(noise.randrange(256) for _ in range(pixels)) for _ in range(samples)]  # planes
    labels = [noise.randrange(10) for _ in range(samples)]
    if channels == 3:
        records = b"".join(bytes([label]) + image for label, image in zip(labels, images))
        for name in ("data_batch_1.bin", "test_batch.bin"):
            (folder / name).write_bytes(records)
    else:
        for part in ("train", "t10k"):
            write_idx(folder, part, height, width, images, labels)
    values = torch.tensor([list(image) for image in images], dtype=torch.float64) / 255
    return values.reshape(samples, channels, height, width), torch.tensor(labels)
