// Prices what a run counted: every block's counters, and the same by layer and phase.
#pragma once

#include "platform/energy/table.hpp"
#include "platform/report/run_result.hpp"
#include "platform/soc/measurement.hpp"

namespace acf::platform {

// Reads the blocks that measurement::fill() wrote; fills block energies, result.energy, energy_uj and area_mm2.
void add_energy(const config& c, const energy_table& table, run_result& result);

// The share of each layer and phase. Core and SRAM follow the commands' tags; energy of mesh and DRAM is shared out by
// the bytes that the DMA channels moved for each.
void add_energy_of_phases(const soc& chip, const energy_table& table, const reading& begin, const reading& end,
                          run_result& result);

} // namespace acf::platform
