// Curves of a training: stretches, means, what is not known, the comparison with the dense twin.
#include "platform/report/curves.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace acf::platform {
namespace {

// Steps from 1 on; step i has a loss of i per sample, takes 10 i cycles and executes a quarter of the products.
training_curves steps(std::size_t count) {
  training_curves c;
  c.layers = {"layer1", "layer3"};
  for (std::size_t i = 1; i <= count; ++i) {
    training_curves::point p;
    p.step = i;
    p.samples = 4, p.correct = 1, p.loss = 4.0 * static_cast<double>(i);
    p.cycles = 10 * i;
    p.products = 25, p.dense_products = 100;
    p.weight_zeros = {0.5, 0.0};
    p.gradient_zeros = {std::nan(""), i % 2 ? 0.25 : 0.75};
    c.points.push_back(p);
  }
  return c;
}

TEST(curves, few_steps_are_all_there) {
  const auto j = curves_json(steps(3));
  EXPECT_EQ(j.at("step"), (nlohmann::ordered_json{1, 2, 3}));
  EXPECT_EQ(j.at("training_loss"), (nlohmann::ordered_json{1.0, 2.0, 3.0}));
  EXPECT_EQ(j.at("training_accuracy_percent")[2], 25.0);
  EXPECT_EQ(j.at("cycles_per_step")[2], 30.0);
  EXPECT_EQ(j.at("products_executed_percent")[0], 25.0);
  EXPECT_EQ(j.at("layers")[0].at("weight_zeros_percent")[0], 50.0);
  EXPECT_TRUE(j.at("layers")[0].at("gradient_zeros_percent")[0].is_null());
  EXPECT_EQ(j.at("layers")[1].at("gradient_zeros_percent")[1], 75.0);
  EXPECT_TRUE(curves_json(training_curves{}).is_null());
}

TEST(curves, many_steps_are_means_over_stretches) {
  const auto j = curves_json(steps(2 * most_stretches + 1)); // three steps each, and two left over
  ASSERT_EQ(j.at("step").size(), 134u);
  EXPECT_EQ(j.at("step")[0], 3);
  EXPECT_EQ(j.at("step").back(), 2 * most_stretches + 1);
  EXPECT_EQ(j.at("training_loss")[1], 5.0);
  EXPECT_EQ(j.at("cycles_per_step")[1], 50.0);
  EXPECT_EQ(j.at("cycles_per_step").back(), 4005.0);
  EXPECT_NEAR(j.at("layers")[1].at("gradient_zeros_percent")[0].get<double>(), 125.0 / 3, 1e-9);
}

TEST(curves, speed_up_is_of_the_same_steps_of_the_twin) {
  auto twin = steps(4);
  for (auto& p : twin.points) p.cycles = 120;
  auto own = curves_json(steps(5)); // the twin has stopped early
  compare_curves(own, curves_json(twin));
  EXPECT_EQ(own.at("speedup_over_dense")[0], 12.0);
  EXPECT_EQ(own.at("speedup_over_dense")[3], 3.0);
  EXPECT_TRUE(own.at("speedup_over_dense")[4].is_null());
  compare_curves(own, nullptr); // no twin, nothing to add
}

TEST(curves, the_table_has_a_line_for_every_step) {
  const auto text = curves_csv(steps(2), curves_json(steps(2)));
  EXPECT_EQ(text,
            "step,training_loss,training_accuracy_percent,fabric_cycles,speedup_over_dense,macs_executed,macs_of_dense,"
            "layer1.weight_zeros_percent,layer1.gradient_zeros_percent,layer3.weight_zeros_percent,"
            "layer3.gradient_zeros_percent\n"
            "1,1,25,10,1,25,100,50,,0,25\n"
            "2,2,25,20,1,25,100,50,,0,75\n");
}

TEST(curves, thresholds_of_gradients_are_beside_them) {
  auto c = steps(2);
  c.thinned_layers = {"layer1"};
  c.points[0].thresholds = {0.5}, c.points[0].thinned = {0.25};
  c.points[1].thresholds = {std::nan("")}, c.points[1].thinned = {std::nan("")};
  const auto j = curves_json(c);
  EXPECT_EQ(j.at("thresholds")[0].at("name"), "layer1");
  EXPECT_EQ(j.at("thresholds")[0].at("threshold")[0], 0.5);
  EXPECT_EQ(j.at("thresholds")[0].at("thinned_percent")[0], 25.0);
  EXPECT_TRUE(j.at("thresholds")[0].at("threshold")[1].is_null());
  const auto text = curves_csv(c, nullptr);
  EXPECT_NE(text.find("layer3.gradient_zeros_percent,layer1.threshold,layer1.thinned_percent\n"), std::string::npos);
  EXPECT_NE(text.find(",25,0.5,25\n"), std::string::npos);
  EXPECT_NE(text.find(",75,,\n"), std::string::npos);
  EXPECT_NE(curves_html(j).find("Threshold of gradients"), std::string::npos);
  EXPECT_EQ(curves_html(curves_json(steps(2))).find("Threshold"), std::string::npos);
}

TEST(curves, the_page_draws_what_there_is) {
  const auto page = curves_html(curves_json(steps(3)));
  EXPECT_NE(page.find("Training loss"), std::string::npos);
  EXPECT_EQ(page.find("Speed-up"), std::string::npos);
  EXPECT_NE(page.find("points=\"173.3,"), std::string::npos); // a third of 520
  EXPECT_EQ(curves_html(nullptr), "");
}

} // namespace
} // namespace acf::platform
