#include "tests/contract/config/fixture.hpp"

namespace acf::platform {
namespace {

using lines = std::vector<std::string>;

TEST_F(config_test, an_unknown_key_is_named_with_its_line_and_the_nearest_name) {
  EXPECT_EQ(complaints("timing: lt\nmesh:\n  height: 4\n  widht: 4\n"),
            lines{"s.yaml:4: key 'mesh.widht': expected one of mesh.width, mesh.height, mesh.virtual_channels, "
                  "mesh.buffer_flits, mesh.routing, mesh.route_check, mesh.placement, did you mean 'mesh.width'?"});
}

TEST_F(config_test, an_unknown_key_of_set_is_named_with_the_number_of_the_option) {
  const lines found = complaints("", {"mesh.width=4", "zbcc.lane=4"});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].starts_with("--set:2: key 'zbcc.lane': expected ")) << found[0];
  EXPECT_TRUE(found[0].ends_with("did you mean 'zbcc.lanes'?")) << found[0];
}

TEST_F(config_test, a_misspelt_section_is_told_from_a_missing_prefix) {
  EXPECT_TRUE(complaints("mehs: {width: 4}\n").at(0).ends_with("did you mean 'mesh'?"));
  EXPECT_TRUE(complaints("width: 4\n").at(0).ends_with("did you mean 'mesh.width'?"));
  EXPECT_TRUE(complaints("mesh: {lanes: 4}\n").at(0).ends_with("did you mean 'zbcc.lanes'?"));
  EXPECT_TRUE(complaints("tile: {1_1: {engin: dense}}\n").at(0).ends_with("did you mean 'tile.1_1.engine'?"));
}

TEST_F(config_test, a_second_document_is_refused_with_its_line) {
  EXPECT_EQ(complaints("mesh:\n  width: 4\n---\nmesh:\n  width: 2\n"),
            lines{"s.yaml:3: expected one document; a second one begins here"});
  EXPECT_EQ(complaints("---\nmesh:\n  width: 4\n...\n"), lines{});
}

TEST_F(config_test, quotes_mean_the_same_on_the_command_line) {
  EXPECT_EQ(read("", {"name=\"my run\""}).value.name, "my run");
  EXPECT_EQ(read("", {"name='my run'"}).value.name, "my run");
}

TEST_F(config_test, a_wrong_type_says_what_was_expected) {
  EXPECT_EQ(complaints("mesh: {width: wide}\n"),
            lines{"s.yaml:1: key 'mesh.width': expected an integer from 1 to 32 tiles, not 'wide'"});
  EXPECT_EQ(complaints("train: {twin: yes}\n"), lines{"s.yaml:1: key 'train.twin': expected true or false, not 'yes'"});
  EXPECT_EQ(complaints("mesh: 4\n").size(), 1u);
  EXPECT_EQ(complaints("mesh: {width: [4]}\n").size(), 1u);
  EXPECT_EQ(complaints("mesh: {width: }\n").size(), 1u);
  EXPECT_EQ(complaints("mesh: {width: 4.5}\n").size(), 1u);
  EXPECT_EQ(complaints("mesh: {width: 4294967300}\n").size(), 1u); // 2^32 + 4 is not 4
  EXPECT_EQ(complaints("train: {lr: nan}\n").size(), 1u);
  EXPECT_EQ(complaints("train: {hidden: [128, x]}\n").size(), 1u);
}

TEST_F(config_test, an_impossible_size_names_the_rule) {
  EXPECT_EQ(complaints("mesh: {width: 33}\n"),
            lines{"s.yaml:1: key 'mesh.width': expected an integer from 1 to 32 tiles, not '33'"});
  EXPECT_EQ(complaints("zbcc: {lanes: 66}\n"),
            lines{"s.yaml:1: key 'zbcc.lanes': expected an integer from 4 to 1024 lanes, a multiple of 4, not '66'"});
  EXPECT_EQ(complaints("same: {sram_kib: 16}\n").size(), 1u);
  EXPECT_EQ(complaints("dram: {channels: 0}\n").size(), 1u);
  EXPECT_EQ(complaints("dram: {width_bits: 24}\n"),
            lines{"s.yaml:1: key 'dram.width_bits': expected a multiple of 8 up to 1024 that divides the clock of hbm2 "
                  "evenly, not 24"});
  EXPECT_EQ(
      complaints("zbcc:\n  rows: 5\n  columns: 5\n"),
      lines{"s.yaml:2: key 'zbcc.rows': expected zbcc.lanes to be a multiple of zbcc.rows x zbcc.columns, not 64 lanes "
            "for 5 x 5 elements"});
  EXPECT_EQ(
      complaints("tile: {4_0: {engine: dense}}\n"),
      lines{"s.yaml:1: key 'tile.4_0.engine': expected a tile of the 4 x 4 mesh, X from 0 to 3 and Y from 0 to 3"});
  EXPECT_EQ(
      complaints("mesh: {width: 1, height: 1}\ndram: {channels: 11}\n"),
      lines{"s.yaml:2: key 'dram.channels': expected at most 10 channels: each channel and the host bridge need a port "
            "of a router, and 1 x 1 routers have 11 each"});
}

TEST_F(config_test, a_memory_that_bank_timing_cannot_build_names_the_key) {
  const auto one = [this](const std::string& set) {
    const lines found = complaints("timing: at\n", {set});
    return found.size() == 1 ? found[0] : std::to_string(found.size()) + " complaints";
  };
  EXPECT_EQ(one("dram.channels=3"), "--set:1: key 'dram.channels': 3; expected a power of two");
  EXPECT_EQ(one("dram.width_bits=1000"), "--set:1: key 'dram.width_bits': 1000; expected a power of two");
  EXPECT_EQ(one("dram.size_mib=65536"),
            "--set:1: key 'dram.size_mib': 65536 MiB; expected at most the 8192 MiB that its rows and columns hold");
  EXPECT_TRUE(complaints("", {"dram.channels=3"}).empty()); // lt has no rows whose addresses must add up
}

TEST_F(config_test, a_wrong_word_gets_the_nearest_one) {
  EXPECT_EQ(
      complaints("dram: {preset: hbm3}\n"),
      lines{"s.yaml:1: key 'dram.preset': expected one of hbm2, ddr4_3200, ddr4_3200_1rank, lpddr4_3200, lpddr4_2400, "
            "hbm2_chlow, lpddr4_3200_chmid, or a file, not 'hbm3', did you mean 'hbm2'?"});
}

TEST_F(config_test, a_recipe_is_refused_with_a_pattern_that_it_does_not_make) {
  EXPECT_EQ(complaints("train:\n  recipe: srste\n"),
            lines{"s.yaml:2: key 'train.recipe': recipe 'srste' makes zeros in another pattern: expected n:m, such as "
                  "2:8, not 'block4x4'"});
  EXPECT_EQ(
      complaints("train:\n  recipe: block\n  pattern: unstructured\n"),
      lines{"s.yaml:3: key 'train.pattern': recipe 'block' makes zeros in another pattern: expected block4x4, not "
            "'unstructured'"});
  EXPECT_EQ(
      complaints("", {"train.recipe=dts", "train.pattern=2:8"}),
      lines{"--set:2: key 'train.pattern': recipe 'dts' thins out gradients and leaves weights dense: expected no "
            "pattern, not '2:8'"});
  for (const std::string wrong : {"2:6", "4:4", "1:32"})
    EXPECT_EQ(complaints("", {"train.recipe=bdwp", "train.pattern=" + wrong}),
              lines{"--set:2: key 'train.pattern': expected n:m with m of 2, 4, 8 or 16 and n from 1 to m - 1, not '" +
                    wrong + "'"});
  for (const std::string fine : {"bdwp 1:4", "srste 15:16", "rigl unstructured", "set unstructured", "rigl block4x4",
                                 "magnitude unstructured", "momentum unstructured", "static block4x4", "dense 2:8",
                                 "magnitude block4x4", "set block4x4", "momentum block4x4"}) {
    const auto space = fine.find(' ');
    EXPECT_TRUE(
        complaints("", {"train.recipe=" + fine.substr(0, space), "train.pattern=" + fine.substr(space + 1)}).empty())
        << fine;
  }
}

TEST_F(config_test, engines_that_cannot_be_built_are_refused_with_the_broken_rule) {
  EXPECT_EQ(complaints("zbcc: {engine: tensordash, depth: 7}\n"),
            lines{"s.yaml:1: key 'zbcc.depth': engine 'tensordash': depth (7) must be 2 to 5 staged steps"});
  EXPECT_EQ(
      complaints("", {"tile.0_0.engine=sat", "sat.pattern=3:6"}),
      lines{"--set:2: key 'sat.pattern': engine 'sat': N:M (3:6) must have M of 2, 4, 8 or 16 and N from 1 to M"});
  EXPECT_EQ(
      complaints("", {"zbcc.engine=tensordash", "tensordash.movements=0,0 9,0"}),
      lines{"--set:2: key 'tensordash.movements': engine 'tensordash': movement (9, 0) reaches beyond the 4 staged "
            "steps"});
  EXPECT_EQ(complaints("", {"zbcc.engine=tensordash", "tensordash.movements=0,0 one"}),
            lines{"--set:2: key 'tensordash.movements': tensordash.movements: expected pairs \"step,lane\" such as "
                  "\"0,0 1,0 1,-1\", not 'one'"});
}

TEST_F(config_test, all_complaints_come_in_one_pass_in_the_order_of_their_lines) {
  const lines found =
      complaints("mesh: {width: 99, widht: 1}\nzbcc:\n  lanes: many\nexpect:\n  - fast == 1\nbogus: 1\n",
                 {"nonsense", "cpu.harts=0"});
  ASSERT_EQ(found.size(), 7u);
  const char* starts[] = {"s.yaml:1: key 'mesh.width'", "s.yaml:1: key 'mesh.widht'", "s.yaml:3: key 'zbcc.lanes'",
                          "s.yaml:5: key 'expect'",     "s.yaml:6: key 'bogus'",      "--set:1: ",
                          "--set:2: key 'cpu.harts'"};
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(found[i].starts_with(starts[i])) << found[i];
}

TEST_F(config_test, a_key_given_twice_names_the_first_line) {
  EXPECT_EQ(complaints("timing: lt\ntiming: lt\n"),
            lines{"s.yaml:2: key 'timing': expected once, but line 1 has it too"});
}

TEST_F(config_test, text_that_is_no_scenario_is_refused_with_its_line) {
  EXPECT_TRUE(complaints("mesh: {width: 4\n\nfoo").at(0).starts_with("s.yaml:3: column "));
  EXPECT_EQ(complaints("- a\n- b\n").size(), 1u);
  EXPECT_EQ(complaints("[1]: 4\n").size(), 1u);
  EXPECT_TRUE(complaints("").empty());
  const config_reading missing = read_config(folder / "none.yaml", {});
  ASSERT_EQ(missing.complaints.size(), 1u);
  EXPECT_TRUE(missing.complaints[0].line().ends_with("none.yaml: cannot be read: no such scenario"));
}

TEST_F(config_test, a_directory_of_data_that_does_not_exist_is_found_before_the_run) {
  EXPECT_EQ(complaints("", {"data.path=/does/not/exist"}),
            lines{"--set:1: key 'data.path': expected a directory with data, but there is no directory "
                  "'/does/not/exist'"});
}

} // namespace
} // namespace acf::platform
