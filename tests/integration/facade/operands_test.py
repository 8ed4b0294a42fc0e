"""Results come from what the simulated parts fetched and sent, at the time at which they did."""
import unittest

from acf_run import Case, JOB_IMAGE, weights


class Operands(Case):
    def test_an_image_matters_until_it_has_been_fetched(self):
        """The images of the first batches are fetched before training begins, those of later batches after."""
        images = self.write_data()
        size = self.image_bytes()
        untouched, image = self.train_and_dump(size)
        self.assertEqual(untouched.code, 0, untouched.log)

        def changed(when, address):
            run, after = self.train_and_dump(size, "--inject", f"{when}:dram@{address:#x}:write={'ff' * 64}")
            self.assertIn("injected at", run.notes[-1])
            figures = ("test_accuracy_percent", "training_loss_last_epoch")
            same = [untouched.figure(f) for f in figures] == [run.figure(f) for f in figures]
            return weights(after) != weights(image), not same

        kept = moved = 0
        for pixels in images[:12]:
            address = JOB_IMAGE + image.find(pixels) + 400
            self.assertEqual(changed("t=0ns", address), (True, True))
            if changed("marker=1", address)[0]:
                moved += 1
            else:
                kept += 1
                self.assertEqual(changed("marker=1", address), (False, False))
        self.assertTrue(kept and moved, (kept, moved))

    def test_one_bit_of_one_packet_changes_the_weights(self):
        """Most bits: some are rounded away, or belong to a pixel or neuron that nobody looks at in this step."""
        dense = {"train__recipe": "dense", "train__dtype": "fp32"}
        size = self.image_bytes(**dense)
        _, image = self.train_and_dump(size, **dense)
        changed = tried = 0
        for number in (100, 150, 200, 250, 300, 350, 400, 450):
            run, after = self.train_and_dump(size, "--inject", f"packet={number}/send_data:packet:flip=29", **dense)
            if "injected at" not in run.notes[-1]:
                continue
            tried += 1
            changed += weights(after) != weights(image)
        self.assertGreaterEqual(tried, 4)
        self.assertGreater(2 * changed, tried, f"{changed} of {tried}")


if __name__ == "__main__":
    unittest.main()
