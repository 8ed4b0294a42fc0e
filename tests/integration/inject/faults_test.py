"""Faults have the effects that hardware would see, and the report says what happened."""
import unittest

from acf_run import Case, JOB_IMAGE


class Faults(Case):
    def test_an_uncorrectable_error_stops_the_tile_that_reads_it(self):
        self.write_data()
        size = self.image_bytes()
        _, image = self.train_and_dump(size)
        noise = (self.folder / "data" / "train-images-idx3-ubyte").read_bytes()[16:]
        address = JOB_IMAGE + image.find(noise[:784])
        run = self.train("--inject", f"t=0us:dram@{address:#x}:error")
        self.assertEqual((run.code, run.end), (1, "finisher"))
        self.assertRegex(run.log, r"guest error: TILE\(\d,\d\)\.ERROR_CAUSE = MEMORY")
        self.assertIn(f"ERROR_ADDRESS {address // 64 * 64:#x}", run.log)

    def test_a_stalled_link_costs_time_and_nothing_else(self):
        plain = self.train()
        stalled = self.train("--inject", "marker=1:link(0,0)->(1,0):stall=2000")
        self.assertEqual(plain.console, stalled.console)
        self.assertEqual(plain.figure("macs_executed"), stalled.figure("macs_executed"))
        lost = stalled.figure("fabric_cycles") - plain.figure("fabric_cycles")
        self.assertTrue(500 < lost <= 2000, lost)

    def test_a_lost_interrupt_is_found_by_the_driver_late(self):
        plain = self.train()
        lost = self.train("--inject", "fence=3:irq=fabric:drop")
        self.assertIn("the edge was lost", lost.notes[-1])
        self.assertGreater(lost.figure("simulated_seconds"), 10 * plain.figure("simulated_seconds"))

    def test_a_bit_in_sram_changes_the_result(self):
        plain = self.train()
        changed = [self.train("--inject", f"marker=1:sram(0,0)@{offset}:flip=6").figure("training_loss_last_epoch")
                   for offset in (0x1000, 0x4001, 0x8001, 0x10001)]
        self.assertTrue(any(loss != plain.figure("training_loss_last_epoch") for loss in changed), changed)

    def test_a_damaged_packet_is_no_broken_route(self):
        """Bit 22 of a packet of pieces belongs to the length of the first one."""
        for timing in ("lt", "at"):
            run = self.train("--inject", "packet=80/send_data:packet:flip=22", timing=timing)
            self.assertEqual(run.code, 1, run.log)
            self.assertRegex(run.log, r"ERROR_CAUSE = BUS: ring \d command \d+ \(COPY\), ERROR_ADDRESS 0x[1-9a-f]")

    def test_what_did_not_happen_is_said(self):
        run = self.train("--inject", "t=2s:dram@0x90000000:flip=1", "--inject", "t=1us:irq=watchdog:drop",
                         "--inject", "packet=1:packet:flip=5000")
        self.assertEqual(run.notes[-3:], [
            "warning: injection never happened: t=2s:dram@0x90000000:flip=1",
            "warning: injection never happened: t=1us:irq=watchdog:drop (its time came, but not its occasion)",
            "warning: injection without effect: packet=1:packet:flip=5000: the packet has 0 bytes"])
        self.assertEqual(run.console, self.train().console)


if __name__ == "__main__":
    unittest.main()
