// How fast the harts run programs, beside Debian's QEMU on the same machine in the same minutes.
#pragma once

#include <string>
#include <vector>

namespace acf::platform {

// cpu/PROGRAM: user CPU seconds of `acf-vp run --firmware PROGRAM` with default options on the whole chip, median of
// five; mips; ratio_qemu = the same median of qemu-system-riscv64 -M virt (plain TCG, one thread) over ours, the runs of
// both taking turns. Without `elf`, the programs of tests/bench/cpu; else these ELF files, which must end by the test
// finisher with a pass.
void register_cpu(const std::vector<std::string>& elf);

} // namespace acf::platform
