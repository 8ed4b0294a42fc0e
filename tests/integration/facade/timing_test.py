"""Cycles follow the resources that a job is bound by, and the places of its zeros."""
import pathlib
import random
import unittest

from acf_run import Case
from tensor_file import tensors, write_tensors


class Timing(Case):
    def test_half_the_dram_bandwidth(self):
        one_channel = {"dram__preset": "lpddr4_2400", "dram__channels": 1}
        wide = self.train(**one_channel)
        narrow = self.train(**one_channel, dram__width_bits=32)
        self.assertEqual(wide.figure("macs_executed"), narrow.figure("macs_executed"))
        self.assertEqual(wide.console, narrow.console)
        self.assertGreater(narrow.figure("fabric_cycles"), 1.5 * wide.figure("fabric_cycles"))
        grown = {cause: narrow.stalled("DMA1", cause) - wide.stalled("DMA1", cause)
                 for cause in {c for b in narrow.blocks("DMA1") for c in b["stalls"]}}
        self.assertGreater(narrow.stalled("DMA1", "dram"), 1.5 * wide.stalled("DMA1", "dram"))
        self.assertEqual(max(grown, key=grown.get), "dram", grown)

    def test_who_waits_for_a_block_that_waits_for_dram_waits_for_dram(self):
        """Of masters that the vector unit updates, and of commands that the sequencer fetches. Across tiles it is a wait
        for the peer: which tile's fetches are the last is for the places of tables in DRAM to say."""
        for keys in ({"train__recipe": "dense", "zbcc__lanes": 256}, {}):
            wide, narrow = (self.train(dram__preset="lpddr4_2400", dram__channels=channels, **keys)
                            for channels in (2, 1))
            lost, dram, peer = (narrow.lost(cause) - wide.lost(cause) for cause in
                                ("achieved", "matrix engine waits: dram", "matrix engine waits: peer"))
            self.assertGreater(lost, 0.2 * wide.lost("achieved"))
            self.assertGreater(dram, 0.5 * lost)
            self.assertGreater(dram + max(peer, 0), 0.8 * lost)

    def test_half_the_lanes(self):
        dense = {"train__recipe": "dense", "zbcc__skip": "none", "train__max_steps": 2}
        full = self.train(**dense)
        half = self.train(**dense, zbcc__lanes=32)
        self.assertEqual(full.console, half.console)
        self.assertEqual(half.busy("MATRIX"), 2 * full.busy("MATRIX"))
        ratio = half.figure("fabric_cycles") / full.figure("fabric_cycles")
        self.assertTrue(1.8 < ratio < 2.05, ratio)

    def test_zeros_in_other_places(self):
        """One network, its hidden neurons renamed four at a time: the same data, weights, products and zeros in both
        layers, but rows of blocks change places. The work stays, the cycles do not."""
        self.write_data()
        keys = {"train__regrow_period": 0, "train__lr": 1e-12}
        self.train(train__save="start.npz", train__max_steps=1, **keys)
        arrays = tensors(self.folder / "start.npz")

        def renamed(order):
            """Neurons 4 n to 4 n + 3 are what those of order[n] were."""
            old = [4 * n + i for n in order for i in range(4)]
            moved = dict(arrays)
            for kind in ("weight", "mask"):
                shape, values = arrays[f"layer1.{kind}"]
                moved[f"layer1.{kind}"] = shape, [v for n in old for v in values[n * shape[1]:(n + 1) * shape[1]]]
                shape, values = arrays[f"layer2.{kind}"]
                moved[f"layer2.{kind}"] = shape, [values[row * shape[1] + n] for row in range(shape[0]) for n in old]
            shape, values = arrays["layer1.bias"]
            moved["layer1.bias"] = shape, [values[n] for n in old]
            write_tensors(self.folder / "renamed.npz", moved)
            run = self.train(train__load="renamed.npz", **keys)
            self.assertEqual(run.code, 0, run.log)
            return run

        rows = list(range(128 // 4))
        first, again, *others = [renamed(order) for order in
                                 (rows, rows, rows[::-1], random.Random(1).sample(rows, len(rows)))]
        self.assertEqual(again.figure("fabric_cycles"), first.figure("fabric_cycles"))
        for figure in ("macs_total", "macs_executed", "test_accuracy_percent"):
            self.assertEqual({run.figure(figure) for run in others}, {first.figure(figure)}, figure)
        self.assertEqual(len({run.busy("MATRIX") for run in (first, *others)}), 3)
        self.assertEqual(len({run.figure("fabric_cycles") for run in (first, *others)}), 3)

    def test_images_that_nobody_trains_with(self):
        """However many there are, tables behind them lie alike in channels and banks."""
        for timing in ("lt", "at"):
            trained = {self.train(data__generated_test=count, timing=timing).lost("achieved")
                       for count in (64, 150, 400)}
            self.assertEqual(len(trained), 1, (timing, trained))

    def test_images_that_lie_packed(self):
        """The same weights from fewer bytes of DRAM, sooner where DRAM is narrow; rows of one piece and of four."""
        def trained(**settings):
            run = self.train(train__save="out.npz", **settings)
            self.assertEqual(run.code, 0, run.log)
            return run, (self.folder / "out.npz").read_bytes()

        narrow = {"dram__preset": "lpddr4_2400", "dram__channels": 1, "dram__width_bits": 16}
        colours = {"train__network": str(pathlib.Path(__file__).resolve().parents[3] / "scenarios/networks/resnet8.yaml"), "same__sram_kib": 4096, "train__batch": 16, "train__max_steps": 2}
        for settings in (narrow, {"timing": "at"}, colours):
            (plain, weights), (packed, again) = (trained(data__compression=c, **settings) for c in ("off", "on"))
            self.assertEqual(weights, again)
            self.assertLess(packed.figure("dram_bytes"), plain.figure("dram_bytes"))
            if settings is narrow:
                self.assertLess(packed.figure("fabric_cycles"), 0.95 * plain.figure("fabric_cycles"))

    def test_packing_zeros_takes_time_and_can_be_left_out(self):
        """The same bits without it; with it, as many cycles of the packers as there are words of 64 elements."""
        def counted(run, name):
            return [b["counters"][name] for b in run.blocks("DMA0")]

        plain, packed = self.train(same__compression="off"), self.train()
        self.assertEqual(plain.console, packed.console)
        self.assertEqual(plain.figure("macs_executed"), packed.figure("macs_executed"))
        self.assertFalse(any(counted(plain, "bytes_to_pack") + counted(plain, "bytes_packed")))
        for before, after, sent in zip(*(counted(packed, n) for n in ("bytes_to_pack", "bytes_packed", "bytes_sent"))):
            self.assertTrue(0 < after < before)
            self.assertLess(after, sent + 1)
        self.assertLess(packed.figure("noc_flit_hops"), plain.figure("noc_flit_hops"))
        self.assertNotEqual(packed.figure("fabric_cycles"), plain.figure("fabric_cycles"))

    def test_a_narrow_memory_that_does_not_exist(self):
        run = self.train(dram__width_bits=24)
        self.assertEqual(run.code, 2)
        self.assertIn("--set:8: key 'dram.width_bits': expected a multiple of 8 up to 1024 that divides the clock of hbm2 "
                      "evenly, not 24", run.log)


if __name__ == "__main__":
    unittest.main()
