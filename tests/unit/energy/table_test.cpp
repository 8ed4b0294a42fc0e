#include "platform/config/input_error.hpp"
#include "platform/energy/table.hpp"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace acf::platform {
namespace {

const std::filesystem::path tables{ACF_TABLES};

std::string text_of(const std::string& node) {
  std::ifstream in(tables / (node + ".yaml"));
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// The 28 nm table with one text replaced; the complaint about it.
std::string complaint(const std::string& from, const std::string& to) {
  std::string text = text_of("28nm");
  const std::size_t at = text.find(from); // the first: entries come before their sources
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  const auto file = std::filesystem::path(testing::TempDir()) / "table.yaml";
  std::ofstream(file) << text;
  try {
    read_energy_table(file);
  } catch (const input_error& wrong) {
    std::string said = wrong.what();
    const std::size_t folder = said.find("table.yaml");
    return folder == std::string::npos ? said : said.substr(folder);
  }
  return "nothing";
}

int line_of(const std::string& text) {
  const std::string all = text_of("28nm");
  return 1 + static_cast<int>(std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.find(text)), '\n'));
}

TEST(energy_table, every_node_has_every_price_and_newer_nodes_are_cheaper) {
  double last = 1e9, last_area = 1e9;
  for (const char* node : {"65nm", "45nm", "28nm", "16nm", "7nm_scaled"}) {
    const energy_table t = read_energy_table(tables / (std::string(node) + ".yaml"));
    EXPECT_EQ(t.node, node);
    EXPECT_LT(t.mac_pj.at("bf16"), last);
    EXPECT_LT(t.mac_um2.at("bf16"), last_area);
    EXPECT_LT(t.mac_pj.at("int8"), t.mac_pj.at("bf16"));
    EXPECT_LT(t.mac_pj.at("bf16"), t.mac_pj.at("fp16"));
    EXPECT_LT(t.mac_pj.at("fp16"), t.mac_pj.at("fp32"));
    last = t.mac_pj.at("bf16"), last_area = t.mac_um2.at("bf16");
  }
  const energy_table measured = read_energy_table(tables / "7nm_measured.yaml");
  EXPECT_GT(measured.mac_pj.at("bf16"), 5 * last); // scaling by SPICE alone is several times optimistic at 7 nm
}

// Names of entries that do not say what is behind them: printed somewhere, computed, or guessed from what.
std::vector<std::string> without_source(const std::filesystem::path& file) {
  const number_table t(file);
  t.refuse_stray_sources();
  std::vector<std::string> out;
  for (const std::string& name : t.names()) {
    if (name == "node") continue;
    const std::string source = t.source(name);
    const bool printed = source.starts_with("published: "),
               made = source.starts_with("derived: ") || source.starts_with("estimate: ");
    const bool says_from_what = printed || source.find("from ") != std::string::npos;
    if (!(printed || made) || !says_from_what || source.size() < 30) out.push_back(name);
  }
  return out;
}

TEST(energy_table, every_entry_of_every_table_says_where_it_is_from) {
  std::size_t seen = 0;
  for (const auto& file : std::filesystem::directory_iterator(tables)) {
    if (file.path().extension() != ".yaml") continue;
    ++seen;
    EXPECT_EQ(without_source(file.path()), std::vector<std::string>{}) << file.path();
  }
  EXPECT_EQ(seen, 8u);
}

TEST(energy_table, an_entry_without_a_source_is_found) {
  const auto file = std::filesystem::path(testing::TempDir()) / "sources.yaml";
  std::ofstream(file)
      << "a: {b: 1, c: 2, d: 3, e: 4}\nf: 5\n"
         "sources: {a.b: 'published: where it was printed, on that page', a.c: somewhere,\n"
         "          a.d: 'estimate: of ours, as it must have been', a.e: 'estimate: 0.65 from what was printed'}\n";
  EXPECT_EQ(without_source(file), (std::vector<std::string>{"a.c", "a.d", "f"}));
  EXPECT_EQ(number_table(file).names().size(), 5u);
}

TEST(energy_table, sram_energy_follows_the_published_sizes) {
  const energy_table t = read_energy_table(tables / "45nm.yaml");
  EXPECT_NEAR(t.sram_byte_pj(8), 1.25, 0.1); // Horowitz: 10, 20, 100 pJ per 64 bits
  EXPECT_NEAR(t.sram_byte_pj(32), 2.5, 0.3);
  EXPECT_NEAR(t.sram_byte_pj(1024), 12.5, 0.5);
}

TEST(energy_table, a_bad_table_is_named_with_line_and_entry) {
  EXPECT_EQ(complaint("noc_bit_hop: 0.09332", "noc_bit_hop: cheap"),
            "table.yaml:" + std::to_string(line_of("noc_bit_hop")) +
                ": 'energy_pj.noc_bit_hop': expected a number that is not negative, not 'cheap'");
  EXPECT_EQ(complaint("noc_bit_hop: 0.09332", "noc_bit_hop: -1"),
            "table.yaml:" + std::to_string(line_of("noc_bit_hop")) +
                ": 'energy_pj.noc_bit_hop': expected a number that is not negative, not '-1'");
  EXPECT_EQ(complaint("noc_bit_hop: 0.09332", "noc_bit_hpo: 1"),
            "table.yaml:" + std::to_string(line_of("noc_bit_hop")) +
                ": 'energy_pj.noc_bit_hpo': unknown entry, did you mean 'energy_pj.noc_bit_hop'?");
  EXPECT_EQ(complaint("  mac: {int8: 0.14, ", "  mac: {"),
            "table.yaml:" + std::to_string(line_of("  mac: {int8: 0.14")) +
                ": 'energy_pj.mac.int8': missing; expected a number");
  EXPECT_EQ(complaint("node: 28nm", "node: 28nm\nnode: again").substr(0, 13), "table.yaml:5:");
  EXPECT_EQ(complaint("  area_um2.mac: >-", "  area_um2.mca: >-"),
            "table.yaml:" + std::to_string(line_of("  area_um2.mac: >-")) +
                ": 'sources.area_um2.mca': expected the name of an entry or a section");
  EXPECT_EQ(complaint("hbm2: 31", "hbm2: .inf").substr(0, 11), "table.yaml:");
  EXPECT_EQ(complaint("mac: {int8", "mac: [int8").substr(0, 11), "table.yaml:");
}

TEST(energy_table, a_file_that_is_not_there_is_named) {
  try {
    read_energy_table("absent.yaml");
    FAIL();
  } catch (const input_error& wrong) {
    EXPECT_NE(std::string(wrong.what()).find("absent.yaml"), std::string::npos);
  }
}

} // namespace
} // namespace acf::platform
