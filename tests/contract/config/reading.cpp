#include "platform/config/remarks.hpp"
#include "platform/config/resolved.hpp"
#include "platform/config/schema.hpp"
#include "tests/contract/config/fixture.hpp"

namespace acf::platform {
namespace {

TEST_F(config_test, without_a_scenario_it_is_the_default_chip) {
  const config_reading r = read_config(std::nullopt, {});
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.value.mesh.width * r.value.mesh.height * r.value.zbcc.lanes, 1024u);
}

TEST_F(config_test, sections_and_dotted_names_mean_the_same) {
  EXPECT_EQ(to_json(read("mesh: {width: 8, height: 2}\n").value),
            to_json(read("mesh.width: 8\nmesh.height: 2\n").value));
}

TEST_F(config_test, set_wins_over_the_scenario_and_the_last_set_over_the_first) {
  const std::vector<std::string> sets{"mesh.width=6", "mesh.width=7"};
  const config_reading r = read("mesh: {width: 3, height: 3}\n", sets);
  EXPECT_EQ(r.value.mesh.width, 7u);
  EXPECT_EQ(r.value.mesh.height, 3u);
}

TEST_F(config_test, a_preset_sets_the_channels_that_nobody_has_set) {
  EXPECT_EQ(read("").value.dram.channels, 8u);
  EXPECT_EQ(read("dram: {preset: lpddr4_3200}\n").value.dram.channels, 4u);
  EXPECT_EQ(read("", {"dram.preset=ddr4_3200"}).value.dram.channels, 1u);
  EXPECT_EQ(read("dram: {preset: lpddr4_3200, channels: 8}\n").value.dram.channels, 8u);
  EXPECT_EQ(read("dram: {channels: 2}\n", {"dram.preset=lpddr4_2400"}).value.dram.channels, 2u);
  EXPECT_EQ(read("dram: {preset: ddr4_3200}\n", {"dram.preset=lpddr4_3200"}).value.dram.channels, 4u);
}

TEST_F(config_test, what_changes_nothing_or_not_as_written_is_remarked_on) {
  EXPECT_TRUE(remarks_on(read("mesh: {virtual_channels: 2}\nfabric: {freq_mhz: 800}\n").value, true).empty());
  const auto remarks = remarks_on(
      read("mesh: {virtual_channels: 4, buffer_flits: 16}\ndram: {page_policy: closed}\nfabric: {freq_mhz: 9999}\n")
          .value,
      true);
  EXPECT_EQ(remarks,
            (std::vector<std::string>{
                "fabric.freq_mhz: 9999 MHz is rounded to whole picoseconds: a period of 100 ps is 10000.000 MHz",
                "warning: mesh.virtual_channels: 4 has no effect with timing: lt",
                "warning: mesh.buffer_flits: 16 has no effect with timing: lt",
                "warning: dram.page_policy: closed has no effect with timing: lt"}));
}

TEST_F(config_test, keys_that_no_engine_of_the_chip_reads_are_remarked_on) {
  const auto remarks = [this](const std::string& text) { return remarks_on(read(text).value, true); };
  EXPECT_EQ(remarks("zbcc: {rows: 2, columns: 2}\nsat: {interleave: 7}\n"),
            (std::vector<std::string>{"warning: zbcc.rows: 2 has no effect with engine zbcc",
                                      "warning: zbcc.columns: 2 has no effect with engine zbcc",
                                      "warning: sat.interleave: 7 has no effect with engine zbcc"}));
  EXPECT_EQ(remarks("zbcc: {engine: sat, depth: 3}\nsat: {interleave: 7}\n"),
            std::vector<std::string>{"warning: zbcc.depth: 3 has no effect with engine sat"});
  EXPECT_TRUE(remarks("tile: {1_1: {engine: sat}}\nzbcc: {depth: 3}\nsat: {interleave: 7}\n").empty())
      << "one tile has it";
  EXPECT_TRUE(remarks("compare: {engines: [dense, sat]}\nsat: {interleave: 7}\n").empty());
}

TEST_F(config_test, keys_that_the_training_does_not_read_are_remarked_on) {
  const auto remarks = [this](const std::string& text) { return remarks_on(read(text).value, true); };
  EXPECT_EQ(remarks("train: {recipe: dense, sparsity: 0.5, pattern: '2:4'}\n"),
            (std::vector<std::string>{"warning: train.sparsity: 0.5 has no effect with recipe dense",
                                      "warning: train.pattern: 2:4 has no effect with recipe dense"}));
  EXPECT_EQ(remarks("train: {recipe: dts, dense_layers: [1], sparsity: 0.5}\n"),
            (std::vector<std::string>{"warning: train.sparsity: 0.5 has no effect with recipe dts",
                                      "warning: train.dense_layers: [1] has no effect with recipe dts"}));
  EXPECT_EQ(remarks("train: {recipe: acf, growth_threshold: 0.01, regrow_period: 0, resume: false}\n"),
            (std::vector<std::string>{"warning: train.growth_threshold: 0.01 has no effect with train.regrow_period: 0",
                                      "warning: train.resume: false has no effect without train.load"}));
  EXPECT_EQ(remarks_on(read("train: {hidden: [8]}\nmesh: {routing: yx}\n").value, false),
            (std::vector<std::string>{"warning: train.hidden: [8] has no effect with firmware that takes no job",
                                      "warning: mesh.routing: yx has no effect with firmware that takes no job: it "
                                      "fills its routing tables itself"}));
  EXPECT_EQ(remarks("train: {recipe: rigl, growth_threshold: 0.01, gradient_sparsity: 0.7}\n"),
            (std::vector<std::string>{"warning: train.growth_threshold: 0.01 has no effect with recipe rigl",
                                      "warning: train.gradient_sparsity: 0.7 has no effect with recipe rigl"}));
  EXPECT_EQ(remarks("train: {optimiser: momentum, beta2: 0.9, loss_scale: 8}\n"),
            (std::vector<std::string>{"warning: train.beta2: 0.9 has no effect with train.optimiser: momentum",
                                      "warning: train.loss_scale: 8.0 has no effect with train.dtype: bf16"}));
  EXPECT_TRUE(remarks("train: {recipe: acf, growth_threshold: 0.01, optimiser: adamw, beta2: 0.9, dtype: fp16, "
                      "loss_scale: 8}\n")
                  .empty());
}

TEST_F(config_test, keys_that_a_comparison_does_not_read_are_remarked_on) {
  const auto remarks = [this](const std::string& text) {
    return remarks_on(read("compare: {engines: [dense], recipes: [dense, acf, srste/2:4]}\n" + text).value, true);
  };
  EXPECT_TRUE(remarks("train: {growth_threshold: 0.01, sparsity: 0.5}\n").empty());
  EXPECT_EQ(
      remarks("train: {gradient_sparsity: 0.7, recipe: srste, pattern: '2:8', twin: false}\n"),
      (std::vector<std::string>{"warning: train.twin: false has no effect with compare.engines",
                                "warning: train.gradient_sparsity: 0.7 has no effect with recipe acf, dense, srste",
                                "warning: train.recipe: srste has no effect with compare.recipes",
                                "warning: train.pattern: 2:8 has no effect with compare.recipes"}));
  const auto varied = read("compare: {engines: [dense], recipes: [rigl], vary: train.growth_threshold, values: ['0', "
                           "'0.1']}\ntrain: {growth_threshold: 0.5}\n");
  EXPECT_EQ(remarks_on(varied.value, true),
            std::vector<std::string>{"warning: train.growth_threshold: 0.1 has no effect with recipe rigl"});
}

TEST_F(config_test, lists_can_be_set_with_and_without_brackets) {
  const std::vector<std::uint32_t> expected{64, 32};
  EXPECT_EQ(read("train: {hidden: [64, 32]}\n").value.train.hidden, expected);
  EXPECT_EQ(read("", {"train.hidden=[64, 32]"}).value.train.hidden, expected);
  EXPECT_EQ(read("", {"train.hidden=64,32"}).value.train.hidden, expected);
  EXPECT_TRUE(read("expect: [fabric_cycles > 0]\n", {"expect=[]"}).value.expect.empty());
}

TEST_F(config_test, one_tile_can_have_its_own_engine) {
  const config_reading r = read("tile:\n  1_2: {engine: dense}\n", {"tile.0_0.engine=dense"});
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.value.engine_of(1, 2), "dense");
  EXPECT_EQ(r.value.engine_of(0, 0), "dense");
  EXPECT_EQ(r.value.engine_of(2, 1), "zbcc");
}

TEST_F(config_test, paths_of_a_scenario_are_relative_to_it_and_those_of_set_are_not) {
  std::filesystem::create_directory(folder / "digits");
  EXPECT_EQ(read("data: {path: digits}\n").value.data.path, (folder / "digits").string());
  EXPECT_EQ(read("", {"data.path=."}).value.data.path, ".");
}

TEST_F(config_test, the_resolved_configuration_has_every_key_and_no_folder) {
  std::filesystem::create_directory(folder / "digits");
  const auto resolved = to_json(read("data: {path: digits}\n").value);
  EXPECT_EQ(resolved.at("data").at("path"), "digits");
  for (const key& k : schema()) {
    const std::string pointer = "/" + std::string{k.path};
    std::string path = pointer;
    std::replace(path.begin(), path.end(), '.', '/');
    EXPECT_TRUE(resolved.contains(nlohmann::ordered_json::json_pointer{path})) << k.path;
  }
}

// The table's ranges, words and the structs' defaults are written in two places; this is what keeps them together.
TEST_F(config_test, every_default_is_a_value_that_its_key_allows) {
  const auto defaults = to_json(config{});
  for (const key& k : schema()) {
    std::string path = "/" + std::string{k.path};
    std::replace(path.begin(), path.end(), '.', '/');
    const auto value = defaults.at(nlohmann::ordered_json::json_pointer{path});
    if (value.is_null()) continue;
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    const std::vector<std::string> sets{std::string{k.path} + "=" + text};
    EXPECT_TRUE(read_config(std::nullopt, sets).ok()) << sets[0];
  }
}

} // namespace
} // namespace acf::platform
