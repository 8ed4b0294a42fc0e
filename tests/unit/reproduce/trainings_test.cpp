#include "platform/config/input_error.hpp"
#include "platform/network/weighted_layers.hpp"
#include "platform/reproduce/reproduce.hpp"
#include "platform/reproduce/trainings.hpp"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>

namespace acf::platform {
namespace {

using json = nlohmann::ordered_json;
using numbers = std::vector<std::uint32_t>;

const std::string networks = ACF_NETWORKS;

// Two layers, the first of which is not pruned: 1000 cycles, of which the engines wait 200.
trained_run two_layers() {
  const auto flow = [](const char* name, int ideal, int lanes, int wait, const char* cause) {
    return json{
        {"name", name},
        {"ideal", ideal},
        {"losses", json::array({{{"cause", "lanes: fill"}, {"cycles", lanes}}, {{"cause", cause}, {"cycles", wait}}})},
        {"achieved", ideal + lanes + wait}};
  };
  json r;
  r["waterfalls"] = {flow("training", 720, 80, 200, "matrix engine waits: vector"),
                     flow("layer1/forward", 90, 10, 0, "matrix engine waits: dma"),
                     flow("layer1/weight_gradient", 100, 0, 100, "matrix engine waits: vector"),
                     flow("layer2/forward", 180, 20, 0, "matrix engine waits: dma"),
                     flow("layer2/input_gradient", 160, 40, 100, "matrix engine waits: vector"),
                     flow("layer2/weight_gradient", 190, 10, 0, "matrix engine waits: dma"),
                     flow("layer2/regrow", 0, 0, 7, "matrix engine waits: dma")};
  r["blocks"] = {{{"name", "TILE(0,0).VECTOR"}, {"busy", 300}, {"cycles", 1000}},
                 {{"name", "TILE(1,0).VECTOR"}, {"busy", 100}, {"cycles", 1000}},
                 {{"name", "TILE(0,0).MATRIX"}, {"busy", 800}, {"cycles", 1000}}};
  return trained_run(r);
}

TEST(bdwp, first_layers_and_channels_that_are_no_multiple_stay_dense) {
  const auto lenet = weighted_layers(networks + "/lenet5.yaml");
  ASSERT_EQ(lenet.size(), 5u);
  EXPECT_EQ(lenet[1].inputs, 6u); // channels, not channels times taps
  EXPECT_EQ(stay_dense(lenet, 8), (numbers{1, 2, 4, 5}));
  const auto resnet = weighted_layers(networks + "/resnet8.yaml");
  EXPECT_EQ(stay_dense(resnet, 8), (numbers{1, 10})); // 3 channels; 10 classes
}

TEST(bdwp, cycles_of_a_training_go_into_products_and_waits) {
  const spent_cycles s = cycles_spent(two_layers(), {{"layer1"}, {"layer2"}}, {1});
  EXPECT_EQ(s.all, 1000);
  EXPECT_EQ(s.dense_layers, 100);
  EXPECT_EQ(s.pruned, 400);           // with what its lanes lose, without its waits
  EXPECT_EQ(s.weight_gradients, 300); // of both: their operands are no weights
  EXPECT_EQ(s.products(), 800);
  EXPECT_EQ(s.waits, (std::map<std::string, double>{{"vector", 200}}));
  EXPECT_DOUBLE_EQ(s.amdahl(4), 1000.0 / 700);
  EXPECT_DOUBLE_EQ(two_layers().busy_percent(".VECTOR"), 20);
  EXPECT_EQ(two_layers().achieved_of("/regrow"), 7);
}

TEST(course, noise_decides_nothing) {
  const auto curve = [](double early, double half, double late, double jitter) {
    std::vector<double> v;
    for (int i = 0; i < 120; ++i) v.push_back((i < 12 ? early : i < 108 ? half : late) + (i % 2 ? jitter : -jitter));
    return course_of(v);
  };
  const course clear = curve(4, 5, 4.5, 0.1);
  EXPECT_NEAR(clear.half, 5, 1e-9);
  EXPECT_TRUE(clear.rises() && clear.falls() && !clear.undecided());
  EXPECT_TRUE(curve(4, 4.921, 4.917, 0.1).undecided());
  const course later = curve(4, 4.5, 5, 0.1); // rises on: decided, and no inverted U
  EXPECT_TRUE(!later.falls() && !later.undecided());
  EXPECT_TRUE(course_of({1, 2, 3}).undecided()); // nothing is known of the noise of single values
}

// reproduce.csv, of trainings that all end in one way.
std::string rows_of(const std::string& log, const std::string& how) {
  const std::filesystem::path out = std::filesystem::path(testing::TempDir()) / "reproduce";
  std::filesystem::remove_all(out);
  std::filesystem::create_directories(out);
  config c;
  c.reproduce = {"sat", ACF_TABLES "/targets.csv", ACF_TABLES "/tensordash_65nm.yaml", ACF_TABLES "/spartann_65nm.yaml",
                 "on"};
  c.train.network = networks + "/lenet5.yaml";
  run_reproduce(c, out, [&](const config&, const std::string& name) -> json {
    std::filesystem::create_directories(out / name);
    std::ofstream(out / name / "log.txt") << log;
    throw input_error{"the run " + name + " " + how};
  });
  std::ifstream file(out / "reproduce.csv");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(refused_training, leaves_its_rows_empty_and_all_others_as_they_are) {
  const std::string rows = rows_of("note: hot\nkey 'same.sram_kib': too small\n", "ended with exit code 3; see x");
  EXPECT_NE(rows.find("T064,0.56,,,not_measurable,,,the training sat_dense cannot be set up: key 'same.sram_kib': too "
                      "small\n"),
            std::string::npos)
      << rows;
  EXPECT_NE(rows.find("T069,2.00,"), std::string::npos);
  EXPECT_THROW(rows_of("training on 4 x 4 tiles\n", "was killed by signal 9; see x"), input_error);
}

} // namespace
} // namespace acf::platform
