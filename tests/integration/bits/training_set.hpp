// A small set for the reference and the chip to learn from, in memory and as IDX files.
#pragma once

#include "tests/reference/trainer.hpp"

#include <filesystem>

namespace acf::reference {

// `side` x `side` images of ten classes: a bright frame at a place that belongs to the class, moved and noisy, before a
// dark ground; about half of the pixels are 0, and one label in five is drawn, so that there is always a gradient.
samples make_samples(std::uint32_t n, std::uint32_t side, std::uint64_t seed);

// PART-images-idx3-ubyte and PART-labels-idx1-ubyte; part is train or t10k.
void write_idx(const std::filesystem::path& folder, const std::string& part, const samples& set, std::uint32_t side);

} // namespace acf::reference
