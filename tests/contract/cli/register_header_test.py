"""The exported C header: compiles without our sources, as C99 and in the assembler, and says what the JSON says."""

import json
import os
import subprocess
import unittest

from acf import Case, acf_vp

DUMP = """\
#include "acf.h"
#include <inttypes.h>
#include <stdio.h>
int main(void) {
  for (unsigned b = 0; b < ACF_BLOCKS; ++b)
    for (unsigned r = 0; r < acf_blocks[b].register_count; ++r) {
      const struct acf_register *x = &acf_blocks[b].registers[r];
      printf("%s %s %" PRIu64 " %u %u %u %" PRIu64 " %" PRIu64 " %" PRIu64 "\\n", acf_blocks[b].name, x->name, x->address,
             x->width, x->count, x->stride, x->reset & x->reset_mask, x->reset_mask,
             x->read_mask | x->write_mask | x->w1c_mask | x->w1s_mask | x->wo_mask);
    }
  return ACF_TILE_STATUS != 8 || ACF_TILE_STATUS_ERROR_MASK != 1 << ACF_TILE_STATUS_ERROR_LSB;
}
"""


# The records of commands beside those that models and driver use.
RECORDS = """\
#include "acf.h"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/gradient_commands.hpp"
#include "sw_stack/hal/threshold_commands.hpp"
#include <cstddef>
#define SAME(c, record, field) static_assert(offsetof(c, field) == offsetof(acf::hal::record, field) && \\
                                          sizeof(c::field) == sizeof(acf::hal::record::field))
#define SAME4(c, r, e, f, g, h) SAME(c, r, e); SAME(c, r, f); SAME(c, r, g); SAME(c, r, h)
SAME4(acf_command, command, flags, tag, reserved0, wait);
SAME4(acf_command, command, signal, view, offset, param);
static_assert(offsetof(acf_command, op) == offsetof(acf::hal::command, op) && sizeof(acf_command) == 64);
SAME(acf_extension, extension, view); SAME(acf_extension, extension, offset); SAME(acf_extension, extension, param);
SAME4(acf_view, view_record, base, type, layout, dim);
SAME4(acf_view, view_record, stride, pointers, indices, capacity);
SAME(acf_view, view_record, window);
SAME4(acf_loss, loss_record, loss_q16, correct, rows, first_not_finite);
SAME4(acf_selection, selection, score_bits, index, count, eligible);
SAME4(acf_threshold, threshold_record, threshold, target, floor, largest);
SAME(acf_threshold, threshold_record, zeros); SAME(acf_threshold, threshold_record, commits);
SAME(acf_threshold, threshold_record, hold); SAME4(acf_threshold, threshold_record, last_threshold, last_zeros,
                                                   last_elements, reserved);
SAME(acf_gradients, gradient_record, sum); SAME(acf_gradients, gradient_record, not_finite);
SAME4(acf_step, step_record, held, factor, loss_scale, good);
SAME4(acf_step, step_record, norm, skipped, steps, rescale);
static_assert(sizeof(acf_gradients) == 64 && sizeof(acf_step) == 32);
static_assert(ACF_ON(63u, 1023u) == acf::hal::on(63, 1023));
static_assert(ACF_FROM_SCALAR(5, 64) == acf::hal::from_scalar(5, 64));
static_assert(ACF_TILE_SET(1, 2, 3, 4) == acf::hal::tile_set(1, 2, 3, 4));
static_assert(ACF_OP_MM == static_cast<int>(acf::hal::opcode::mm) && ACF_MM_RELU == acf::hal::mm_flag::relu);
int main() {}
"""


class Header(Case):
    def setUp(self):
        super().setUp()
        result = acf_vp("regs", "--format", "header")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.write("acf.h", result.stdout)

    def gcc(self, source, *options):
        result = subprocess.run(["gcc", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *options, source, "-o", "program"],
                                cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.folder / "program"

    def test_tables_are_those_of_the_json(self):
        self.write("dump.c", DUMP)
        result = subprocess.run([self.gcc("dump.c", "-std=c99")], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0)
        expected = []
        for r in json.loads(acf_vp("regs", "--format", "json").stdout):
            if "(" in r["name"] and "(0,0)" not in r["name"]:
                continue  # the header shows the first instance
            implemented = 0
            for f in r["fields"]:
                implemented |= (1 << f["width"]) - 1 << f["lsb"]
            mask = 0 if r["name"].endswith(".POSITION") else r["reset_mask"]  # differs between instances
            expected.append(f"{r['block']} {r['name'].split('.')[-1]} {r['address']} {r['width']} {r['count']} {r['stride']} "
                            f"{r['reset'] & mask} {mask} {implemented}")
        self.assertEqual(result.stdout.splitlines(), expected)

    def test_records_are_those_of_models_and_driver(self):
        self.write("records.cpp", RECORDS)
        self.gcc("records.cpp", "-std=c++20", "-c", "-I", os.environ["ACF_TOP"])

    def test_it_is_c_plus_plus_and_assembler_too(self):
        self.write("x.cpp", '#include "acf.h"\nint main() { return static_cast<int>(acf_blocks[0].base & 1); }\n')
        self.gcc("x.cpp", "-std=c++20", "-c")
        self.write("x.S", '#include "acf.h"\n.quad ACF_TILE_BASE + ACF_TILE_STATUS\n.section .note.GNU-stack,"",@progbits\n')
        self.gcc("x.S", "-c")


if __name__ == "__main__":
    unittest.main()
