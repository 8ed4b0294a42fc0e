"""A byte counts as it is when it passes the memory's data bus, or arrives: changed before, the change matters (or is
overwritten); changed after, it does not. The firmware `transfers` moves 16 KiB; one DRAM channel makes that slow."""
import functools
import json
import re
import unittest

from acf_run import Case

CHIP = ["--set", "dram.preset=lpddr4_3200", "--set", "dram.channels=1", "--set", "mesh.width=2", "--set",
        "mesh.height=1", "--set", "dram.size_mib=16"]
READ_LATENCY, PIECE = 37, 160  # ns, of the preset: (1 + tRCD + CL) tCK; the data burst of 1 KiB
HOP, PACKET = 4 + 5, 16       # cycles of 1 ns: to a neighbour, and the flits of a packet
SETUP, SRAM_READ = 4, 16       # of the channel, for a command; 4 KiB from SRAM


class DataTimesOfChip(Case):
    TIMING = "lt"

    def run_transfers(self, *injections):
        more = [word for i in injections for word in ("--inject", i)]
        run = self.run_acf("--firmware", "transfers", *CHIP, "--set", f"timing={self.TIMING}", "--trace", "trace.json", *more)
        self.assertEqual(run.code, 0, run.log)
        return run

    def setUp(self):
        super().setUp()
        text = self.run_transfers().console.decode()
        place = re.search(r"source (\S+) result (\S+) sram (\S+) length (\d+)", text)
        self.source, self.result, self.sram, self.length = (int(word, 0) for word in place.groups())
        self.assertIn("stored: first 1, last 1\n", text)
        self.assertIn("sent: first 1, last 1\n", text)
        events = json.loads((self.folder / "trace.json").read_text())["traceEvents"]
        copies = sorted((round(e["ts"] * 1000), round(e["args"].get("complete_us", e["ts"] + e["dur"]) * 1000))
                        for e in events if e["ph"] == "X" and e["name"] == "COPY")
        self.load, self.store, self.send = copies[:3]

    def change_over(self, target, line, between):
        """The first nanosecond of (first, last) at which an injected change leads to another line than before."""
        @functools.cache
        def outcome(ns):
            return re.search(line, self.run_transfers(f"t={ns}ns:{target}").console.decode()).group()

        early, late = between
        self.assertNotEqual(outcome(early), outcome(late))
        while late - early > 1:
            middle = (early + late) // 2
            if outcome(middle) == outcome(early):
                early = middle
            else:
                late = middle
        return late


class DataTimes(DataTimesOfChip):
    def test_a_load_reads_each_piece_when_the_channel_does(self):
        begin, end = self.load
        self.assertGreater(end - begin, 16 * PIECE)
        byte = f"dram@{self.source + self.length - 1:#x}:write=07"
        last = self.change_over(byte, "stored:.*", (begin, end))
        # Behind the burst: the latency, and the mesh to the tile that lies beside the channel, or next to it.
        self.assertIn(end - last, range(READ_LATENCY + PACKET, READ_LATENCY + PACKET + 2 * HOP))
        first = self.change_over(f"dram@{self.source:#x}:write=07", "stored:.*", (begin, end))
        self.assertAlmostEqual(last - first, 15 * PIECE, delta=1)

    def test_a_store_is_visible_when_the_channel_has_it(self):
        begin, end = self.store
        byte = f"dram@{self.result + self.length - 1:#x}:write=07"
        last = self.change_over(byte, "stored:.*", (begin, end))
        self.assertIn(end - last, range(1, 3 * HOP))  # the acknowledge
        first = self.change_over(f"dram@{self.result:#x}:write=07", "stored:.*", (begin, end))
        self.assertAlmostEqual(last - first, 15 * PIECE, delta=1)

    def test_a_packet_is_there_when_it_has_arrived(self):
        """Until the last one has, and the tile begins to read: then an injection waits."""
        begin, end = self.send
        between = begin, end - 2 * HOP
        first = self.change_over(f"sram(1,0)@{self.sram}:flip=2", "sent:.*", between)
        self.assertEqual(first - begin, SETUP + SRAM_READ + HOP + PACKET)

    def test_who_does_not_wait_reads_what_was_there_before(self):
        self.assertIn(b"too early: last old\n", self.run_transfers().console)

    def test_a_packet_that_waits_for_its_link_is_not_there_before(self):
        begin, _ = self.send
        byte = f"sram(1,0)@{self.sram}:flip=2"
        stall = f"t={begin}ns:link(0,0)->(1,0):stall=3000"
        for delay, line in ((2950, b"sent: first 1,"), (3100, b"sent: first 5,")):
            self.assertIn(line, self.run_transfers(stall, f"t={begin + delay}ns:{byte}").console)


class BankDataTimes(DataTimesOfChip):
    """With flits and DRAM commands: posted writes, reads when their last burst has passed the bus."""
    TIMING = "at"

    def test_a_load_reads_each_piece_when_the_channel_does(self):
        begin, end = self.load
        byte = f"dram@{self.source + self.length - 1:#x}:write=07"
        last = self.change_over(byte, "stored:.*", (begin, end))
        # From the last burst on: the mesh, and the synchronisation of the clocks of memory and fabric.
        self.assertIn(end - last, range(PACKET, PACKET + 2 * HOP + READ_LATENCY))
        first = self.change_over(f"dram@{self.source:#x}:write=07", "stored:.*", (begin, end))
        self.assertGreater(last - first, 13 * PIECE)  # a piece whose row is open may pass the first one
        self.assertLess(last - first, 17 * PIECE)


if __name__ == "__main__":
    unittest.main()
