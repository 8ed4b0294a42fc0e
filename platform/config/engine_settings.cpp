#include "platform/config/engine_settings.hpp"

#include "platform/config/recipe_rules.hpp"

#include <charconv>
#include <fmt/format.h>
#include <sstream>
#include <stdexcept>

namespace acf::platform {
namespace {

template <typename number>
bool parse(std::string_view text, number& out) {
  const auto r = std::from_chars(text.data(), text.data() + text.size(), out);
  return r.ec == std::errc{} && r.ptr == text.data() + text.size();
}

// "0,0 1,0 1,-1"
std::vector<zbcc::movement> movements_of(const std::string& text) {
  std::vector<zbcc::movement> out;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::string_view w = word;
    const std::size_t comma = w.find(',');
    zbcc::movement m;
    const bool readable = comma != std::string_view::npos && parse(w.substr(0, comma), m.step) &&
                          parse(w.substr(comma + 1), m.lane) && m.lane > -1024 && m.lane < 1024;
    if (!readable)
      throw std::invalid_argument(
          fmt::format("tensordash.movements: expected pairs \"step,lane\" such as \"0,0 1,0 1,-1\", not '{}'", word));
    out.push_back(m);
  }
  return out;
}

// The array is told the pattern that the job's weights have; else it is found from the masks.
void pattern_of(const config& c, zbcc::sat_options& out) {
  auto pattern = read_n_of_m(c.sat.pattern);
  if (!pattern) pattern = read_n_of_m(c.train.pattern);
  if (pattern) out.kept = pattern->n, out.group = pattern->m;
}

} // namespace

zbcc::engine_config engine_settings(const config& c, const std::string& name) {
  zbcc::engine_config e;
  e.name = name;
  e.lanes = c.zbcc.lanes, e.rows = c.zbcc.rows, e.columns = c.zbcc.columns, e.depth = c.zbcc.depth;
  e.line_buffer_bytes = std::uint64_t{c.same.line_buffer_kib} * 1024;
  e.bank_cache_bytes = std::uint64_t{c.same.bank_cache_kib} * 1024;
  e.dense.systolic = c.dense.shape == "systolic";
  e.tensordash.movements = movements_of(c.tensordash.movements);
  e.tensordash.two_sided = c.tensordash.sided == "two";
  e.tensordash.lanes_descending = c.tensordash.lane_order == "descending";
  e.tensordash.gate_percent = c.tensordash.gate_percent;
  e.spartann = {c.spartann.gap_bits, c.spartann.dense_vectors, c.spartann.output_vectors, c.spartann.column_cycles};
  pattern_of(c, e.sat);
  e.sat.dense_group = c.sat.dense_group;
  e.sat.flow = c.sat.dataflow == "ws"   ? zbcc::dataflow::weight_stationary
               : c.sat.dataflow == "os" ? zbcc::dataflow::output_stationary
                                        : zbcc::dataflow::best;
  e.sat.accumulate_cycles = c.sat.accumulate_cycles, e.sat.interleave = c.sat.interleave;
  return e;
}

} // namespace acf::platform
