"""mesh.placement: owners of neighbouring columns get little of what others hold, owners of any blocks more; the weights
are the same, over changes of the mask, too."""
import unittest

from acf_run import Case

STEPS = 12


class Placement(Case):
    def sparse(self, placement, **settings):
        keys = dict(mesh__placement=placement, mesh__width=4, mesh__height=4, train__regrow_period=5,
                    train__max_steps=STEPS, train__epochs=4, data__generated_train=640)
        run = self.train("--dump-tensors", STEPS, **(keys | settings))
        self.assertEqual(run.code, 0, run.log)
        return run, (run.folder / f"tensors_{STEPS}.npz").read_bytes()

    def test_no_weight_depends_on_it_but_hops_do(self):
        runs, tensors = zip(*(self.sparse(p) for p in ("metis", "columns", "random")))
        self.assertEqual(len(set(tensors)), 1)
        metis, columns, scattered = runs
        for near in (metis, columns):
            self.assertGreater(scattered.figure("noc_flit_hops"), 1.2 * near.figure("noc_flit_hops"))
            self.assertGreater(scattered.figure("fabric_cycles"), near.figure("fabric_cycles"))
            self.assertGreater(scattered.figure("placement_cut"), 5 * near.figure("placement_cut"))
            self.assertGreater(scattered.figure("placement_cut_at_end"), 5 * near.figure("placement_cut_at_end"))
        self.assertLessEqual(metis.figure("placement_metis_imbalance_percent_layer1"), 5)
        self.assertLessEqual(metis.figure("placement_imbalance_percent"), 5)
        self.assertIsNone(columns.figure("placement_metis_cut_layer1"))

    def test_at_timing_moves_the_same(self):
        lt, of_lt = self.sparse("metis", mesh__width=2, mesh__height=2)
        at, of_at = self.sparse("metis", mesh__width=2, mesh__height=2, timing="at")
        self.assertEqual(of_lt, of_at)
        self.assertEqual(lt.figure("noc_flit_hops"), at.figure("noc_flit_hops"))

    def test_a_dense_network_has_nothing_to_place(self):
        run = self.train(train__sparsity=0, train__recipe="dense")
        self.assertEqual(run.code, 0, run.log)
        self.assertIsNone(run.figure("placement_cut"))

    def test_unknown_placements_are_refused(self):
        run = self.train(mesh__placement="rows")
        self.assertEqual(run.code, 2)
        self.assertIn("mesh.placement", run.log)


if __name__ == "__main__":
    unittest.main()
