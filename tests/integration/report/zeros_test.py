"""How sparse operands and results were is counted where they are used."""
import unittest

from acf_run import Case

KINDS = ("operand_a", "operand_b", "result")


class Zeros(Case):
    def counted(self, **settings):
        run = self.train(**settings)
        self.assertEqual((run.code, run.report["defects"]), (0, []), run.log)
        blocks = run.blocks("MATRIX")
        return {k: tuple(sum(b["counters"][f"{k}_{what}"] for b in blocks) for what in ("elements", "non_zeros"))
                for k in KINDS}

    def test_of_operands_and_results(self):
        sparse, dense = self.counted(), self.counted(train__recipe="dense")
        for kind in KINDS:
            for counts in (sparse, dense):
                elements, non_zeros = counts[kind]
                self.assertTrue(0 < non_zeros < elements, (kind, counts))
        share = {name: counts["operand_b"][1] / counts["operand_b"][0] for name, counts in
                 (("sparse", sparse), ("dense", dense))}
        self.assertLess(share["sparse"], share["dense"])

    def test_are_the_same_whatever_is_skipped(self):
        self.assertEqual(self.counted(), self.counted(zbcc__skip="none"))


if __name__ == "__main__":
    unittest.main()
