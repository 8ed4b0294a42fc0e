"""Reads and writes the .npz files of a network: fp32 arrays by name, as (shape, list of values)."""
import ast
import struct
import zipfile


def tensors(path):
    """fp32 arrays by name, as lists."""
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            length = struct.unpack_from("<H", data, 8)[0]
            shape = ast.literal_eval(data[10:10 + length].decode())["shape"]
            arrays[name.removesuffix(".npy")] = shape, struct.unpack(f"<{(len(data) - 10 - length) // 4}f", data[10 + length:])
    return arrays


def write_tensors(path, arrays):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (shape, values) in arrays.items():
            header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
            archive.writestr(name + ".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
                             + struct.pack(f"<{len(values)}f", *values))
