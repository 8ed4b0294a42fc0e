"""A debugger on the whole chip: what `monitor` tells and does, virtual addresses, and how it ends the run or leaves it."""
import subprocess
import unittest

from acf_run import ACF_VP, Case, assemble

# Virtual 0 to 1 GiB is DRAM, in supervisor mode.
TRANSLATED = """
    .globl _start
_start:
    bnez a0, .
    li t0, -1
    csrw pmpaddr0, t0
    li t0, 0x1f
    csrw pmpcfg0, t0
    la t0, root
    li t1, (0x80000000 >> 2) | 0xcf
    sd t1, 0(t0)
    sd t1, 16(t0)
    srli t0, t0, 12
    li t1, 8 << 60
    or t0, t0, t1
    csrw satp, t0
    la t0, supervisor
    csrw mepc, t0
    li t0, 1 << 11
    csrw mstatus, t0
    mret
supervisor:
    ld a0, word
    j supervisor
    .data
    .balign 4096
root: .space 4096
    .globl word
word: .dword 0x1122334455667788
"""


class Debugger(Case):
    def gdb(self, *commands, firmware="hello", elf=()):
        target = f"target remote | {ACF_VP} run --firmware {firmware} --gdb - --out out --console console"
        words = ["gdb-multiarch", "-batch", *elf] + [w for c in ("set confirm off", target, *commands) for w in ("-ex", c)]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
        return done.stdout.decode() + done.stderr.decode()

    def test_its_end_leaves_no_warning_of_the_kernel(self):
        for last in ("kill", "disconnect", "continue"):
            said = self.gdb("stepi", last)
            self.assertNotIn("W545", said, last)
            self.assertNotIn("sc_stop", said, last)

    def test_monitor(self):
        said = self.gdb("monitor registers UART", "monitor registers TILE(1,2)", "monitor registers TIEL", "monitor time",
                        "monitor inject dram@0x80100000:write=deadbeef", "x/4xb 0x80100000",
                        "monitor inject dram@0x70000000:flip=1", "monitor inject x=3:y", "monitor stuck", "monitor what",
                        "monitor reset", "p/x $pc", "kill")
        self.assertRegex(said, r"UART\n(  [A-Z]+ .*\n)+")
        self.assertRegex(said, r"TILE\(1,2\)\n(  .*\n)*  STATUS +0x0+1  IDLE=0x1  ERROR=0x0")
        self.assertIn("unknown block 'TIEL'", said)
        self.assertIn("0 s", said)
        self.assertRegex(said, r"0x80100000:\s+0xde\s+0xad\s+0xbe\s+0xef")
        self.assertIn("DRAM", said)
        self.assertIn("hart 0: runs at", said)
        self.assertIn("monitor commands: time", said)

    def test_virtual_and_physical_addresses(self):
        elf = assemble(self.folder, TRANSLATED)
        said = self.gdb("break supervisor", "continue", "p $priv", "p/x *(long*)((long)&word - 0x80000000)",
                        "monitor physical on", "p/x *(long*)&word", "set var *(long*)&word = 5", "monitor physical off",
                        "p/x *(long*)((long)&word - 0x80000000)", "continue", "continue", "p/x $a0", "set $priv = 3", "p $priv",
                        "p/x *(long*)0", "kill", firmware=elf, elf=[elf])
        for text in ("$1 = 1", "$2 = 0x1122334455667788", "$3 = 0x1122334455667788", "$4 = 0x5", "$5 = 0x5", "$6 = 3"):
            self.assertIn(text, said)
        self.assertIn("Cannot access memory at address 0x0", said)


if __name__ == "__main__":
    unittest.main()
