// CIFAR-10-format directories, generated colour images.
#include "sw_stack/data/cifar_files.hpp"
#include "sw_stack/data/colours.hpp"
#include "sw_stack/data/linear_classifier.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace acf::data;

namespace {

class cifar : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::path(testing::TempDir()) /
             ("cifar_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    put("data_batch_10.bin", {3});
    put("data_batch_2.bin", {1, 9});
    put("test_batch.bin", {0});
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  // A record for each label; byte i of planes is 7 i + label.
  void put(const std::string& name, const std::vector<std::uint8_t>& labels, std::size_t cut = 0) const {
    std::string content;
    for (const auto label : labels) {
      content += static_cast<char>(label);
      for (std::uint32_t i = 0; i < 3072; ++i) content += static_cast<char>(7 * i + label);
    }
    content.resize(content.size() - cut);
    std::ofstream(folder / name, std::ios::binary) << content;
  }
  std::string complaint() const {
    try {
      read_cifar(folder.string());
    } catch (const input_error& e) {
      const std::string text = e.what();
      return text.starts_with(folder.string()) ? text.substr(folder.string().size()) : text;
    }
    return "";
  }
  std::filesystem::path folder;
};

TEST_F(cifar, has_batches_in_the_order_of_their_numbers_and_channels_side_by_side) {
  EXPECT_TRUE(has_cifar(folder.string()));
  const auto d = read_cifar(folder.string());
  EXPECT_EQ(d.inputs, 3072u);
  EXPECT_EQ(d.classes, 10u);
  EXPECT_EQ(d.train.labels, (std::vector<std::uint8_t>{1, 9, 3}));
  EXPECT_EQ(d.test.labels, (std::vector<std::uint8_t>{0}));
  for (const std::uint32_t pixel : {0u, 1u, 33u, 1023u})
    for (const std::uint32_t channel : {0u, 1u, 2u})
      EXPECT_EQ(d.train.images[3072 + pixel * 3 + channel],
                static_cast<std::uint8_t>(7 * (channel * 1024 + pixel) + 9));
}

TEST_F(cifar, says_what_is_missing_or_wrong) {
  put("data_batch_2.bin", {1, 10});
  EXPECT_EQ(complaint(), "/data_batch_2.bin: label 10 of record 1, expected 0 to 9");
  put("data_batch_2.bin", {1}, 1);
  EXPECT_EQ(complaint(), "/data_batch_2.bin: 3072 bytes; expected one or more records of 3073, a label and 3 x 32 x 32 "
                         "bytes");
  put("data_batch_2.bin", {});
  EXPECT_EQ(complaint().substr(0, 26), "/data_batch_2.bin: 0 bytes");
  std::filesystem::remove(folder / "test_batch.bin");
  EXPECT_EQ(complaint(), ": test_batch.bin is not there");
  for (const auto* name : {"data_batch_2.bin", "data_batch_10.bin"}) std::filesystem::remove(folder / name);
  EXPECT_EQ(complaint(), ": no data_batch_1.bin is there; expected training batches");
  EXPECT_FALSE(has_cifar(folder.string()));
}

TEST(colours, are_the_same_for_the_same_seed) {
  const auto a = generate_colours(40, 10, 7), b = generate_colours(60, 10, 7), c = generate_colours(40, 10, 8);
  EXPECT_TRUE(std::equal(a.train.images.begin(), a.train.images.end(), b.train.images.begin()));
  EXPECT_EQ(a.test.images, b.test.images);
  EXPECT_NE(a.train.images, c.train.images);
  EXPECT_FALSE(std::equal(a.test.images.begin(), a.test.images.end(), a.train.images.begin()));
}

// It sees the colour, two groups of five classes, and some of the discs.
TEST(colours, hide_their_patterns_from_a_linear_classifier) {
  const double percent = linear_classifier_accuracy(generate_colours(2000, 1000, 1));
  EXPECT_GT(percent, 15);
  EXPECT_LT(percent, 50);
}

} // namespace
