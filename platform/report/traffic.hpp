// Where data moved and waited: links over time, latencies, DRAM channels, and who waited for what by name.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace acf::platform {

// Of the window of the figures. `first_cycle` of the fabric's clock; every series has one value per `window_cycles`.
struct traffic_result {
  struct series {
    std::string name;           // "link (2,1)->(3,1)", "DRAM2"
    double mean = 0;            // over the window of the figures
    std::vector<double> values; // share of the time, or GB/s
  };
  struct histogram {
    std::string name;                                           // "request", "response"
    std::vector<std::pair<std::uint64_t, std::uint64_t>> below; // cycles, packets; without empty ends
  };
  struct channel {
    std::string name;
    double gb_per_s = 0;
    std::optional<double> row_hit_percent; // of a DRAM with banks
  };
  struct wait {
    std::string what; // "link (2,1)->(3,1)", "row conflict, channel 2"
    std::uint64_t cycles = 0;
  };

  struct reuse { // of windows of convolutions, with bank caches of all operands of matrix engines; by layer and phase
    std::string name;
    std::uint64_t delivered = 0, cached = 0, fetched = 0; // bytes: to the engines, out of bank caches, from SRAM
  };

  std::uint64_t first_cycle = 0, window_cycles = 0;
  std::vector<series> links; // busiest first
  std::size_t all_links = 0; // how many there are, listed or not
  std::vector<histogram> latency;
  std::vector<channel> channels;
  std::vector<series> bandwidth; // of the channels
  std::vector<wait> waits;       // longest first
  std::vector<reuse> operands;
  bool bank_caches = false; // there are some
};

nlohmann::ordered_json traffic_json(const traffic_result& t);

// The same as tables and charts of the report page; `t` as traffic_json() wrote it.
std::string traffic_html(const nlohmann::ordered_json& t);

} // namespace acf::platform
