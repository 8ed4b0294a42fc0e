#include "platform/reference/dram_parameters.hpp"

#include "platform/config/dram_preset.hpp"
#include "platform/config/input_error.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <sstream>

namespace acf::platform {
namespace {

using parameters = std::map<std::string, std::string>;

// One configuration's list, read by name.
class reader {
public:
  reader(const parameters& list, std::string name) : list_(list), name_(std::move(name)) {}

  const std::string& text(const std::string& key) const {
    const auto at = list_.find(key);
    if (at == list_.end()) throw input_error{fmt::format("{}: expected a parameter '{}'", name_, key)};
    return at->second;
  }
  double number(const std::string& key) const {
    const auto& t = text(key);
    double value = 0;
    const auto r = std::from_chars(t.data(), t.data() + t.size(), value);
    if (r.ec != std::errc{} || r.ptr != t.data() + t.size() || !(value >= 0) || value > 1e9)
      throw input_error{fmt::format("{}: parameter '{}': expected a number, not '{}'", name_, key, t)};
    return value;
  }
  std::uint32_t count(const std::string& key) const { return static_cast<std::uint32_t>(std::llround(number(key))); }
  std::uint32_t count(const std::string& key, std::uint32_t otherwise) const {
    return list_.contains(key) ? count(key) : otherwise;
  }
  double number(const std::string& key, double otherwise) const {
    return list_.contains(key) ? number(key) : otherwise;
  }
  bool has(const std::string& key) const { return list_.contains(key); }
  std::vector<std::uint32_t> numbers(const std::string& key) const {
    auto t = list_.contains(key) ? list_.at(key) : std::string{};
    std::ranges::replace(t, ',', ' ');
    std::istringstream in(t);
    std::vector<std::uint32_t> all;
    for (std::uint32_t n; in >> n;) all.push_back(n);
    return all;
  }

private:
  const parameters& list_;
  std::string name_;
};

// DRAMsim3's own defaults stand for what its files leave out.
dram::device dramsim3(const reader& p) {
  dram::device d;
  const auto& protocol = p.text("protocol");
  const bool hbm = protocol == "HBM" || protocol == "HBM2";
  d.clock_fs = static_cast<std::uint64_t>(std::llround(p.number("tCK") * 1e6));
  d.bank_groups = p.count("bankgroups", 2);
  d.banks_per_group = p.count("banks_per_group", 2);
  d.rows = p.count("rows", 65536);
  d.burst_length = p.count("BL", 8);
  const auto columns = p.count("columns", 1024) * (hbm ? 2 : 1); // HBM's are of two transfers
  d.columns = columns / std::max(d.burst_length, 1u);
  d.width_bits = p.count("bus_width", 64);
  d.devices = d.width_bits / std::max(p.count("device_width", 8), 1u);
  d.channels = p.count("channels", 1);
  const auto rank_bytes = std::uint64_t{d.banks()} * d.rows * columns * d.width_bits / 8;
  const auto channel_bytes = std::uint64_t{p.count("channel_size", 1024)} << 20;
  d.ranks = rank_bytes == 0 || rank_bytes > channel_bytes ? 1 : static_cast<std::uint32_t>(channel_bytes / rank_bytes);
  d.cl = p.count("CL", 12) + p.count("AL", 0);
  d.cwl = p.count("CWL", 12) + p.count("AL", 0);
  d.rcd_read = p.count(hbm ? "tRCDRD" : "tRCD", hbm ? 24 : 10) - p.count("AL", 0);
  d.rcd_write = p.count(hbm ? "tRCDWR" : "tRCD", hbm ? 20 : 10) - p.count("AL", 0);
  d.rp = p.count("tRP", 10);
  d.ras = p.count("tRAS", 24);
  d.rrd_s = p.count("tRRD_S", 4);
  d.rrd_l = p.count("tRRD_L", 4);
  d.faw = p.count("tFAW", 50);
  d.ccd_s = p.count("tCCD_S", 4);
  d.ccd_l = p.count("tCCD_L", 6);
  d.wtr_s = p.count("tWTR_S", 5);
  d.wtr_l = p.count("tWTR_L", 5);
  d.wr = p.count("tWR", 10);
  d.rtp = p.count("tRTP", 5) + p.count("AL", 0); // HBM's tRTP_L and tRTP_S are not read by the tool
  d.rtrs = p.count("tRTRS", 2);
  if (protocol == "LPDDR4") d.ppd = p.count("tPPD", 0);
  d.rfc = p.count("tRFC", 74);
  d.refi = p.count("tREFI", 7800);
  d.dual_command = hbm;
  d.transactions = p.count("trans_queue_size", 32);
  d.bank_queue = p.count("cmd_queue_size", 16);
  if (p.has("row_buf_policy") && p.text("row_buf_policy") == "CLOSE_PAGE") d.page = dram::page_policy::closed;
  d.order = p.text("address_mapping");
  d.vdd = p.number("VDD", 1.2);
  d.idd0 = p.number("IDD0", 48);
  d.idd2n = p.number("IDD2N", 34);
  d.idd3n = p.number("IDD3N", 43);
  d.idd4r = p.number("IDD4R", 135);
  d.idd4w = p.number("IDD4W", 123);
  d.idd5 = p.number("IDD5AB", 250);
  return d;
}

// A pseudochannel is a channel of its own to us; the mapper's XOR of bank bits is left out.
dram::device ramulator(const reader& p, std::uint32_t access_bytes) {
  dram::device d;
  d.clock_fs = static_cast<std::uint64_t>(std::llround(p.number("tCK_ps") * 1e3));
  const auto burst = p.count("nBL", p.count("nBL_min", 4));
  d.burst_length = 2 * burst;
  d.width_bits = access_bytes * 8 / std::max(d.burst_length, 1u);
  const auto levels = p.numbers("count per level");
  if (levels.size() != 6) throw input_error{"parameter 'count per level': expected six numbers"};
  const bool hbm = p.text("org_preset").starts_with("HBM");
  const std::uint32_t line_bits = hbm || !p.text("org_preset").starts_with("LPDDR") ? 64 : 16;
  const auto channels = p.count("channels");
  d.channels = hbm ? channels * levels[1] : channels;
  d.ranks = hbm ? 1 : levels[1];
  d.bank_groups = levels[2];
  d.banks_per_group = levels[3];
  d.rows = levels[4];
  d.columns = levels[5] * line_bits / 8 / std::max(access_bytes, 1u);
  d.cl = p.count("nCL");
  d.cwl = p.count("nCWL");
  d.rcd_read = p.count("nRCD", p.count("nRCDRD", 1));
  d.rcd_write = p.count("nRCD", p.count("nRCDWR", 1));
  d.rp = p.count("nRP");
  d.ras = p.count("nRAS");
  d.rrd_s = p.count("nRRDS");
  d.rrd_l = p.count("nRRDL");
  d.faw = p.count("nFAW");
  d.ccd_s = p.count("nCCDS");
  d.ccd_l = p.count("nCCDL");
  d.wtr_s = p.count("nWTRS");
  d.wtr_l = p.count("nWTRL");
  d.wr = p.count("nWR");
  d.rtp = p.count("nRTP", p.count("nRTPL", 5));
  d.ppd = p.count("nPPD", 0);
  d.rfc = p.count("nRFC");
  d.refi = p.count("nREFI");
  d.dual_command = hbm;
  const auto pseudo = hbm ? static_cast<unsigned>(std::bit_width(levels[1]) - 1) : 0u;
  d.order = p.text("address mapper").starts_with("MOP") ? "ro ra co ba bg co2 ch"
                                                        : fmt::format("ro ba bg ra ch{} co ch", pseudo);
  return d;
}

// "BANK_BIT 27 28 29": address bits of a field. Bits below one access are inside a burst.
std::string dramsys_order(const reader& p, std::uint32_t access_bytes) {
  constexpr std::pair<const char*, const char*> fields[] = {
      {"PSEUDOCHANNEL_BIT", "ch"}, {"CHANNEL_BIT", "ch"}, {"RANK_BIT", "ra"},  {"BANKGROUP_BIT", "bg"},
      {"BANK_BIT", "ba"},          {"ROW_BIT", "ro"},     {"COLUMN_BIT", "co"}};
  std::map<std::uint32_t, std::string, std::greater<>> by_bit;
  for (const auto& [key, field] : fields)
    for (const auto bit : p.numbers(key))
      if (bit >= static_cast<std::uint32_t>(std::bit_width(access_bytes) - 1)) by_bit[bit] = field;
  std::string order;
  for (auto at = by_bit.begin(); at != by_bit.end();) {
    const auto end = std::find_if(at, by_bit.end(), [&](const auto& b) { return b.second != at->second; });
    order += fmt::format("{}{} ", at->second, std::distance(at, end));
    at = end;
  }
  return order;
}

dram::device dramsys(const reader& p, std::uint32_t access_bytes) {
  dram::device d;
  d.clock_fs = static_cast<std::uint64_t>(std::llround(1e9 / p.number("clkMhz")));
  d.burst_length = p.count("burstLength");
  d.devices = p.count("nbrOfDevices", 1);
  d.width_bits = p.count("width") * d.devices;
  d.channels = p.count("nbrOfChannels", 1) * p.count("nbrOfPseudoChannels", 1);
  d.ranks = p.count("nbrOfRanks", 1);
  d.bank_groups = p.count("nbrOfBankGroups", 1);
  d.banks_per_group = p.count("nbrOfBanks") / std::max(d.bank_groups, 1u);
  d.rows = p.count("nbrOfRows");
  d.columns = p.count("nbrOfColumns") / std::max(d.burst_length, 1u);
  const auto either = [&](const char* a, const char* b, const char* c = "") {
    for (const char* key : {a, b, c})
      if (p.has(key)) return p.count(key);
    return p.count(a);
  };
  d.cl = p.count("RL") + p.count("DQSCK", 0); // the data strobe lags behind
  d.cwl = p.count("WL");
  d.rcd_read = either("RCD", "RCDRD");
  d.rcd_write = either("RCD", "RCDWR");
  d.rp = either("RP", "RPPB");
  d.ras = p.count("RAS");
  d.rrd_s = either("RRD", "RRDS", "RRD_S");
  d.rrd_l = either("RRD", "RRDL", "RRD_L");
  d.faw = p.count("FAW");
  d.ccd_s = either("CCD", "CCDS", "CCD_S");
  d.ccd_l = either("CCD", "CCDL", "CCD_L");
  d.wtr_s = either("WTR", "WTRS", "WTR_S");
  d.wtr_l = either("WTR", "WTRL", "WTR_L");
  d.wr = p.count("WR");
  d.rtp = p.count("RTP");
  d.rtrs = p.count("RTRS", 1);
  d.ppd = p.count("PPD", 0);
  d.rfc = either("RFCAB", "RFC");
  d.refi = p.has("REFIM") && !p.has("REFI") ? p.count("REFIM") : p.count("REFI");
  d.dual_command = p.has("nbrOfPseudoChannels");
  d.bank_queue = p.count("RequestBufferSize", 8);
  d.order = dramsys_order(p, access_bytes);
  return d;
}

void check_access(const dram::device& d, std::uint32_t bytes) {
  if (d.access_bytes() != bytes)
    throw input_error{
        fmt::format("{}: one access is {} bytes, but the points say {}", d.name, d.access_bytes(), bytes)};
}

} // namespace

dram_parameters::dram_parameters(const csv_table& table) {
  for (std::size_t i = 0; i < table.rows(); ++i)
    by_configuration_[table.text(i, "tool") + ' ' + table.text(i, "config_file")].emplace(table.text(i, "parameter"),
                                                                                          table.text(i, "value"));
}

dram::device dram_parameters::preset(const std::string& tool, const std::string& config_file) const {
  std::set<std::string> known;
  for (const auto& c : by_configuration_) known.insert(c.first);
  for (const auto name : dram_preset_names) {
    auto p = dram_preset_of(std::string{name});
    if (tool == "dramsim3" && p.reference == config_file) return std::move(p.device);
    known.insert("dramsim3 " + p.reference);
  }
  throw input_error{fmt::format("no parameters for '{} {}'; known: {}", tool, config_file, fmt::join(known, ", "))};
}

dram::device dram_parameters::device(const std::string& tool, const std::string& config_file,
                                     std::uint32_t access_bytes) const {
  const auto at = by_configuration_.find(tool + ' ' + config_file);
  dram::device d;
  if (at == by_configuration_.end()) {
    d = preset(tool, config_file);
    check_access(d, access_bytes);
    return d;
  }
  const reader p(at->second, config_file);
  if (tool == "dramsim3")
    d = dramsim3(p);
  else if (tool == "ramulator2")
    d = ramulator(p, access_bytes);
  else if (tool == "dramsys")
    d = dramsys(p, access_bytes);
  else
    throw input_error{fmt::format("tool '{}'; expected dramsim3, ramulator2 or dramsys", tool)};
  d.name = config_file;
  try {
    d.validate();
  } catch (const std::invalid_argument& e) {
    throw input_error{e.what()};
  }
  check_access(d, access_bytes);
  return d;
}

} // namespace acf::platform
