// The makers of the machines, for the table in engine.cpp. Each checks its part of the configuration.
#pragma once

#include "models/zbcc/engine.hpp"

namespace acf::zbcc {

std::unique_ptr<engine> make_dense(const engine_config& config);
std::unique_ptr<engine> make_zbcc(const engine_config& config);
std::unique_ptr<engine> make_tensordash(const engine_config& config);
std::unique_ptr<engine> make_spartann(const engine_config& config);
std::unique_ptr<engine> make_sat(const engine_config& config);

// Throws unless every one of rows x columns elements gets the same number of lanes, at least one.
void require_shape(const engine_config& config, std::uint32_t rows, std::uint32_t columns);

constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

} // namespace acf::zbcc
