"""switch.to_at and switch.to_lt: the timing changes at a fence; results and work are those of either timing alone."""
import unittest

from acf_run import Case


class Switch(Case):
    def run_with(self, **settings):
        run = self.train("--dump-tensors", 5, mesh__width=3, mesh__height=2, **settings)
        self.assertEqual(run.code, 0, run.log)
        return run

    def tensors(self, run):
        return (run.folder / "tensors_5.npz").read_bytes()

    def test_at_a_step_and_back(self):
        lt, at = self.run_with(timing="lt"), self.run_with(timing="at")
        one = self.run_with(switch__to_at="step:2")
        both = self.run_with(switch__to_at="step:1", switch__to_lt="step:3")
        back = self.run_with(timing="at", switch__to_lt="step:2")
        for run in (one, both, back):
            self.assertEqual(self.tensors(run), self.tensors(lt))
            for name in ("macs_executed", "macs_skipped", "test_accuracy_percent"):
                self.assertEqual(run.figure(name), lt.figure(name), name)
            self.assertLessEqual(abs(run.figure("dram_bytes") - lt.figure("dram_bytes")), 64)
            self.assertLessEqual(abs(run.figure("noc_flit_hops") - lt.figure("noc_flit_hops")), 64)
            for a, b in zip(lt.blocks("MATRIX"), run.blocks("MATRIX")):
                self.assertEqual(a["busy"], b["busy"], a["name"])
            self.assertFalse(run.report["defects"])
        self.assertGreaterEqual(one.figure("switch_to_at_drain_cycles"), 0)
        self.assertTrue(any("timing is at from cycle" in n and "drained in" in n for n in one.notes), one.notes)
        self.assertIn("switch_to_lt_drain_cycles", both.report["extra"])
        self.assertNotIn("switch_to_lt_drain_cycles", one.report["extra"])
        # Banks and flits count from the switch on.
        bursts = [sum(b["counters"].get("bursts_read", 0) for b in r.report["blocks"]) for r in (one, back, at)]
        self.assertTrue(0 < bursts[0] < bursts[2] and 0 < bursts[1] < bursts[2], bursts)
        self.assertNotEqual(one.figure("fabric_cycles"), lt.figure("fabric_cycles"))

    def test_each_part_of_a_run_pays_for_its_own_dram(self):
        """lt by the byte, at by commands: of a run of both, the bytes that passed calendars and the commands that
        channels counted are what its energy is, part by part."""
        def dram(run):
            return [b for b in run.report["blocks"] if b["name"].startswith("DRAM")]

        def counter(run, name):
            return sum(b["counters"].get(name, 0) for b in dram(run))

        def commands_pj(run):
            return sum(n for b in dram(run) for name, n in b["counters"].items() if name.endswith("_energy_pj"))

        lt, at = self.run_with(timing="lt"), self.run_with(timing="at")
        to_at, to_lt = self.run_with(switch__to_at="step:3"), self.run_with(timing="at", switch__to_lt="step:3")
        there_and_back = self.run_with(switch__to_at="step:1", switch__to_lt="step:3")
        byte_pj = lt.report["energy"]["uj"]["dram"] * 1e6 / (counter(lt, "bytes_read") + counter(lt, "bytes_written"))
        self.assertEqual(commands_pj(lt), 0)
        for run in (at, to_at, to_lt, there_and_back):
            self.assertAlmostEqual(run.report["energy"]["uj"]["dram"] * 1e6,
                                   counter(run, "bytes_by_calendar") * byte_pj + commands_pj(run), delta=1)
        for run in (to_at, to_lt, there_and_back):
            self.assertTrue(counter(at, "bytes_by_calendar") < counter(run, "bytes_by_calendar") <
                            counter(run, "bytes_read") + counter(run, "bytes_written"))
            for part in ("read", "standby"):  # nobody pays for standby twice: in lt the price of a byte has it
                self.assertTrue(0 < counter(run, f"{part}_energy_pj") < counter(at, f"{part}_energy_pj"), part)
        # What the two runs spend in at, one at the end and one at the beginning, is about what all of it in at costs.
        halves = sum(counter(run, "standby_energy_pj") for run in (to_at, to_lt))
        self.assertAlmostEqual(halves / counter(at, "standby_energy_pj"), 1, delta=0.1)

    def test_at_a_marker_and_at_a_time(self):
        for point in ("marker:1", "time:10us"):
            run = self.run_with(switch__to_at=point)
            self.assertIn("switch_to_at_drain_cycles", run.report["extra"], point)

    def test_equal_runs_are_equal(self):
        a, b = (self.run_with(switch__to_at="step:2", how={"threads": n}) for n in (1, 2))
        self.assertEqual(a.report_bytes, b.report_bytes)

    def test_what_never_came_is_said(self):
        run = self.run_with(switch__to_at="step:1000")
        self.assertTrue(any("switch.to_at: step:1000 was not reached" in n for n in run.notes), run.notes)

    def test_nonsense_is_refused(self):
        for key, text, complaint in (("to_at", "epoch:1", "expected marker:N, step:N or time:N with ns, us or ms"),
                                     ("to_lt", "step:1", "expected timing: at, or a switch.to_at before it")):
            run = self.train(**{f"switch__{key}": text})
            self.assertEqual(run.code, 2)
            self.assertIn(f"key 'switch.{key}': {complaint}", run.log)


if __name__ == "__main__":
    unittest.main()
