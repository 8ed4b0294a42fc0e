"""mesh.routing: firmware programs XY, YX, west-first or a table of one's own; rings are refused, or really deadlock."""
import unittest

from acf_run import Case

# All packets of a 2 x 2 mesh run clockwise: every link waits for the next one.
CLOCKWISE = {(0, 0): "east", (1, 0): "south", (1, 1): "west", (0, 1): "north"}


class Routing(Case):
    def table(self, text):
        path = self.folder / "routes.csv"
        path.write_text(text)
        return path

    def clockwise(self, nodes=4):
        """Of the tiles of a 2 x 2 mesh; everything else stays XY."""
        return self.table("x,y,node,port\n" + "".join(
            f"{x},{y},{node},{port}\n" for (x, y), port in CLOCKWISE.items() for node in range(nodes)
            if (x, y) != (node % 2, node // 2)))

    def links(self, run):
        return {b["name"].removeprefix("MESH link "): b["counters"]["flits"] for b in run.report["blocks"]
                if b["name"].startswith("MESH link ")}

    def test_results_do_not_depend_on_the_way_but_links_do(self):
        runs = {routing: self.train("--dump-tensors", 5, mesh__routing=routing, mesh__width=3, mesh__height=3)
                for routing in ("xy", "yx", "west_first")}
        tensors = {(r.folder / "tensors_5.npz").read_bytes() for r in runs.values()}
        self.assertEqual(len(tensors), 1)
        for run in runs.values():
            self.assertEqual(run.code, 0, run.log)
        self.assertNotEqual(self.links(runs["xy"]), self.links(runs["yx"]))
        self.assertNotEqual(self.links(runs["xy"]), self.links(runs["west_first"]))

    def test_a_detour_is_a_few_lines(self):
        # Tile (0,0) reaches tile (1,0) by way of the second row; a ring it is not.
        detour = self.table("x,y,node,port\n0,0,tile 1 0,south\n0,1,tile 1 0,east\n1,1,1,north  # back up\n")
        usual, run = self.train(), self.train(mesh__routing=detour)
        self.assertEqual(run.code, 0, run.log)
        self.assertLess(self.links(run)["(0,0)->(1,0)"], self.links(usual)["(0,0)->(1,0)"])
        self.assertGreater(self.links(run)["(0,0)->(0,1)"], self.links(usual)["(0,0)->(0,1)"])
        self.assertIn("routes.csv", [i["name"] for i in run.report["inputs"]])

    def test_the_checker_refuses_a_ring(self):
        run = self.train(mesh__routing=self.clockwise())
        self.assertEqual(run.code, 1)
        self.assertIn(b"routes: packets could wait for each other over 4 links", run.console)

    def test_unchecked_a_ring_really_deadlocks_and_its_links_are_named(self):
        settings = dict(mesh__routing=self.clockwise(), mesh__route_check="off", mesh__virtual_channels=1,
                        mesh__buffer_flits=1, timing="at")
        run = self.train("--max-sim-ms", 20, **settings)
        self.assertEqual(run.code, 3, run.log)
        line = next(l for l in run.log.splitlines() if "packets wait for each other in a ring:" in l)
        for link in ("link (0,0)->(1,0)", "link (1,0)->(1,1)", "link (1,1)->(0,1)", "link (0,1)->(0,0)"):
            self.assertIn(link, line)
        self.assertEqual(self.train(timing="at", mesh__virtual_channels=1, mesh__buffer_flits=1).code, 0)

    def test_lt_has_no_buffers_that_could_fill(self):
        run = self.train(mesh__routing=self.clockwise(), mesh__route_check="off")
        self.assertEqual(run.code, 0, run.log)

    def refused(self, text):
        run = self.train(mesh__routing=self.table(text))
        self.assertEqual(run.code, 2, run.log)
        return run.log

    def test_what_is_not_on_the_chip_is_refused_with_its_line(self):
        self.assertIn("routes.csv:1: key 'x': expected a number from 0 to 1, not '2'", self.refused("2,0,0,east\n"))
        self.assertIn("routes.csv:2: key 'port': expected a port with a link: router (1,0) lies at the edge, not 'east'",
                      self.refused("x,y,node,port\n1,0,0,east\n"))
        self.assertIn("routes.csv:1: key 'port': expected a side: tile (1,1) hangs at router (1,1), not 'local'",
                      self.refused("0,0,3,local\n"))
        self.assertIn("routes.csv:1: key 'node': expected a number from 0 to 12, tile X Y, dram N, or host bridge, not "
                      "'tile 2 0'", self.refused("0,0,tile 2 0,east\n"))
        self.assertIn("routes.csv:1: key 'x,y,node,port': expected four fields, not '0,0,east'",
                      self.refused("0,0,east\n"))
        self.assertIn("routes.csv:2: key 'port': expected ways that end at tile (1,0), not 'a loop through router (0,0)'",
                      self.refused("0,0,1,south\n0,1,1,north\n"))

    def test_firmware_without_a_job_is_told(self):
        run = self.run_acf("--firmware", "matmul", "--set", "mesh.routing=yx")
        self.assertEqual(run.code, 0)
        self.assertTrue(any("mesh.routing: yx has no effect" in n for n in run.notes), run.notes)


if __name__ == "__main__":
    unittest.main()
