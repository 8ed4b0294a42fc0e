// The compiler: a network, a chip and a data set in, a job image (sw_stack/hal/job_image.hpp) out.
#pragma once

#include "sw_stack/compiler/block_owners.hpp"
#include "sw_stack/compiler/layout.hpp"
#include "sw_stack/compiler/relu_zeros.hpp"

#include <array>
#include <string>

namespace acf::compiler {

// What the image asks of the chip, for people.
struct plan {
  std::uint64_t image_bytes = 0;
  std::uint32_t sram_bytes = 0, sram_used = 0;
  std::vector<buffer> buffers;             // of the SRAM, the same on every tile
  std::array<std::uint32_t, 4> commands{}; // records in the longest ring of each kind, by job::ring
  std::vector<std::array<std::uint32_t, 4>> tile_commands;
  placement where;
  std::uint32_t steps = 0, regrows = 0;
  std::uint64_t dense_macs = 0; // of a step
  std::vector<layer_shape> layers;
  std::vector<placed_blocks> owners; // by layer; of dense ones nothing
  std::vector<relu_zeros> zeros;     // by layer
};

struct compiled {
  std::vector<std::uint8_t> image;
  compiler::plan plan;
};

// Throws input_error: a value out of range, data that do not fit the network, a network that does not fit the chip.
compiled compile(const chip& hardware, const training& run, const data_set& data);

// The plan as lines of text: SRAM by buffer, what is streamed, records per ring.
std::string describe(const plan& p);

} // namespace acf::compiler
