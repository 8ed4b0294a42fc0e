"""--trace: complete JSON whose events tell what the report counts."""
import collections
import json
import unittest

from acf_run import Case

ROWS = {"matrix", "vector", "dma0", "dma1"}


class Timeline(Case):
    def traced(self, *arguments, **settings):
        run = self.train("--trace", "trace.json", *arguments, **settings)
        self.events = json.loads((self.folder / "trace.json").read_text())["traceEvents"]
        self.processes = {e["pid"]: e["args"]["name"] for e in self.events if e["name"] == "process_name"}
        self.threads = {(e["pid"], e["tid"]): e["args"]["name"] for e in self.events if e["name"] == "thread_name"}
        self.rows = collections.defaultdict(list)
        for e in self.events:
            if e["ph"] == "X":
                self.rows[e["pid"], e["tid"]].append((round(e["ts"] * 1e6), round(e["dur"] * 1e6), e))
        return run

    def instants(self, name):
        return [round(e["ts"] * 1e6) for e in self.events if e["ph"] == "i" and e["name"] == name]

    def training_window(self):
        """As the report has it: first doorbell to last fence under MARKER = 1, in picoseconds."""
        begin, end = self.instants("phase: training")[0], self.instants("phase: other")[0]
        return (min(t for t in self.instants("doorbell") if t >= begin),
                max(t for t in self.instants("fence") if t <= end))

    def test_processes_and_threads(self):
        self.traced()
        self.assertEqual(set(self.processes.values()), {"host", "TILE(0,0)", "TILE(1,0)", "TILE(0,1)", "TILE(1,1)"})
        for process, name in self.processes.items():
            rows = {thread for (p, _), thread in self.threads.items() if p == process}
            self.assertEqual(rows, {"hart 0", "fabric"} if name == "host" else ROWS)

    def test_a_thread_does_one_thing_at_a_time(self):
        self.traced()
        for row, events in self.rows.items():
            events.sort(key=lambda e: e[:2])
            for (begin, duration, event), (then, _, follows) in zip(events, events[1:]):
                self.assertLessEqual(begin + duration, then, (row, event, follows))

    def test_durations_add_up_to_the_report(self):
        run = self.traced()
        begin, end = self.training_window()
        self.assertEqual((end - begin) // 1000, run.figure("fabric_cycles"))
        for unit, kinds in (("matrix", ("busy", "sram")), ("vector", ("busy", "sram"))):
            for process, tile in self.processes.items():
                if tile == "host":
                    continue
                row = next(key for key, name in self.threads.items() if key[0] == process and name == unit)
                spent = sum(max(0, min(b + d, end) - max(b, begin)) for b, d, _ in self.rows[row]) // 1000
                block = next(b for b in run.report["blocks"] if b["name"] == f"{tile}.{unit.upper()}")
                self.assertEqual(spent, block["busy"] + block["stalls"].get("sram", 0), tile)

    def test_commands_say_what_they_are_for(self):
        self.traced()
        products = [e for events in self.rows.values() for _, _, e in events if e["name"] == "MM"]
        self.assertTrue({"forward", "input_gradient"} <= {e["cat"] for e in products}, {e["cat"] for e in products})
        self.assertEqual({e["args"]["layer"] for e in products if e["cat"] == "forward"}, {1, 2})
        for e in products:
            self.assertTrue({"ring", "index", "tag"} <= e["args"].keys())

    def test_the_hart_runs_or_sleeps(self):
        run = self.traced()
        row = next(key for key, name in self.threads.items() if name == "hart 0")
        events = sorted(self.rows[row], key=lambda e: e[:2])
        self.assertEqual(events[0][0], 0)
        for (begin, duration, one), (then, _, other) in zip(events, events[1:]):
            self.assertEqual(begin + duration, then)
            self.assertNotEqual(one["name"], other["name"])
        asleep = sum(d for _, d, e in events if e["name"] == "wfi") // 1000
        self.assertEqual(asleep, next(b for b in run.report["blocks"] if b["name"] == "HART0")["stalls"]["wfi"])

    def test_it_is_complete_when_a_limit_stops_the_run(self):
        run = self.traced("--max-sim-ms", "0.052")
        self.assertEqual((run.code, run.end), (3, "limit_sim_time"))
        unfinished = [e for events in self.rows.values() for _, _, e in events if e["args"].get("unfinished")]
        self.assertTrue(unfinished)

    def test_it_changes_nothing(self):
        self.assertEqual(self.traced().report_bytes, self.train().report_bytes)


if __name__ == "__main__":
    unittest.main()
