"""Usage errors: exit code 2 and one line that says what to write instead."""

import unittest

from acf import Case, acf_vp


class Usage(Case):
    def one_line(self, result, *parts):
        self.assertEqual(len(self.refused(result, *parts)), 1, result.stderr)

    def test_version_and_help_are_on_stdout(self):
        version = acf_vp("--version")
        self.assertEqual((version.returncode, version.stdout.split()[0]), (0, "acf-vp"))
        help_text = acf_vp("run", "--help")
        self.assertEqual(help_text.returncode, 0)
        for option in ("--firmware --set --out --load --console --input --interactive --max-sim-ms --max-instructions "
                       "--max-host-seconds --threads --seed --log-level --dump --dump-tensors --dram-init --inject "
                       "--exit-code --gdb --gdb-nowait --trace --trace-insn --trace-mmio --vcd --profile --coverage").split():
            self.assertIn(option, help_text.stdout)

    def test_commands(self):
        self.one_line(acf_vp(), "expected a command")
        self.one_line(acf_vp("rnu"), "unexpected 'rnu', did you mean 'run'?")

    def test_a_misspelt_option_gets_the_nearest(self):
        self.one_line(acf_vp("run", "--ouput", "x"), "unexpected '--ouput', did you mean '--out'?")
        self.one_line(acf_vp("regs", "--fromat", "json"), "did you mean '--format'?")

    def test_values_of_options(self):
        self.one_line(acf_vp("run", "--max-sim-ms", "-3"), "--max-sim-ms: expected a number above zero, not '-3'")
        self.one_line(acf_vp("run", "--max-instructions", "many"), "--max-instructions: expected a whole number")
        self.one_line(acf_vp("run", "--seed", "-1"), "--seed: expected a whole number")
        self.one_line(acf_vp("run", "--seed", str(1 << 64)),
                      f"--seed: expected a whole number from 0 to {(1 << 64) - 1}, not '{1 << 64}'")
        for threads in ("0", "1025", "100000"):
            self.one_line(acf_vp("run", "--threads", threads),
                          f"--threads: expected a whole number from 1 to 1024, not '{threads}'")
        self.one_line(acf_vp("run", "--firmware", "a", "--firmware", "b"), "--firmware: expected once, but given 2 times")
        self.one_line(acf_vp("run", "--exit-code", "host"), "--exit-code: expected guest, not 'host'")
        self.one_line(acf_vp("run", "--dram-init", "ones"), "--dram-init: expected one of random, zero")
        self.one_line(acf_vp("run", "--log-level", "nooc=debug"), "did you mean 'noc'?")
        self.one_line(acf_vp("run", "--log-level", "dbug"), "did you mean 'debug'?")
        self.one_line(acf_vp("run", "--firmware"), "--firmware")
        self.one_line(acf_vp("regs", "--format", "jsn"), "did you mean 'json'?")

    def test_loads_dumps_and_debugger(self):
        self.write("x", "")
        run = lambda *options: acf_vp("run", *options, folder=self.folder)
        self.one_line(run("--load", "x"), "--load: expected FILE@ADDR, not 'x'")
        self.one_line(run("--load", "x@here"), "--load: expected a number such as 4096 or 0x80000000, not 'here'")
        self.one_line(run("--load", "y@0x80000000"), "--load: there is no file 'y'")
        self.one_line(run("--dump", "0x80000000:4"), "--dump: expected ADDR:LEN:FILE")
        self.one_line(run("--gdb", "70000"), "--gdb: expected a port from 1 to 65535 or '-', not '70000'")

    def test_nothing_to_run(self):
        self.one_line(acf_vp("run"), "nothing to run")
        self.one_line(acf_vp("run", "--firmware", "nothing.elf"), "there is no file 'nothing.elf'")
        self.one_line(acf_vp("run", "--firmware", "nothing"), "expected an application or a path to an ELF file, not 'nothing'")
        self.write("mine", "")
        self.one_line(acf_vp("run", "--firmware", "mine", folder=self.folder), "not 'mine', did you mean the file './mine'?")
        self.one_line(acf_vp("run", "nothing.yaml"), "nothing.yaml: cannot be read")


if __name__ == "__main__":
    unittest.main()
