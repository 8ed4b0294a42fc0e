#include "platform/report/accounts.hpp"
#include "platform/report/csv.hpp"
#include "platform/report/html.hpp"
#include "platform/report/json.hpp"
#include "platform/report/text.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <stdexcept>

namespace acf::platform {
namespace {

// A run whose accounts add up.
run_result sound_run() {
  run_result r;
  r.end.guest_exit_code = 0;
  r.figures[figure::fabric_cycles] = 100;
  r.figures[figure::test_accuracy_percent] = 83.5;
  r.blocks.push_back({"TILE(0,0).MATRIX", 100, 60, {{"operand_wait", 30}, {"idle", 10}}, {{"macs", 3840}}});
  r.waterfalls.push_back({"training", 50, {{"tile_imbalance", 40}, {"dram", 15}, {"overlap", -5}}, 100});
  return r;
}

config expecting(const std::string& text) {
  config c;
  c.expect = {text};
  return c;
}

TEST(report, a_sound_run_passes) {
  EXPECT_TRUE(find_defects(sound_run()).empty());
  EXPECT_EQ(exit_code(config{}, sound_run(), false), 0);
}

TEST(report, cycles_without_a_place_are_a_defect) {
  run_result r = sound_run();
  r.blocks[0].busy -= 1;
  ASSERT_EQ(find_defects(r).size(), 1u);
  EXPECT_EQ(find_defects(r)[0], "TILE(0,0).MATRIX: busy and stalled cycles are 99, but the block has 100 cycles");
  EXPECT_EQ(exit_code(config{}, r, false), 3);
  EXPECT_EQ(report_json(config{}, r).at("defects").size(), 1u);
}

TEST(report, more_than_one_percent_without_a_cause_is_a_defect) {
  run_result r = sound_run();
  r.blocks[0].stalls = {{"operand_wait", 39}, {"unattributed", 1}};
  EXPECT_TRUE(find_defects(r).empty());
  r.blocks[0].stalls = {{"operand_wait", 38}, {"unattributed", 2}};
  EXPECT_EQ(find_defects(r).size(), 1u);
}

TEST(report, a_waterfall_that_misses_the_achieved_cycles_is_a_defect) {
  run_result r = sound_run();
  r.waterfalls[0].losses[1].second += 1;
  EXPECT_EQ(find_defects(r).size(), 1u);
}

TEST(report, two_blocks_of_one_name_are_a_defect) {
  run_result r = sound_run();
  r.blocks.push_back(r.blocks[0]);
  EXPECT_EQ(find_defects(r).size(), 1u);
}

TEST(report, outputs_that_are_incomplete_are_said_and_are_no_defect) {
  run_result r = sound_run();
  r.incomplete.emplace_back("out/report.csv could not be written completely: No space left on device");
  EXPECT_TRUE(find_defects(r).empty());
  EXPECT_EQ(exit_code(config{}, r, true), 3);
  const auto report = report_json(config{}, r);
  EXPECT_NE(report_text(report).find("INCOMPLETE: out/report.csv could not be"), std::string::npos);
  EXPECT_NE(report_html(report).find("out/report.csv could not be"), std::string::npos);
}

TEST(report, exit_codes_tell_who_failed) {
  EXPECT_EQ(exit_code(expecting("test_accuracy_percent >= 90"), sound_run(), false), 1);
  EXPECT_EQ(exit_code(expecting("test_accuracy_percent >= 80"), sound_run(), false), 0);
  run_result failed = sound_run();
  failed.end.guest_exit_code = 7;
  EXPECT_EQ(exit_code(config{}, failed, false), 1);
  EXPECT_EQ(exit_code(config{}, failed, true), 7);
  run_result said = sound_run();
  said.end.guest_failed = true; // with code 0, which is the answer to --exit-code guest, as QEMU's is
  EXPECT_EQ(exit_code(config{}, said, false), 1);
  EXPECT_EQ(exit_code(config{}, said, true), 0);
  for (const end_reason stopped : {end_reason::unhandled_fault, end_reason::watchdog, end_reason::limit_sim_time,
                                   end_reason::idle_deadlock, end_reason::trap_loop}) {
    failed.end.reason = stopped;
    EXPECT_EQ(exit_code(config{}, failed, true), 3);
  }
}

TEST(report, a_twin_that_did_not_end_well_is_null_and_decides_the_exit_code) {
  for (const int code : {1, 2, 3}) {
    run_result r = sound_run();
    r.twin_exit_code = code;
    EXPECT_EQ(exit_code(config{}, r, false), code);
    const auto json = report_json(config{}, r);
    EXPECT_TRUE(json.at("twin").is_null());
    EXPECT_EQ(report_csv(json).find("twin."), std::string::npos);
    EXPECT_EQ(report_text(json).find("dense twin"), std::string::npos);
    EXPECT_EQ(report_html(json).find("dense twin"), std::string::npos);
  }
  EXPECT_FALSE(report_json(config{}, sound_run()).contains("twin"));
}

TEST(report, summary_has_exactly_the_figures_of_the_contract_with_null_where_there_is_none) {
  const auto json = report_json(config{}, sound_run());
  const std::vector<std::string> names{"instructions_retired",
                                       "simulated_seconds",
                                       "cpu_cycles",
                                       "fabric_cycles",
                                       "compute_cycles",
                                       "matrix_busy_cycles",
                                       "dense_fabric_cycles",
                                       "speedup_over_dense",
                                       "dense_matrix_busy_cycles",
                                       "matrix_speedup_over_dense",
                                       "macs_total",
                                       "macs_executed",
                                       "macs_skipped",
                                       "test_accuracy_percent",
                                       "dense_test_accuracy_percent",
                                       "weight_sparsity_percent",
                                       "energy_uj",
                                       "area_mm2",
                                       "dram_bytes",
                                       "noc_flit_hops",
                                       "reference_worst_percent",
                                       "reference_mean_percent",
                                       "reference_share_inside",
                                       "reference_worst_of_limit"};
  std::vector<std::string> found;
  for (const auto& [name, value] : json.at("summary").items()) found.push_back(name);
  EXPECT_EQ(found, names);
  EXPECT_TRUE(json.at("summary").at("energy_uj").is_null());
  EXPECT_EQ(json.at("summary").at("fabric_cycles").dump(), "100");
  EXPECT_EQ(json.at("summary").at("test_accuracy_percent").dump(), "83.5");
}

TEST(report, names_nothing_of_the_machine_it_was_made_on) {
  run_result r = sound_run();
  r.end.file = "/home/someone/firmware/main.cpp";
  r.host.host_seconds = 12.5;
  config c;
  c.data.path = "/home/someone/fashion-mnist";
  c.firmware = "/home/someone/x.elf";
  const std::string text = text_of(report_json(c, r));
  EXPECT_EQ(text.find("someone"), std::string::npos);
  EXPECT_EQ(text.find("12.5"), std::string::npos);
  EXPECT_NE(text.find("\"main.cpp\""), std::string::npos);
}

TEST(report, the_twin_gives_the_comparison) {
  run_result dense = sound_run();
  dense.figures[figure::fabric_cycles] = 830;
  dense.figures[figure::test_accuracy_percent] = 87.5;
  dense.figures[figure::matrix_busy_cycles] = 300.5;
  run_result r = sound_run();
  r.figures[figure::matrix_busy_cycles] = 25;
  attach_twin(r, nlohmann::ordered_json::parse(text_of(report_json(config{}, dense))));
  EXPECT_DOUBLE_EQ(*r.figures[figure::speedup_over_dense], 8.3);
  EXPECT_DOUBLE_EQ(*r.figures[figure::matrix_speedup_over_dense], 12.02);
  EXPECT_DOUBLE_EQ(*r.figures[figure::dense_matrix_busy_cycles], 300.5);
  EXPECT_DOUBLE_EQ(*r.figures[figure::dense_test_accuracy_percent], 87.5);
  const auto json = report_json(config{}, r);
  EXPECT_EQ(json.at("twin").at("blocks"), report_json(config{}, dense).at("blocks"));
  EXPECT_EQ(json.at("twin").at("summary").at("fabric_cycles"), 830);
}

TEST(report, runs_beside_each_other_have_their_rows_everywhere) {
  run_result r = sound_run();
  run_table t{.name = "recipes", .columns = {"recipe", "speedup_over_dense", "energy_uj"}, .rows = {}};
  t.add({"a,b", 2.5, nullptr});
  t.add({"<dense>", 1, std::nan("")});
  EXPECT_THROW(t.add({"one"}), std::logic_error);
  EXPECT_EQ(table_csv(t), "recipe,speedup_over_dense,energy_uj\n\"a,b\",2.5,\n<dense>,1,\n");
  r.tables = {t};
  const auto json = report_json(config{}, r);
  EXPECT_EQ(json.at("recipes")[0].at("speedup_over_dense"), 2.5);
  EXPECT_TRUE(json.at("recipes")[1].at("energy_uj").is_null());
  EXPECT_NE(report_csv(json).find("recipes,2,recipe,<dense>\n"), std::string::npos);
  EXPECT_NE(report_html(json).find("<td>&lt;dense&gt;</td><td class=\"n\">1</td>"), std::string::npos);
  EXPECT_FALSE(report_json(config{}, sound_run()).contains("recipes"));
}

TEST(report, a_run_of_a_comparison_that_did_not_end_well_decides_the_exit_code) {
  for (const int code : {1, 2, 3}) {
    run_result r = sound_run();
    r.failed_run_exit_code = code;
    EXPECT_EQ(exit_code(config{}, r, false), code);
  }
}

TEST(report, csv_has_a_line_for_every_figure_stall_and_counter) {
  const std::string csv = report_csv(report_json(expecting("fabric_cycles < 1000"), sound_run()));
  for (const char* line :
       {"summary,fabric_cycles,,100\n", "summary,energy_uj,,\n", "waterfall,training,overlap,-5\n",
        "block,\"TILE(0,0).MATRIX\",stall.idle,10\n", "block,\"TILE(0,0).MATRIX\",counter.macs,3840\n",
        "expect,fabric_cycles < 1000,ok,true\n", "config,mesh.width,,4\n"})
    EXPECT_NE(csv.find(line), std::string::npos) << line;
}

TEST(report, the_page_is_self_contained_and_shows_no_text_as_markup) {
  run_result r = sound_run();
  r.notes = {"<script>alert(1)</script>"};
  const std::string page = report_html(report_json(config{}, r));
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("http"), std::string::npos);
  EXPECT_NE(page.find("TILE(0,0).MATRIX"), std::string::npos);
}

TEST(report, the_table_on_the_terminal_has_the_waterfall_and_the_verdicts) {
  const std::string text = report_text(report_json(expecting("test_accuracy_percent >= 90"), sound_run()));
  EXPECT_NE(text.find("tile_imbalance"), std::string::npos);
  EXPECT_NE(text.find("FAILED: test_accuracy_percent >= 90 (is 83.5)"), std::string::npos);
}

TEST(report, bytes_that_are_no_text_do_not_break_it) {
  run_result r = sound_run();
  r.end.function = "\xff\xfe";
  EXPECT_FALSE(text_of(report_json(config{}, r)).empty());
}

} // namespace
} // namespace acf::platform
