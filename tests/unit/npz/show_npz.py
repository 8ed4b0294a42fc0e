"""Prints the arrays of an .npz file as the format documents say, with Python's own zip reader, which checks sums."""

import ast
import struct
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as archive:
    if archive.testzip() is not None:
        sys.exit("checksum of " + archive.testzip())
    for entry in archive.infolist():
        raw = archive.read(entry)
        if raw[:8] != b"\x93NUMPY\x01\x00":
            sys.exit("not an .npy file of version 1.0")
        length = struct.unpack("<H", raw[8:10])[0]
        if (10 + length) % 64 or raw[9 + length : 10 + length] != b"\n":
            sys.exit("header is not aligned")
        header = ast.literal_eval(raw[10 : 10 + length].decode())
        if header["descr"] != "<f4" or header["fortran_order"]:
            sys.exit("not fp32 in row-major order")
        data = raw[10 + length :]
        print(entry.filename, entry.date_time, header["shape"], struct.unpack(f"<{len(data) // 4}f", data))
