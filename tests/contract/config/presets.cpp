// Memory technologies as files: those that come with the platform, files of one's own, and what is refused.
#include "platform/config/dram_preset.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace acf;
using namespace acf::platform;

namespace {

class dram_presets : public testing::Test {
protected:
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("presets_" + std::to_string(getpid()));
  void SetUp() override { std::filesystem::create_directories(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  }
  // Complaints about `text`, without the folder.
  std::vector<std::string> complaints(const std::string& text) const {
    std::vector<std::string> lines;
    for (const auto& c : read_dram_preset(write("own.yaml", text)).complaints)
      lines.push_back(c.line().substr(c.line().find("own.yaml")));
    return lines;
  }
};
using lines = std::vector<std::string>;

} // namespace

TEST_F(dram_presets, all_that_come_with_the_platform_are_consistent) {
  for (const auto name : dram_preset_names) {
    const auto p = read_dram_preset(std::string{name});
    EXPECT_TRUE(p.complaints.empty()) << name << ": " << p.complaints.front().line();
    EXPECT_EQ(p.value.device.name, name);
    EXPECT_FALSE(p.value.technology.empty()) << name;
  }
}

TEST_F(dram_presets, a_file_changes_what_it_names_and_keeps_the_rest) {
  const auto own = dram_preset_of(write("slow.yaml", "like: ddr4_3200\ntRCD: 30\ntRAS: 60\nchannels: 2\n"));
  const auto base = dram_preset_of("ddr4_3200");
  EXPECT_EQ(own.device.rcd_read, 30u);
  EXPECT_EQ(own.device.channels, 2u);
  EXPECT_EQ(own.device.cl, base.device.cl);
  EXPECT_EQ(own.device.name, "slow");
  EXPECT_EQ(own.technology, "ddr4_3200");
  const auto one = dram_preset_of("ddr4_3200_1rank").device;
  EXPECT_EQ(one.ranks, 1u);
  EXPECT_EQ(base.device.ranks, 2u);
  EXPECT_EQ(one.rfc, base.device.rfc);
}

TEST_F(dram_presets, what_no_memory_can_be_is_refused_with_line_and_key) {
  EXPECT_EQ(complaints("like: hbm2\nchannels: 0\n"),
            lines{"own.yaml:2: key 'channels': expected an integer from 1 to 64, not '0'"});
  EXPECT_EQ(complaints("like: hbm2\n\nchannels: 3\n"), lines{"own.yaml:3: key 'channels': expected a power of two"});
  EXPECT_EQ(complaints("like: ddr4_3200\ntRC: 60\n"),
            lines{"own.yaml:2: key 'tRC': expected at least 74: tRAS + tRP, for a row is opened, closed and opened "
                  "again in that time"});
  EXPECT_EQ(complaints("like: ddr4_3200\ntFAW: 12\n"),
            lines{"own.yaml:2: key 'tFAW': expected at least 16: 4 x tRRD_S, otherwise the window of four activates "
                  "means nothing"});
  EXPECT_EQ(complaints("like: ddr4_3200\ntRCD: 70\n"), // the rule is about tRAS, which this file does not give
            lines{"own.yaml:2: key 'tRCD': tRAS: expected at least 70: a row cannot be closed before it can be read "
                  "(tRCD)"});
}

TEST_F(dram_presets, address_maps_with_gaps_and_overlaps_are_refused) {
  EXPECT_EQ(complaints("like: ddr4_3200\naddress_mapping: rochrababg\n"),
            lines{"own.yaml:2: key 'address_mapping': co lacks 7 bits: the map has a gap"});
  EXPECT_EQ(complaints("like: ddr4_3200\naddress_mapping: rochra ba bg co co\n"),
            lines{"own.yaml:2: key 'address_mapping': co comes twice; its parts need numbers of bits"});
  EXPECT_EQ(complaints("like: ddr4_3200\naddress_mapping: rochra ba3 bg co\n"),
            lines{"own.yaml:2: key 'address_mapping': ba has more bits than the device: its parts overlap"});
}

TEST_F(dram_presets, names_and_values_are_checked_in_one_pass) {
  const auto found = complaints("like: hbm2\ntRDC: 3\ntRP: fast\ntRP: 14\nVDD: [1]\n");
  ASSERT_EQ(found.size(), 4u);
  EXPECT_TRUE(found[0].ends_with("did you mean 'tRCD'?")) << found[0];
  EXPECT_EQ(found[1], "own.yaml:3: key 'tRP': expected an integer from 1 to 1000000, not 'fast'");
  EXPECT_EQ(found[2], "own.yaml:4: key 'tRP': expected once");
  EXPECT_EQ(found[3], "own.yaml:5: key 'VDD': expected a single value");
}

TEST_F(dram_presets, a_file_without_a_base_must_say_everything) {
  const auto found = complaints("tRP: 14\n");
  EXPECT_GT(found.size(), 30u);
  EXPECT_EQ(found[0], "own.yaml:1: key 'tCK_ps': expected, but it is missing");
}

TEST_F(dram_presets, files_that_refer_to_each_other_are_refused) {
  const auto found = complaints("like: ./own.yaml\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0], "own.yaml: key 'like': expected an end: these files refer to each other");
}
