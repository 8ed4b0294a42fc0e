"""The register document: JSON, SVD and Markdown agree with each other and with the configuration."""

import json
import unittest
import xml.etree.ElementTree as xml

from acf import Case, acf_vp

ACCESS = {"ro", "rw", "wo", "w1c", "w1s"}
TILE_2_1 = 0x41000000 + 6 * 0x10000  # tile 1 * 4 + 2 of the default mesh


def registers(*options):
    result = acf_vp("regs", "--format", "json", *options)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


class Json(Case):
    def test_every_register_and_field_is_well_formed(self):
        for r in registers():
            self.assertLessEqual({"name", "address", "width", "access", "reset", "fields"}, set(r))
            self.assertIn(r["access"], ACCESS)
            self.assertIn(r["width"], (1, 2, 4, 8))
            self.assertEqual(r["address"] % r["width"], 0, r["name"])
            taken = 0
            for f in r["fields"]:
                self.assertLessEqual({"name", "lsb", "width", "access", "reset"}, set(f))
                self.assertIn(f["access"], ACCESS)
                mask = (1 << f["width"]) - 1 << f["lsb"]
                self.assertEqual(taken & mask, 0, f"{r['name']}.{f['name']} overlaps")
                self.assertEqual(r["reset"] >> f["lsb"] & (1 << f["width"]) - 1, f["reset"])
                taken |= mask
            self.assertLess(taken, 1 << 8 * r["width"], r["name"])

    def test_names_are_unique_and_registers_do_not_overlap(self):
        everything = registers()
        self.assertEqual(len({r["name"] for r in everything}), len(everything))
        at = {}
        for r in everything:
            for element in range(r["count"]):
                address = r["address"] + element * r["stride"]
                other = at.setdefault(address, r)
                apart = {other["access"], r["access"]} == {"ro", "wo"}  # one for reading, one for writing
                self.assertTrue(other is r or apart, f"{r['name']} and {other['name']} at {address:#x}")

    def test_reset_values_describe_the_configured_chip(self):
        chip = {r["name"]: r for r in registers("--set", "mesh.width=3", "--set", "mesh.height=2", "--set", "same.sram_kib=256",
                                                "--set", "dram.channels=4", "--set", "zbcc.lanes=32", "--set", "tile.0_0.engine=dense",
                                                "--set", "fabric.freq_mhz=500", "--set", "vector.lanes=8")}
        fields = lambda name: {f["name"]: f["reset"] for f in chip[name]["fields"]}
        self.assertEqual(fields("GLOBAL.MESH"), {"WIDTH": 3, "HEIGHT": 2, "VIRTUAL_CHANNELS": 2, "BUFFER_FLITS": 8})
        self.assertEqual(fields("GLOBAL.ENGINE"), {"LANES": 32, "KIND": 15, "VECTOR_LANES": 8})
        self.assertEqual(chip["GLOBAL.SRAM"]["reset"], 256)
        self.assertEqual(fields("GLOBAL.DRAM"), {"CHANNELS": 4, "SIZE_MIB": 8192})
        self.assertEqual(fields("GLOBAL.NODES"), {"TILES": 6, "ALL": 11})
        self.assertEqual(chip["GLOBAL.CLOCK"]["reset"], 500)
        self.assertEqual(fields("TILE(2,1).POSITION"), {"X": 2, "Y": 1})
        self.assertNotIn("TILE(3,0).STATUS", chip)

    def test_routing_tables_have_an_entry_for_every_node(self):
        chip = registers("--set", "mesh.width=3", "--set", "mesh.height=2", "--set", "dram.channels=4")
        self.assertEqual({r["count"] for r in chip if r["block"] == "ROUTER"}, {3 * 2 + 4 + 1})

    def test_registers_of_harts_that_are_not_there_are_not_there(self):
        counts = lambda harts: {r["name"]: r["count"] for r in registers("--set", f"cpu.harts={harts}")}
        self.assertEqual((counts(1)["CLINT.MTIMECMP"], counts(1)["PLIC.CLAIM"]), (1, 2))
        self.assertEqual((counts(4)["CLINT.MTIMECMP"], counts(4)["PLIC.CLAIM"]), (4, 8))
        self.refused(acf_vp("regs", "decode", "0x02004008"), "offset 0x4008 of CLINT is reserved")
        self.assertIn("CLINT.MTIMECMP[1]", acf_vp("regs", "decode", "0x02004008", "--set", "cpu.harts=2").stdout)

    def test_one_block_or_one_instance(self):
        self.assertEqual({r["block"] for r in registers("--block", "TILE")}, {"TILE"})
        one = registers("--block", "TILE(2,1)")
        self.assertEqual(one[0]["address"], TILE_2_1)
        self.assertEqual(one, [r for r in registers() if r["name"].startswith("TILE(2,1).")])
        self.refused(acf_vp("regs", "--block", "TIEL"), "unknown block 'TIEL'", "did you mean 'TILE'")


class Decode(Case):
    def test_names_register_and_fields(self):
        result = acf_vp("regs", "decode", hex(TILE_2_1 + 8), "0x2")
        self.assertEqual(result.returncode, 0)
        self.assertIn("TILE(2,1).STATUS", result.stdout)
        self.assertRegex(result.stdout, r"\[1\] +ERROR +w1c += 0x1")
        self.assertRegex(result.stdout, r"\[0\] +IDLE +ro += 0x0")

    def test_elements_of_arrays_and_bytes_inside(self):
        self.assertIn("TILE(0,0).SEMAPHORE[3]", acf_vp("regs", "decode", str(0x41000000 + 0x400 + 12)).stdout)
        self.assertIn("0x41000009 is byte 1 of it", acf_vp("regs", "decode", "0x41000009").stdout)

    def test_reserved_bits_are_pointed_out(self):
        self.assertIn("reserved bits set: 0xf0", acf_vp("regs", "decode", "0x41000008", "0xf1").stdout)

    def test_where_there_is_no_register(self):
        self.refused(acf_vp("regs", "decode", "0x41000008", "0x1ffffffff"),
                     "VALUE: 0x1ffffffff is too large: TILE(0,0).STATUS has 4 bytes")
        self.assertEqual(acf_vp("regs", "decode", "0x41000008", "0xffffffff").returncode, 0)
        self.assertEqual(acf_vp("regs", "decode", "0x02004000", "0xffffffffffffffff").returncode, 0)
        self.refused(acf_vp("regs", "decode", "0x41000014"), "offset 0x14 of TILE(0,0) is reserved")
        self.refused(acf_vp("regs", "decode", "0x20"), "no register at 0x20: it is in no register block")
        self.refused(acf_vp("regs", "decode", "here"), "expected a number")


class Svd(Case):
    ORDER = {
        "device": ["name", "version", "description", "addressUnitBits", "width", "size", "resetValue", "resetMask", "peripherals"],
        "peripheral": ["name", "description", "groupName", "baseAddress", "addressBlock", "registers"],
        "register": ["dim", "dimIncrement", "name", "description", "alternateRegister", "addressOffset", "size", "access",
                     "resetValue", "resetMask", "fields"],
        "field": ["name", "description", "bitOffset", "bitWidth", "access", "modifiedWriteValues"],
    }

    def setUp(self):
        result = acf_vp("regs", "--format", "svd")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.device = xml.fromstring(result.stdout)

    def test_elements_come_in_the_order_of_the_schema(self):
        for kind, order in self.ORDER.items():
            for element in self.device.iter(kind):
                places = [order.index(child.tag) for child in element]
                self.assertEqual(places, sorted(set(places)), element.findtext("name"))

    def test_derived_peripherals_exist_and_arrays_have_their_place_in_the_name(self):
        names = [p.findtext("name") for p in self.device.iter("peripheral")]
        self.assertEqual(len(names), len(set(names)))
        for p in self.device.iter("peripheral"):
            self.assertIn(p.get("derivedFrom", names[0]), names)
        for r in self.device.iter("register"):
            self.assertEqual("%s" in r.findtext("name"), r.find("dim") is not None)
            self.assertEqual((r.find("dim") is None), (r.find("dimIncrement") is None))

    def test_it_has_the_registers_of_the_json(self):
        addresses = set()
        registers_of = {p.findtext("name"): p.findall("registers/register") for p in self.device.iter("peripheral")}
        for p in self.device.iter("peripheral"):
            own = registers_of[p.findtext("name")]
            for r in own + registers_of.get(p.get("derivedFrom"), []):
                addresses.add(int(p.findtext("baseAddress"), 16) + int(r.findtext("addressOffset"), 16))
        self.assertEqual(addresses, {r["address"] for r in registers()})


class Markdown(Case):
    def test_every_register_has_a_heading(self):
        text = acf_vp("regs").stdout
        for r in registers():
            name = r["name"].split("(")[0].split(".")[0] + "." + r["name"].split(".")[-1]
            self.assertIn(f"### {name}", text)


if __name__ == "__main__":
    unittest.main()
