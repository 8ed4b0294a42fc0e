"""Order of samples and values that dropout keeps, in the first step of a run with seed 0: written from models/zbcc/ARITHMETIC.md section 9
and sw_stack/compiler/RECIPE.md section 9."""
import torch

LOW = 0xFFFFFFFF


def block(counter, key):
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = ((second >> 32) ^ counter[1] ^ key[0], second & LOW, (first >> 32) ^ counter[3] ^ key[1], first & LOW)
        key = ((key[0] + 0x9E3779B9) & LOW, (key[1] + 0xBB67AE85) & LOW)
    return counter


def order(samples):
    """Which sample is in each row of the first batch."""
    rows = list(range(samples))
    for i in range(samples):
        word = block((i // 4, 0, 0x300, 0), (0, 0))[i % 4]
        other = i + (word * (samples - i) >> 32)
        rows[i], rows[other] = rows[other], rows[i]
    return rows


def dropout(number, share, rows, channels, height, width):
    """1 where a value stays, [rows, channels, height, width]."""
    padded = (channels + 3) // 4 * 4
    kept = torch.ones(rows, channels, height, width, dtype=torch.float64)
    bound = int(share * 2 ** 32)
    for row in range(rows):
        for y in range(height):
            for x in range(width):
                for channel in range(channels):
                    word = (number << 27) + ((row * height + y) * width + x) * padded + channel
                    if block((word // 4, 0, 0, 0x500), (0, 0))[word % 4] < bound:
                        kept[row, channel, y, x] = 0
    return kept
