// Tables of the UCI repository: what is read, and what is said of those that cannot be.
#include "sw_stack/data/table_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

using namespace acf::data;

namespace {

using bytes = std::vector<std::uint8_t>;

class tables : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::path(testing::TempDir()) /
             ("tables_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    put("digits.tra", "0,16,3,1\n8,5,6,0\r\n1,2,4,2\n");
    put("digits.tes", "16,0,1,2");
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void put(const std::string& name, const std::string& content) {
    std::ofstream(folder / name, std::ios::binary) << content;
  }
  std::string complaint() const {
    try {
      read_tables(folder.string());
    } catch (const input_error& e) {
      std::string text = e.what();
      return text.starts_with(folder.string()) ? text.substr(folder.string().size()) : text;
    }
    return "";
  }
  std::filesystem::path folder;
};

TEST_F(tables, the_largest_value_to_train_with_is_white) {
  EXPECT_TRUE(has_tables(folder.string()));
  const auto d = read_tables(folder.string());
  EXPECT_EQ(d.inputs, 3u);
  EXPECT_EQ(d.classes, 3u);
  EXPECT_EQ(d.train.labels, (bytes{1, 0, 2}));
  EXPECT_EQ(d.train.images, (bytes{0, 255, 48, 128, 80, 96, 16, 32, 64})); // 255 v / 16: 127.5 is 128
  EXPECT_EQ(d.test.images, (bytes{255, 0, 16}));
}

TEST_F(tables, lines_of_another_length_are_named) {
  put("digits.tra", "0,16,3,1\n8,5,6\n");
  EXPECT_EQ(complaint(), "/digits.tra:2: 3 numbers, expected 3 values and a class");
  put("digits.tra", "0,16,3,1\n\n");
  EXPECT_EQ(complaint(), "/digits.tra:2: 0 numbers, expected 3 values and a class");
  put("digits.tra", "7\n");
  EXPECT_EQ(complaint(), "/digits.tra:1: 1 numbers, expected 1 to 65536 values and a class");
  SetUp();
  put("digits.tes", "1,2,3,4,0\n");
  EXPECT_EQ(complaint(), "/digits.tes:1: 5 numbers, expected 3 values and a class");
}

TEST_F(tables, what_is_no_number_is_named) {
  for (const auto& [bad, shown] : {std::pair{"a", "a"}, {"-1", "-1"}, {"3.5", "3.5"}, {" 3", " 3"}, {"", ""}}) {
    put("digits.tes", "1,2,3,2\n1," + std::string(bad) + ",3,2\n");
    EXPECT_EQ(complaint(),
              "/digits.tes:2: column 2: '" + std::string(shown) + "', expected a whole number from 0 to 65535");
  }
  put("digits.tes", "1,2,3,255\n");
  EXPECT_EQ(complaint(), "/digits.tes:1: column 4: '255', expected a whole number from 0 to 254");
}

TEST_F(tables, a_test_has_values_and_classes_of_the_training) {
  put("digits.tes", "1,2,3,0\n1,2,17,0\n");
  EXPECT_EQ(complaint(), "/digits.tes:2: column 3: '17', expected at most 16, the largest value to train with");
  put("digits.tes", "1,2,3,3\n");
  EXPECT_EQ(complaint(), "/digits.tes:1: class 3, expected 0 to 2, those to train with");
}

TEST_F(tables, sets_without_content_are_refused) {
  put("digits.tes", "");
  EXPECT_EQ(complaint(), "/digits.tes: is empty; expected a line for each sample");
  put("digits.tra", "0,0,0,1\n");
  put("digits.tes", "0,0,0,1\n");
  EXPECT_EQ(complaint(), "/digits.tra: all values are 0");
}

TEST_F(tables, one_of_each_is_expected) {
  std::filesystem::remove(folder / "digits.tes");
  EXPECT_TRUE(has_tables(folder.string()));
  EXPECT_EQ(complaint(), ": no file ends in .tes; expected one table to train with (.tra) and one to test with (.tes)");
  put("digits.tes", "1,2,3,2\n"), put("other.tra", "1,2,3,2\n");
  EXPECT_EQ(complaint(),
            ": more than one file ends in .tra; expected one table to train with (.tra) and one to test with (.tes)");
  for (const char* name : {"digits.tra", "digits.tes", "other.tra"}) std::filesystem::remove(folder / name);
  EXPECT_FALSE(has_tables(folder.string()));
}

} // namespace
