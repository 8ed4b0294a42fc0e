"""What --inject does not understand, or the chip does not have: exit code 2 and what was expected."""
import unittest

from acf_run import Case

REFUSED = {
    "now": "expected WHEN:TARGET:WHAT",
    "t=5:dram@0x90000000:flip=1": "expected one of ns, us, ms, s, not ''",
    "t=-1us:dram@0x90000000:flip=1": "expected t=NUMBER with ns, us, ms or s",
    "packet=0:packet:flip=1": "packets and fences count from 1",
    "packet=3/read_request:packet:flip=1": "expected one of read_data, write_data, send_data, not 'read_request'",
    "packet=3:packet:flip=9999": "expected a bit from 0 to 8191, not '9999'",
    "step=3:packet:flip=1": "packet=N, packet=N/KIND, marker=N or fence=N, not 'step=3'",
    "t=1us:packet:flip=3": "target packet goes with WHEN packet=N",
    "t=1us:rom@0:flip=3": "expected dram@ADDR, packet, link(X,Y)->(X,Y), irq=SOURCE or sram(X,Y)@OFFSET, not 'rom@0'",
    "t=1us:dram@0x1000:flip=3": "0x1000 is not in DRAM at 0x80000000..",
    "t=1us:dram@0x90000000:flop": "expected flip=BIT, write=HEXBYTES or error, not 'flop'",
    "t=1us:dram@0x90000000:write=abc": "expected bytes as pairs of hexadecimal digits, not 'abc'",
    "t=1us:dram@0x27fffffff:write=abcd": "it goes beyond the end of the memory",
    "t=1us:link(0,0)->(1,1):stall=5": "links join neighbours",
    "t=1us:link(0,0)->(0,2):stall=5": "(0,2) is not in the 2 x 2 mesh",
    "t=1us:link(0,0)->(0,1):drop": "expected stall=CYCLES, not 'drop'",
    "t=1us:irq=gpio:drop": "expected one of uart, fabric, watchdog, not 'gpio'",
    "t=1us:irq=uart:flip=1": "expected drop, not 'flip=1'",
    "t=1us:sram(0,0)@0x80000:flip=1": "the SRAM of a tile has 512 KiB",
}


class Specifications(Case):
    def test_refused(self):
        for text, expected in REFUSED.items():
            with self.subTest(text):
                run = self.train("--inject", text)
                self.assertEqual(run.code, 2)
                self.assertIn(f"--inject '{text}': ", run.log)
                self.assertIn(expected, run.log)
                self.assertEqual(run.console, b"")


if __name__ == "__main__":
    unittest.main()
