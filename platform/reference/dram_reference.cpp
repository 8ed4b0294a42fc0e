// DRAMsim3's points, whose controller ours follows; those of Ramulator and DRAMSys are printed beside it.
#include "platform/reference/reference.hpp"

#include "models/dram/replay.hpp"
#include "platform/config/input_error.hpp"
#include "platform/reference/dram_parameters.hpp"

#include <fmt/format.h>
#include <memory>

namespace acf::platform {
namespace {

constexpr double idle_limit = 3, latency_limit = 10, bandwidth_limit = 5; // percent
constexpr double loaded = 0.8;

dram::access_load load_of(const csv_table& t, std::size_t i) {
  dram::access_load l;
  const auto pattern = dram::find_access_pattern(t.text(i, "pattern"));
  if (!pattern)
    t.refuse(i, "pattern",
             "one of seq_rd, seq_wr, rand_rd, rand_wr, stride_row_rd, stride_bank_rd, mix_seq_1r1w, mix_rand_2r1w");
  l.pattern = *pattern;
  l.requests = t.has("requests") ? t.count(i, "requests", 10'000, 10'000'000) : l.requests;
  const auto& load = t.text(i, "load");
  if (!load.starts_with("open")) { // "idle1", "out8", "sat64"
    l.outstanding = t.count(i, "outstanding", 1, 1'000'000);
    return l;
  }
  // "open25_cbr", "open75_poisson"
  std::size_t digits = 4;
  std::uint32_t percent = 0;
  for (; digits < load.size() && load[digits] >= '0' && load[digits] <= '9' && percent < 1000; ++digits)
    percent = percent * 10 + static_cast<std::uint32_t>(load[digits] - '0');
  const auto kind = load.substr(digits);
  if (percent == 0 || percent > 1000 || (kind != "_cbr" && kind != "_poisson"))
    t.refuse(i, "load", "idle1, outN, satN, openNN_cbr or openNN_poisson");
  l.outstanding = 0;
  l.offered = percent / 100.0;
  l.poisson = kind == "_poisson";
  return l;
}

dram::device device_of(const csv_table& t, std::size_t i, const dram_parameters& parameters) {
  try {
    return parameters.device(t.text(i, "tool"), t.text(i, "config_file"), t.count(i, "bytes", 8, 4096));
  } catch (const input_error& e) {
    throw input_error{fmt::format("{}: {}", t.place(i), e.what())};
  }
}

replayed_row replay(const csv_table& t, std::size_t i, const dram_parameters& parameters) {
  const auto x = dram::run_accesses(device_of(t, i, parameters), load_of(t, i));
  replayed_row r;
  const auto read = t.number_if_any(i, "read_mean_ns");
  const bool reads = read.value_or(0) > 0;
  if (reads) r.latency = x.read_ns, r.reference_latency = read;
  r.throughput = x.gb_per_s;
  r.reference_throughput = t.number(i, "GBps");
  if (t.text(i, "tool") != "dramsim3") return r;
  if (reads && t.text(i, "load") == "idle1")
    r.latency_limit_percent = idle_limit;
  else if (reads && t.number(i, "load_fraction") <= loaded)
    r.latency_limit_percent = latency_limit;
  r.throughput_limit_percent = bandwidth_limit;
  return r;
}

} // namespace

row_replayer dram_replayer(const csv_table& points, const std::filesystem::path& file) {
  const auto parameters = file.empty() ? std::make_shared<const dram_parameters>()
                                       : std::make_shared<const dram_parameters>(csv_table(file));
  for (std::size_t i = 0; i < points.rows(); ++i) { // complaints before anything long begins
    device_of(points, i, *parameters);
    load_of(points, i);
    points.number(i, "load_fraction");
    points.number(i, "GBps");
  }
  return [&points, parameters](std::size_t i) { return replay(points, i, *parameters); };
}

} // namespace acf::platform
