"""A debugger on the whole chip: what `monitor` tells and does, virtual addresses, and how it ends the run or leaves it."""
import json
import signal
import socket
import subprocess
import unittest

from acf_run import ACF_VP, OPEN_PMP, TO_SUPERVISOR, Case, assemble

# Virtual 0 to 1 GiB is DRAM, in supervisor mode.
TRANSLATED = """
    .globl _start
_start:
    bnez a0, .
""" + OPEN_PMP + """
    la t0, root
    li t1, (0x80000000 >> 2) | 0xcf
    sd t1, 0(t0)
    sd t1, 16(t0)
    srli t0, t0, 12
    li t1, 8 << 60
    or t0, t0, t1
    csrw satp, t0
""" + TO_SUPERVISOR + """
    ld a0, word
    j supervisor
    .data
    .balign 4096
root: .space 4096
    .globl word
word: .dword 0x1122334455667788
"""

# Counts how often it was started, in memory that a reset keeps, and the ticks of MTIME that have passed; sleeps then.
STARTS = """
    .globl _start, counted
_start:
    la t0, starts
    ld t1, 0(t0)
    addi t1, t1, 1
    sd t1, 0(t0)
counted:
    li t0, 0x200bff8
    ld t1, 0(t0)
    li a0, 0x10000000
    li a1, 'A'
    sb a1, 0(a0)
sleep:
    wfi
    j sleep
    .data
    .balign 8
    .globl starts
starts: .dword 0
"""
SPIN = """
    .globl _start
_start: j _start
"""


def packet(text):
    return f"${text}#{sum(text.encode()) % 256:02x}".encode()


class Debugger(Case):
    def gdb(self, *commands, firmware="hello", elf=(), program=ACF_VP, before=()):
        target = f"target remote | {program} run --firmware {firmware} --gdb - --out out --console console"
        words = ["gdb-multiarch", "-batch", *elf] + [w for c in ("set confirm off", *before, target, *commands) for w in ("-ex", c)]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
        return done.stdout.decode() + done.stderr.decode()

    def test_its_end_leaves_no_warning_of_the_kernel(self):
        for last in ("kill", "disconnect", "continue"):
            said = self.gdb("stepi", last)
            self.assertNotIn("W545", said, last)
            self.assertNotIn("sc_stop", said, last)

    def test_a_start_that_takes_longer_than_gdb_waits(self):
        """It has sent its first packet several times when the platform begins to answer."""
        slow = self.folder / "slow"
        slow.write_text(f'#!/bin/sh\nsleep 2.5\nexec {ACF_VP} "$@"\n')
        slow.chmod(0o755)
        said = self.gdb("p/x $pc", "monitor time", "kill", program=slow, before=["set remotetimeout 1"])
        self.assertIn("$1 = 0x1000", said)
        self.assertIn("0 s", said)
        for complaint in ("unexpectedly", "Ignoring packet error", "not being run"):
            self.assertNotIn(complaint, said)

    def test_a_port_is_named(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        run = self.started("--gdb", str(port))
        self.assertEqual(run.stderr.readline().decode(), f"gdb: target remote localhost:{port}\n")
        run.send_signal(signal.SIGTERM)
        self.end(run)

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

    def test_a_machine_that_sleeps_for_ever_comes_back_with_the_reason(self):
        elf = assemble(self.folder, STARTS)
        said = self.gdb("continue", "shell cat console", "monitor time", "continue", "monitor time", "p/x $pc", "kill",
                        firmware=elf, elf=[elf])
        self.assertEqual(said.count("all harts sleep, and nothing will ever wake one"), 2, said)
        self.assertRegex(said, r"hart 0: sleeps in wfi at pc 0x8\w+  sleep\+0x4")
        self.assertEqual(said.count("Program received signal SIGINT"), 2, said)
        self.assertIn("\nA", said)  # what the guest has printed is in the file when the machine stands
        times = [line for line in said.splitlines() if line.endswith((" us", " ns", " ps"))]
        self.assertEqual(len(times), 2, said)
        self.assertEqual(times[0], times[1])

    def test_a_reset_starts_again_from_the_boot_rom_and_stops_where_it_should(self):
        elf = assemble(self.folder, STARTS)
        for stopped in ("continue", "break counted", "watch *(long*)&starts"):  # asleep, at a breakpoint, in a store
            said = self.gdb(stopped, *([] if stopped == "continue" else ["continue"]), "monitor reset",
                            "maint flush register-cache", "p/x $pc", "p/x $a0", "hbreak counted", "continue",
                            "p *(long*)&starts", "stepi", "p/x $pc == (long)&counted", "kill", firmware=elf, elf=[elf])
            self.assertIn("$1 = 0x1000\n$2 = 0x0\n", said)
            self.assertIn("counted ()", said[said.index("$2 ="):])
            if stopped.startswith("watch"):
                self.assertIn("Old value = 1\nNew value = 2", said)
            else:
                self.assertRegex(said, r"\$3 = 2\n(.*\n)*\$4 = 0x0")

    def started(self, *arguments, source=SPIN):
        elf = assemble(self.folder, source)
        return subprocess.Popen([ACF_VP, "run", "--firmware", elf, "--out", "out", "--console", "console", *arguments],
                                cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end(self, run):
        log = run.communicate(timeout=60)[1].decode()
        reason = json.loads((self.folder / "out" / "report.json").read_text())["end"]["reason"]
        self.assertEqual((run.returncode, reason), (3, "interrupted"), log)
        return log

    def test_it_ends_when_its_debugger_does(self):
        for last, source in (("?", SPIN), ("vCont;c", SPIN), ("vCont;c", STARTS)):  # it stands, runs, sleeps
            run = self.started("--gdb", "-", source=source)
            run.stdin.write(packet("qSupported") + packet(last))
            run.stdin.flush()
            if source is STARTS:
                answer = b""
                while b"T02" not in answer:
                    answer += run.stdout.read1()
            log = self.end(run)  # closes its standard input
            self.assertIn("gdb: the debugger has gone without detaching", log)

    def test_the_first_signal_ends_it(self):
        """Whether it stands, runs, waits for a debugger, or for one while all harts sleep."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        for arguments, said, source in ((("-",), "?", SPIN), (("-",), "vCont;c", SPIN), ((port,), None, SPIN),
                                        ((port, "--gdb-nowait"), None, STARTS)):
            run = self.started("--gdb", *arguments, source=source)
            if said:
                run.stdin.write(packet("qSupported") + packet(said))
                run.stdin.flush()
                run.stdout.read1()
            else:
                self.assertIn(b"target remote", run.stderr.readline())
            run.send_signal(signal.SIGTERM)
            if said == "vCont;c":
                self.assertIn(packet("X0f"), run.stdout.read())
            self.end(run)


if __name__ == "__main__":
    unittest.main()
