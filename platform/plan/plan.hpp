// What a training step will cost, before anything is simulated: the command lists of all tiles, each command asked for
// what it occupies, and the busiest resource of every layer and phase. README.md beside this file says what that leaves
// out.
#pragma once

#include "models/zbcc/engine.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace acf::platform {

// What a phase may be bound by; cycles of each as if nothing else were in the way.
enum class resource : std::uint8_t { matrix, vector, mesh, dram };
inline constexpr std::array<std::string_view, 4> resource_names{"matrix", "vector", "mesh", "dram"};

struct planned_phase {
  std::string layer;       // "layer1", or empty: of the whole network
  std::string phase;       // "forward", as in reports; "other" if commands say none, "step" of all of them together
  std::uint32_t tiles = 0; // that have a part in it
  std::uint64_t dram_bytes = 0, mesh_bytes = 0; // commands, loaded, stored; delivered by sends, once for each receiver
  std::array<std::uint64_t, resource_names.size()> cycles{}; // by resource, of the tile that has most of it

  std::uint64_t& operator[](resource r) { return cycles[static_cast<std::size_t>(r)]; }
  std::uint64_t operator[](resource r) const { return cycles[static_cast<std::size_t>(r)]; }
  resource bottleneck() const;
  std::uint64_t cycles_expected() const { return (*this)[bottleneck()]; }
  std::string name() const { return layer.empty() ? phase : layer + "/" + phase; } // as waterfalls have it
};

// Shares of elements that are not zero where nobody can know before the run.
struct assumed_densities {
  struct of_layer {
    double inputs = 1, gradient = 1; // of its outputs
  };
  double images = 1; // of the data set, measured where there is one
  std::vector<of_layer> layers;
};

// What of the chip decides.
struct planned_chip {
  std::vector<zbcc::engine_config> engines; // of each tile
  std::uint32_t vector_lanes = 32, sram_bytes = 0;
  std::uint32_t link_bytes = 64;        // of the mesh, a cycle
  double dram_bytes_per_cycle = 64;     // of all channels
  std::uint32_t dram_access_bytes = 64; // smaller accesses take as long
};

// A step of the job: by phase in the order of the tags, then by layer, and at last "step", whose resources are as busy
// as in all phases together: what a step takes at least. Weights are as sparse as the image has them; `seed` draws the
// zeros of everything else. Throws std::logic_error for an image that its own tiles would refuse.
std::vector<planned_phase> plan_step(const planned_chip& chip, std::span<const std::uint8_t> image,
                                     const assumed_densities& assumed, std::uint64_t seed);

} // namespace acf::platform
