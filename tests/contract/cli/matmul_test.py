"""acf-vp matmul: any engine on anybody's arrays; the result to the bit, bad arrays by name."""

import io
import json
import random
import struct
import unittest
import zipfile

from acf import Case, acf_vp

ENGINES = ["dense", "zbcc", "tensordash", "spartann", "sat"]


def npy(kind, rows, columns, values, version=1):
    """A .npy file; values in row-major order, as struct packs them."""
    letter = {"<f4": "f", "<f2": "e", "<f8": "d", "|b1": "?", "|u1": "B", "|i1": "b"}[kind]
    text = "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }" % (kind, rows, columns)
    text += " " * (63 - (len(text) + 10) % 64) + "\n"
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text.encode() + struct.pack(f"<{len(values)}{letter}", *values)


def read_npy(data):
    start = 10 + struct.unpack("<H", data[8:10])[0]
    letter = {"<f4": "f", "<i4": "i"}[data[10:start].split(b"'")[3].decode()]
    return [x[0] for x in struct.iter_unpack("<" + letter, data[start:])]


def fp32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def bf16(x):
    bits = struct.unpack("<I", struct.pack("<f", x))[0]
    if bits & 0x7FFFFFFF > 0x7F800000:
        return float("nan")
    bits = bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def dot(a, b):
    """ARITHMETIC.md section 2: products rounded, added in order, pairs with a zero left out."""
    total = 0.0
    for x, y in zip(a, b):
        if x != 0 and y != 0:
            total = fp32(total + fp32(x * y))
    return total


class Matmul(Case):
    def put(self, name, data):
        (self.folder / name).write_bytes(data)
        return str(self.folder / name)

    def matmul(self, engine, a, b, *options):
        out, c = self.folder / "r.json", self.folder / "c.npy"
        r = acf_vp("matmul", "--engine", engine, "--a", a, "--b", b, "--json", str(out), "--c", str(c), *options)
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertEqual(r.stdout, "")
        self.errors = r.stderr
        return json.loads(out.read_text()), c.read_bytes()

    def values(self, m, k, n, density, seed=1):
        g = random.Random(seed)
        a = [g.uniform(-2, 2) for _ in range(m * k)]
        b = [g.uniform(-2, 2) if g.random() < density else 0.0 for _ in range(k * n)]
        return a, b

    def test_every_engine_gives_the_bits_of_the_arithmetic_contract(self):
        m, k, n = 5, 37, 9
        a, b = self.values(m, k, n, 0.4)
        fa, fb = self.put("a.npy", npy("<f4", m, k, a)), self.put("b.npy", npy("<f4", k, n, b))
        ra, rb = [bf16(fp32(x)) for x in a], [bf16(fp32(x)) for x in b]
        expected = [dot(ra[i * k : i * k + k], rb[j::n]) for i in range(m) for j in range(n)]
        for engine in ENGINES:
            for phase in ["forward", "input_gradient", "weight_gradient"]:
                r, c = self.matmul(engine, fa, fb, "--phase", phase)
                self.assertEqual(read_npy(c), expected, (engine, phase))
                self.assertEqual(r["macs_executed"] + r["macs_skipped"], m * k * n)
                self.assertEqual(r["macs_executed"] + sum(r["stalls"].values()), r["cycles"] * r["lanes"])
                self.assertLessEqual(r["ideal_cycles"], r["cycles"])
                self.assertLessEqual(r["cycles"], r["dense_cycles"])
                self.assertEqual((r["m"], r["n"], r["k"], r["engine"]), (m, n, k, engine))

    def test_special_values_follow_the_contract(self):
        inf, nan = float("inf"), float("nan")
        a = [inf, 0.0, 1e-40, -0.0, nan, 2.0, 1.0, 1.0]
        b = [0.0, inf, 1.0, 5.0, -0.0, 3.0, 1.0, 1e-45]
        fa, fb = self.put("a.npy", npy("<f4", 1, 8, a)), self.put("b.npy", npy("<f4", 8, 1, b))
        for engine in ENGINES:
            _, c = self.matmul(engine, fa, fb, "--dtype", "fp32")
            self.assertEqual(read_npy(c), [dot([fp32(x) for x in a], [fp32(x) for x in b])], engine)
        fn = self.put("n.npy", npy("<f4", 8, 1, [1.0] * 8))
        self.assertEqual(self.matmul("zbcc", fa, fn)[1][-4:], struct.pack("<I", 0x7FC00000))

    def test_tensordash_skips_as_in_the_figure(self):
        # 4 outputs, 16 steps of 4 pairs, all zero: four steps a cycle
        fa, fb = self.put("a.npy", npy("|u1", 4, 64, [1] * 256)), self.put("b.npy", npy("|b1", 64, 4, [False] * 256))
        r, _ = self.matmul("tensordash", fa, fb)
        self.assertEqual((r["cycles"], r["dense_cycles"], r["macs_executed"]), (4, 16, 0))
        self.assertEqual(r["stalls"], {"window": 4 * 64})

    def test_spartann_takes_a_cycle_per_non_zero_of_the_gradient(self):
        fa = self.put("a.npy", npy("|u1", 64, 10, [1] * 640))
        fb = self.put("b.npy", npy("|u1", 10, 3, [i % 3 == 0 for i in range(30)]))
        self.assertEqual(self.matmul("spartann", fa, fb, "--phase", "input_gradient")[0]["cycles"], 10)
        self.assertEqual(self.matmul("spartann", fa, fb, "--phase", "weight_gradient")[0]["cycles"], 10)
        self.assertEqual(self.matmul("spartann", fa, fb)[0]["cycles"], 30)

    def test_sat_finds_n_of_m_and_says_when_there_is_none(self):
        k, n = 64, 8
        two_of_eight = [1 if (i // n) % 8 in (1, (5 + i % n) % 8 if (5 + i % n) % 8 != 1 else 0) else 0 for i in range(k * n)]
        fa = self.put("a.npy", npy("|u1", 16, k, [1] * (16 * k)))
        fb = self.put("b.npy", npy("|u1", k, n, two_of_eight))
        r, _ = self.matmul("sat", fa, fb)
        self.assertEqual((r["mode"], r["cycles"], r["dense_cycles"]), ("ws, 2:8", 16 * 2 + 14, 16 * 8 + 14))
        self.assertEqual(self.errors, "")
        self.assertIn("no weight operand", self.matmul("sat", fa, fb, "--phase", "weight_gradient")[0]["mode"])
        irregular = self.put("c.npy", npy("|u1", k, n, [i % 5 == 0 for i in range(k * n)]))
        r, _ = self.matmul("sat", fa, irregular)
        self.assertIn("not N:M", r["mode"])
        self.assertIn("dense mode", self.errors)

    def test_two_sides_skip_more_and_are_refused_where_the_machine_has_one(self):
        m, k, n = 16, 128, 16
        g = random.Random(2)
        fa = self.put("a.npy", npy("|u1", m, k, [g.random() < 0.5 for _ in range(m * k)]))
        fb = self.put("b.npy", npy("|u1", k, n, [g.random() < 0.5 for _ in range(k * n)]))
        for engine in ["zbcc", "tensordash"]:
            one, two = (self.matmul(engine, fa, fb, "--sided", s)[0] for s in ["one", "two"])
            self.assertLess(two["macs_executed"], one["macs_executed"])
            self.assertLess(two["cycles"], one["cycles"])
            self.assertEqual(two["macs_executed"], two["macs_total"] - two["macs_skipped"])
        for engine in ["spartann", "sat"]:
            r = acf_vp("matmul", "--engine", engine, "--a", fa, "--b", fb, "--sided", "two", "--json", "r.json")
            self.refused(r, "--sided", engine, "one operand")

    def test_a_tile_is_never_faster_than_its_core(self):
        fa, fb = self.put("a.npy", npy("|u1", 4, 256, [1] * 1024)), self.put("b.npy", npy("|u1", 256, 4, [0] * 1024))
        for engine in ENGINES:
            core, tile = (self.matmul(engine, fa, fb, "--scope", s)[0] for s in ["core", "tile"])
            self.assertGreaterEqual(tile["cycles"], core["cycles"])
            self.assertEqual(tile["macs_executed"] + sum(tile["stalls"].values()), tile["cycles"] * tile["lanes"])
            self.assertGreaterEqual(tile["cycles"] * 256, tile["bytes_read"] + tile["bytes_written"])

    def test_products_of_nothing_take_no_time(self):
        for m, k, n in [(0, 5, 3), (3, 0, 2), (3, 5, 0)]:
            fa, fb = self.put("a.npy", npy("<f4", m, k, [1.0] * (m * k))), self.put("b.npy", npy("<f4", k, n, [1.0] * (k * n)))
            for engine in ENGINES:
                r, c = self.matmul(engine, fa, fb)
                self.assertEqual((r["cycles"], r["macs_total"], r["stalls"]), (0, 0, {}))
                self.assertIsNone(r["speedup_over_dense"])
                self.assertEqual(read_npy(c), [0.0] * (m * n))

    def test_energy_is_of_what_was_executed(self):
        fa, fb = self.put("a.npy", npy("|u1", 16, 64, [1] * 1024)), self.put("b.npy", npy("|u1", 64, 16, [i % 4 == 0 for i in range(1024)]))
        core, tile = (self.matmul("tensordash", fa, fb, "--scope", s)[0]["energy"] for s in ["core", "tile"])
        self.assertEqual((core["sram_uj"], core["core_uj"]), (0.0, tile["core_uj"]))
        self.assertGreater(tile["sram_uj"], 0)
        self.assertLess(core["core_uj"], core["twin_core_uj"])
        self.assertGreater(core["gops_per_watt_dense_equivalent"], 2 * core["gops_per_watt_executed"])
        self.assertLess(core["speedup_scaled_by_area"], core["speedup_iso_lane"])
        equal = self.matmul("tensordash", fa, fb)[0]["iso_area"]
        self.assertEqual((equal["lanes"], equal["rows"], equal["columns"]), (60, 3, 5))
        self.assertLess(abs(equal["area_difference_percent"]), 0.1)
        other = self.matmul("tensordash", fa, fb, *(w for key in ["lanes", "rows", "columns"]
                                                    for w in ("--set", f"zbcc.{key}={equal[key]}")))[0]
        self.assertEqual(equal["cycles"], other["cycles"])
        self.assertAlmostEqual(equal["speedup"], self.matmul("tensordash", fa, fb)[0]["dense_cycles"] / other["cycles"])
        self.assertEqual(self.matmul("dense", fa, fb)[0]["iso_area"]["lanes"], 64)
        wide = self.matmul("tensordash", fa, fb, "--dtype", "fp32")[0]["energy"]
        self.assertGreater(wide["core_uj"], core["core_uj"])

    def test_int8_sums_are_exact_integers(self):
        g = random.Random(3)
        a, b = ([g.randrange(-128, 128) for _ in range(3 * 50)] for _ in range(2))
        fa, fb = self.put("a.npy", npy("|i1", 3, 50, a)), self.put("b.npy", npy("|i1", 50, 3, b))
        _, c = self.matmul("tensordash", fa, fb, "--dtype", "int8")
        self.assertEqual(read_npy(c), [sum(a[i * 50 + k] * b[k * 3 + j] for k in range(50)) for i in range(3) for j in range(3)])

    def test_masks_get_seeded_values_that_are_not_zero(self):
        fa, fb = self.put("a.npy", npy("|b1", 1, 1, [True])), self.put("b.npy", npy("|b1", 1, 64, [True] * 64))
        first, again = (self.matmul("dense", fa, fb)[1] for _ in range(2))
        other = self.matmul("dense", fa, fb, "--set", "seed=7")[1]
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
        self.assertNotIn(0.0, read_npy(first))

    def test_archives_and_other_forms_of_arrays(self):
        values = [1.0, 0.0, 2.0, 0.0, 0.0, 3.0]
        plain = self.put("p.npy", npy("<f4", 2, 3, values))
        fa = self.put("a.npy", npy("<f4", 2, 2, [1.0, 2.0, 3.0, 4.0]))
        expected = self.matmul("zbcc", fa, plain)
        for method in [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]:
            held = io.BytesIO()
            with zipfile.ZipFile(held, "w", method) as z:
                z.writestr("w.npy", npy("<f8", 2, 3, values))
                z.writestr("v.npy", npy("<f4", 1, 1, [0.0]))
            archive = self.put("x.npz", held.getvalue())
            self.assertEqual(self.matmul("zbcc", fa, archive + ":w"), expected)
            r = acf_vp("matmul", "--engine", "zbcc", "--a", fa, "--b", archive, "--json", str(self.folder / "r.json"))
            self.refused(r, "x.npz", "one of w, v")
        self.assertEqual(self.matmul("zbcc", fa, self.put("q.npy", npy("<f2", 2, 3, values, version=2))), expected)
        by_columns = npy("<f4", 3, 2, [1.0, 0.0, 0.0, 0.0, 2.0, 3.0]).replace(b"False, 'shape': (3, 2)", b"True , 'shape': (2, 3)")
        self.assertEqual(self.matmul("zbcc", fa, self.put("f.npy", by_columns)), expected)

    def test_bad_arrays_are_named(self):
        good = self.put("a.npy", npy("<f4", 2, 2, [1.0] * 4))
        text = npy("<f4", 2, 2, [1.0] * 4)
        bad = {
            "empty.npy": (b"", "NUMPY"),
            "text.npy": (b"1 2 3 4 5 6 7 8", "NUMPY"),
            "short.npy": (text[:-3], "16 bytes of data for its shape"),
            "long.npy": (text + b"x", "16 bytes of data for its shape"),
            "cut.npy": (text[:40], "cut off"),
            "complex.npy": (text.replace(b"<f4", b"<c8"), "'<c8', which is not numeric"),
            "words.npy": (text.replace(b"<f4", b"<U1"), "'<U1', which is not numeric"),
            "objects.npy": (text.replace(b"<f4", b"|O8"), "not numeric"),
            "big.npy": (text.replace(b"<f4", b">f4"), "little endian"),
            "wide.npy": (text.replace(b"<f4", b"<i8"), "'<i8'"),
            "shape.npy": (text.replace(b"(2, 2)", b"(2, x)"), "'shape' cannot be read"),
            "huge.npy": (text.replace(b"(2, 2), }  ", b"(99999999, 99999999), }  ")[: len(text)], "too large"),
            "nothing.npy": (text.replace(b"shape", b"shore"), "'shape'"),
            "flat.npy": (text.replace(b"(2, 2)", b"(4,)  "), "1 dimensions"),
            "rows.npy": (npy("<f4", 4, 1, [1.0] * 4), "2 rows"),
            "archive.npz": (b"PK\x03\x04 and nothing else", "damaged"),
        }
        for name, (data, complaint) in bad.items():
            with self.subTest(name):
                r = acf_vp("matmul", "--engine", "zbcc", "--a", good, "--b", self.put(name, data), "--json", "r.json")
                self.refused(r, name if name != "rows.npy" else "--b", complaint)
        r = acf_vp("matmul", "--engine", "zbcc", "--a", good, "--b", "absent.npy", "--json", "r.json")
        self.refused(r, "absent.npy")

    def test_bad_options_are_named(self):
        good = self.put("a.npy", npy("<f4", 2, 2, [1.0] * 4))
        base = ["matmul", "--a", good, "--b", good, "--json", str(self.folder / "r.json"), "--engine"]
        self.refused(acf_vp(*base, "tensordish"), "--engine", "did you mean 'tensordash'")
        self.refused(acf_vp(*base, "sat", "--dtype", "bf32"), "--dtype", "bf16")
        self.refused(acf_vp(*base, "tensordash", "--set", "zbcc.depth=9"), "zbcc.depth", "must be 2 to 5")
        self.refused(acf_vp(*base, "sat", "--set", "zbcc.rows=3", "--set", "zbcc.columns=4"), "multiple")
        self.refused(acf_vp(*base, "zbcc", "--set", "zbcc.lanes=7"), "--set:1: key 'zbcc.lanes'")
        self.refused(acf_vp("matmul", "--engine", "sat", "--a", good, "--json", "r.json"), "--b")
        self.refused(acf_vp("matmul", "--engine", "sat", "--a", good, "--b", good, "--json", "no/such/r.json"),
                     "--json: no/such/r.json cannot be written: No such file or directory")


if __name__ == "__main__":
    unittest.main()
