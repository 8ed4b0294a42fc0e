"""--vcd: the waves tell what the report counts."""
import collections
import unittest

from acf_run import Case


class Waves(Case):
    def read(self, name):
        """By scope and name: (time in ps, value) of every change, and the time of the end."""
        wires, changes, now = {}, collections.defaultdict(list), 0
        for line in (self.folder / name).read_text().splitlines():
            words = line.split()
            if words[0] == "$scope":
                scope = words[2]
            elif words[0] == "$var":
                wires[words[3]] = f"{scope}.{words[4]}"
            elif line[0] == "#":
                self.assertGreaterEqual(int(line[1:]), now)
                now = int(line[1:])
            elif line[0] in "01":
                changes[wires[line[1:]]].append((now, int(line[0])))
            elif line[0] == "b":
                changes[wires[words[1]]].append((now, int(words[0][1:], 2)))
        self.assertEqual(set(changes), set(wires.values()))
        return changes, now

    def test_units_are_busy_as_long_as_the_report_says(self):
        run = self.train("--vcd", "waves.vcd")
        waves, end = self.read("waves.vcd")
        marker = waves["fabric.marker"]
        first = next(time for time, value in marker if value == 1)
        begin = min(time for time, value in waves["fabric.doorbells"] if value and time >= first)
        last = next(time for time, value in marker if time > first)
        done = max(time for time, _ in waves["fabric.fences"] if time <= last)
        self.assertEqual((done - begin) // 1000, run.figure("fabric_cycles"))
        for tile in ("0_0", "1_0", "0_1", "1_1"):
            changes = waves[f"tile_{tile}.matrix"] + [(end, 0)]
            spent = sum(max(0, min(then, done) - max(now, begin))
                        for (now, opcode), (then, _) in zip(changes, changes[1:]) if opcode)
            x, y = tile.split("_")
            block = next(b for b in run.report["blocks"] if b["name"] == f"TILE({x},{y}).MATRIX")
            self.assertEqual(spent // 1000, block["busy"] + block["stalls"].get("sram", 0), tile)

    def test_interrupts_rise_and_fall(self):
        self.run_acf("--firmware", "matmul", "--vcd", "waves.vcd")
        waves, _ = self.read("waves.vcd")
        for line in ("fabric_irq", "hart0_meip"):
            self.assertEqual([value for _, value in waves[f"host.{line}"]][:3], [0, 1, 0], line)

    def test_they_change_nothing(self):
        self.assertEqual(self.train("--vcd", "one.vcd").report_bytes, self.train().report_bytes)
        self.train("--vcd", "two.vcd")
        one, two = ((self.folder / f"{name}.vcd").read_bytes() for name in ("one", "two"))
        self.assertEqual(one, two)


if __name__ == "__main__":
    unittest.main()
