#include "platform/trace/chrome_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

using acf::platform::chrome_json;
using sc_core::sc_time;

TEST(chrome_json, is_complete_once_the_writer_is_gone) {
  std::ostringstream text;
  {
    chrome_json trace(text);
    trace.name_process(2, "TILE(0,0)");
    trace.complete({2, 1}, "MM", "forward", sc_time::from_value(1'000'001), sc_time::from_value(3'500'001),
                   "\"ring\":1");
    trace.instant({1, 100}, "fence", sc_time::from_value(7), "");
    trace.counter(1, "DRAM", sc_time::from_value(0), "\"read\":1.5");
  }
  const auto events = nlohmann::json::parse(text.str()).at("traceEvents");
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[4].at("ts").get<double>(), 1.000001);
  EXPECT_EQ(events[4].at("dur").get<double>(), 2.5);
  EXPECT_EQ(events[4].at("args").at("ring"), 1);
  EXPECT_EQ(events[0].at("args").at("read"), 1.5);
}

TEST(chrome_json, sorts_what_is_written_at_one_instant_by_track) {
  const auto written = [](std::vector<acf::platform::track> order) {
    std::ostringstream text;
    {
      chrome_json trace(text);
      for (const auto& where : order) trace.complete(where, "MM", "forward", {}, {}, "");
      trace.complete({1, 1}, "UPDATE", "update", {}, {}, "");
    }
    return text.str();
  };
  EXPECT_EQ(written({{3, 1}, {1, 1}, {1, 0}}), written({{1, 0}, {1, 1}, {3, 1}}));
}

TEST(chrome_json, of_a_run_without_events_is_valid) {
  std::ostringstream text;
  { chrome_json trace(text); }
  EXPECT_TRUE(nlohmann::json::parse(text.str()).at("traceEvents").empty());
}

int sc_main(int, char**) { return 0; }
