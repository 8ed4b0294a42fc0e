"""Mesh and DRAM in report.json and report.html: over time, by latency, by channel, and what was waited for by name."""
import unittest

from acf_run import Case


class Traffic(Case):
    def setUp(self):
        super().setUp()
        self.runs_of = {timing: self.train(mesh__width=3, mesh__height=3, timing=timing, dram__channels=2,
                                             dram__size_mib=1024)
                        for timing in ("lt", "at")}
        for run in self.runs_of.values():
            self.assertEqual(run.code, 0, run.log)

    def check_links_over_time_add_up_to_what_they_carried(self):
        for timing, run in self.runs_of.items():
            t, cycles = run.report["traffic"], run.figure("fabric_cycles")
            blocks = {b["name"].removeprefix("MESH "): b for b in run.report["blocks"] if b["name"].startswith("MESH ")}
            self.assertEqual(t["all_links"], len(blocks))
            self.assertEqual([s["mean"] for s in t["links"]], sorted((s["mean"] for s in t["links"]), reverse=True))
            for s in t["links"]:
                values, window = s["over_time"], t["window_cycles"]
                self.assertTrue(1 < len(values) <= 64, len(values))
                self.assertTrue(all(0 <= v <= 1 for v in values), s)
                lengths = [window] * (len(values) - 1) + [cycles - window * (len(values) - 1)]
                busy = sum(v * n for v, n in zip(values, lengths))
                # Rounded to four digits; a packet may begin in one window of the figures and end behind it.
                self.assertAlmostEqual(busy, blocks[s["name"]]["busy"], delta=1e-3 * cycles + 64, msg=(timing, s["name"]))

    def check_every_delivered_packet_is_in_a_histogram(self):
        for run in self.runs_of.values():
            latency = run.report["traffic"]["latency"]
            for name in ("request", "response"):
                self.assertGreater(sum(b["packets"] for b in latency[name]), 0)
                limits = [b["below_cycles"] or float("inf") for b in latency[name]]
                self.assertEqual(limits, sorted(limits))
        # The same packets in both timings, but for those around the last fence.
        counts = [sum(b["packets"] for b in r.report["traffic"]["latency"]["request"]) for r in self.runs_of.values()]
        self.assertAlmostEqual(counts[0], counts[1], delta=0.25 * counts[0])

    def check_channels_have_bandwidth_and_with_banks_row_hits(self):
        for timing, run in self.runs_of.items():
            t = run.report["traffic"]
            self.assertEqual([c["name"] for c in t["dram_channels"]], ["DRAM0", "DRAM1"])
            total = sum(c["gb_per_s"] for c in t["dram_channels"]) * run.figure("fabric_cycles")
            self.assertAlmostEqual(total, run.figure("dram_bytes"), delta=1e-3 * run.figure("dram_bytes"))
            for c in t["dram_channels"]:
                if timing == "lt":
                    self.assertIsNone(c["row_hit_percent"])
                else:
                    self.assertTrue(0 < c["row_hit_percent"] <= 100)

    def check_waits_name_link_and_row_conflict(self):
        waits = {timing: [w["for"] for w in run.report["traffic"]["waits"]] for timing, run in self.runs_of.items()}
        self.assertTrue(any(w.startswith("link (") and ")->(" in w for w in waits["lt"]), waits)
        self.assertTrue(any(w.startswith("data bus, channel ") for w in waits["lt"]), waits)
        self.assertTrue(any(w.startswith("row conflict, channel ") for w in waits["at"]), waits)

    def check_the_page_shows_them(self):
        page = (self.runs_of["at"].folder / "report.html").read_text()
        for text in ("Mesh and DRAM over time", "request packets by latency in cycles", "row hits",
                     "what was waited for longest", "row conflict, channel "):
            self.assertIn(text, page)

    def test_report_and_page(self):
        for check in (self.check_links_over_time_add_up_to_what_they_carried,
                      self.check_every_delivered_packet_is_in_a_histogram,
                      self.check_channels_have_bandwidth_and_with_banks_row_hits,
                      self.check_waits_name_link_and_row_conflict, self.check_the_page_shows_them):
            with self.subTest(check.__name__):
                check()


if __name__ == "__main__":
    unittest.main()
