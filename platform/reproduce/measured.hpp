// Our figure for each published one: how it was got, and what it depends on. Computed from the configuration and the
// tables alone; the published figures are not known here.
#pragma once

#include "models/zbcc/engine.hpp"
#include "platform/config/config.hpp"

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace acf::platform {

enum class how { real, random, table, derived };

struct measured {
  std::vector<double> ours; // in the order of the published numbers; empty: not measurable
  how method = how::derived;
  std::string conditional_on; // what must be believed for it to count as reproduced
  std::string reason;
  std::string relation{}; // a published claim in words that was checked, and whether it holds
  bool holds = false;
};

// By id of a target. A system that is not asked for gives nothing.
using measurements = std::map<std::string, measured>;
// Rows that only trained networks can give.
inline constexpr const char* needs_training = "needs trained networks: with reproduce.training=on, if at all";
void leave_to_recipes(std::initializer_list<const char*> ids, measurements& out);
void measure_tensordash(const config& c, measurements& out);
void measure_spartann(const config& c, measurements& out);
void measure_sat(const config& c, measurements& out);
void measure_acf(const config& c, measurements& out);

// Speed-up of the TensorDash tile of the configuration over its twin, by density and clustering: CSV.
std::string tensordash_surface(const config& c);

// Where a speed-up lies on that surface, at this density: the spread at which drawn zeros give as much; 0 if they never
// give more, nothing if they always do.
std::optional<double> tensordash_spread(const config& c, double zeros, double measured_speedup);

// B[N, K] with zeros drawn element by element; `spread`: standard deviation of each row's share of zeros over stretches
// of 1000 steps, as zeros cluster in real tensors. Drawn from Philox stream `stream`.
zbcc::bit_matrix random_zeros(std::size_t rows, std::size_t cols, double zeros, std::uint64_t stream, double spread = 0,
                              std::size_t stretch = 4000);
zbcc::bit_matrix no_zeros(std::size_t rows, std::size_t cols);

} // namespace acf::platform
