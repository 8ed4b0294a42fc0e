#include "platform/config/input_error.hpp"
#include "platform/report/files.hpp"
#include "platform/twin/twin_process.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace acf::platform {
namespace {

class twin : public testing::Test {
protected:
  run_options options;
  run_result result;

  void SetUp() override {
    options.out = std::filesystem::temp_directory_path() / ("acf_twin_test." + std::to_string(::getpid()));
    options.threads = 2;
    std::filesystem::create_directories(options.out);
    result.figures[figure::fabric_cycles] = 100;
  }
  void TearDown() override { std::filesystem::remove_all(options.out); }

  void join(const twin_process::runner& run) { twin_process{config{}, options, run}.join(result); }
};

int take_800_cycles(const config& c, const run_options& o) {
  run_result r;
  r.figures[figure::fabric_cycles] = 800;
  return conclude(o.out, c, r, false);
}

TEST_F(twin, is_dense_and_merged_into_the_result) {
  join(take_800_cycles);
  ASSERT_TRUE(result.twin.has_value());
  EXPECT_EQ(result.twin->config.at("train").at("recipe"), "dense");
  EXPECT_EQ(result.twin->config.at("zbcc").at("engine"), "dense");
  EXPECT_DOUBLE_EQ(*result.figures[figure::speedup_over_dense], 8);
}

TEST_F(twin, shares_the_threads_or_goes_first) {
  join(take_800_cycles);
  EXPECT_EQ(options.threads, 1u);
  twin_process first{config{}, options, take_800_cycles}; // one thread is left: the twin has ended when this returns
  EXPECT_TRUE(std::filesystem::exists(options.out / "twin" / "report.json"));
}

TEST_F(twin, that_fails_is_a_note_and_no_comparison) {
  join([](const config&, const run_options&) -> int { throw input_error{"truncated"}; });
  ASSERT_EQ(result.notes.size(), 1u);
  EXPECT_EQ(result.notes[0], "no comparison: the dense twin left no report and exit code 2; see twin/log.txt");
  EXPECT_FALSE(result.figures[figure::speedup_over_dense].has_value());
}

TEST_F(twin, that_crashes_is_a_note_too) {
  join([](const config&, const run_options&) -> int { ::_exit(::kill(::getpid(), SIGKILL)); });
  ASSERT_EQ(result.notes.size(), 1u);
  EXPECT_NE(result.notes[0].find("signal 9"), std::string::npos);
}

TEST_F(twin, that_the_platform_stopped_is_named_with_the_reason) {
  join([](const config& c, const run_options& o) {
    run_result r;
    r.end.reason = end_reason::limit_sim_time;
    return conclude(o.out, c, r, false);
  });
  ASSERT_EQ(result.notes.size(), 1u);
  EXPECT_NE(result.notes[0].find("limit_sim_time"), std::string::npos);
}

} // namespace
} // namespace acf::platform
