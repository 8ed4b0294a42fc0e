// DRAM as those outside the chip see it, who spend no time: the loader before the run, dumps and results after it.
#pragma once

#include "platform/soc/program.hpp"
#include "platform/soc/run.hpp"
#include "platform/soc/soc.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace acf::platform {

// `program` (may be null), then `job` (may be empty) at hal::map::job_image, then the files. Throws input_error for
// what does not fit. Before elaboration, when sockets lead nowhere yet.
void load_memory(soc& chip, const program* program, std::span<const std::uint8_t> job,
                 const std::vector<load_request>& files);

// Over the bus, by debug transport. Throws input_error if it is not all in DRAM.
std::vector<std::uint8_t> read_memory(soc& chip, std::uint64_t address, std::uint64_t length);

} // namespace acf::platform
