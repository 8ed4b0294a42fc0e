// Reads what acf-vp run --dump-tensors writes.
#pragma once

#include "tests/reference/compare.hpp"

#include <string>
#include <vector>

namespace acf::reference {

// The layers of an uncompressed .npz archive's bytes; throws std::runtime_error for anything unexpected.
std::vector<layer_tensors> read_npz(const std::string& bytes);
std::vector<norm_tensors> read_norms(const std::string& bytes); // its batch normalisations

} // namespace acf::reference
