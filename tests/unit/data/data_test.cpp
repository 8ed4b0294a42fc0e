// IDX files, generated digits, the linear yardstick.
#include "sw_stack/data/digits.hpp"
#include "sw_stack/data/idx_files.hpp"
#include "sw_stack/data/linear_classifier.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <zlib.h>

using namespace acf::data;

namespace {

using bytes = std::vector<std::uint8_t>;

bytes header(std::uint32_t magic, std::initializer_list<std::uint32_t> sizes) {
  bytes b;
  const auto put = [&](std::uint32_t v) {
    for (const int shift : {24, 16, 8, 0}) b.push_back(static_cast<std::uint8_t>(v >> shift));
  };
  put(magic);
  for (const auto s : sizes) put(s);
  return b;
}

class idx : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::path(testing::TempDir()) /
             ("idx_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    images("train", 3);
    labels("train", {0, 1, 9});
    images("t10k", 2);
    labels("t10k", {5, 6});
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string path(const std::string& name) const { return (folder / name).string(); }
  void put(const std::string& name, const bytes& content) {
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  }
  void images(const std::string& part, std::uint32_t n, std::uint32_t magic = 0x803, std::uint32_t said = 0) {
    bytes b = header(magic, {said ? said : n, 2, 3});
    for (std::uint32_t i = 0; i < n * 6; ++i) b.push_back(static_cast<std::uint8_t>(i));
    put(part + "-images-idx3-ubyte", b);
  }
  void labels(const std::string& part, const bytes& values, std::uint32_t magic = 0x801) {
    bytes b = header(magic, {static_cast<std::uint32_t>(values.size())});
    b.insert(b.end(), values.begin(), values.end());
    put(part + "-labels-idx1-ubyte", b);
  }
  std::string complaint() const {
    try {
      read_idx(folder.string());
    } catch (const input_error& e) {
      std::string text = e.what();
      return text.starts_with(folder.string()) ? text.substr(folder.string().size()) : text;
    }
    return "";
  }
  std::filesystem::path folder;
};

} // namespace

TEST_F(idx, reads_plain_files) {
  const auto d = read_idx(folder.string());
  EXPECT_EQ(d.inputs, 6u);
  EXPECT_EQ(d.train.labels, (bytes{0, 1, 9}));
  EXPECT_EQ(d.train.images.size(), 18u);
  EXPECT_EQ(d.train.images[17], 17);
  EXPECT_EQ(d.test.size(), 2u);
}

TEST_F(idx, reads_compressed_files) {
  const auto plain = read_idx(folder.string());
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    const gzFile out = gzopen((entry.path().string() + ".gz").c_str(), "wb");
    gzwrite(out, content.data(), static_cast<unsigned>(content.size()));
    gzclose(out);
  }
  for (const auto* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"})
    std::filesystem::remove(path(name));
  EXPECT_EQ(read_idx(folder.string()).train.images, plain.train.images);
}

TEST_F(idx, refuses_bytes_behind_a_compressed_stream) {
  const auto name = path("train-labels-idx1-ubyte");
  const auto compress = [&](const char* mode) {
    const gzFile out = gzopen((name + ".gz").c_str(), mode);
    gzwrite(out, "\0\0\x08\x01\0\0\0\x03\0\x01\x09" + (mode[0] == 'a' ? 8 : 0), mode[0] == 'a' ? 3 : 8);
    gzclose(out);
  };
  std::filesystem::remove(name);
  compress("wb");
  compress("ab"); // files that were put together are one
  EXPECT_EQ(read_idx(folder.string()).train.labels, (bytes{0, 1, 9}));
  std::ofstream(name + ".gz", std::ios::binary | std::ios::app) << "garbage";
  EXPECT_EQ(complaint(), "/train-labels-idx1-ubyte.gz: has 7 bytes behind the end of its compressed stream");
  std::filesystem::resize_file(name + ".gz", 20);
  EXPECT_EQ(complaint(), "/train-labels-idx1-ubyte.gz: ends in the middle of its compressed stream");
}

TEST_F(idx, names_the_file_that_is_missing) {
  std::filesystem::remove(path("t10k-labels-idx1-ubyte"));
  EXPECT_EQ(complaint(), ": neither t10k-labels-idx1-ubyte nor t10k-labels-idx1-ubyte.gz is there; expected the four "
                         "IDX files");
}

TEST_F(idx, says_where_a_file_ends_early) {
  images("train", 2, 0x803, 3);
  EXPECT_EQ(complaint(), "/train-images-idx3-ubyte: ends after 12 of the 18 bytes of 3 images");
}

TEST_F(idx, says_where_a_file_is_too_long) {
  labels("train", {0, 1, 9});
  std::ofstream(path("train-labels-idx1-ubyte"), std::ios::binary | std::ios::app) << 'x';
  EXPECT_EQ(complaint(), "/train-labels-idx1-ubyte: has more bytes than its header says");
}

TEST_F(idx, refuses_another_kind_of_file) {
  images("train", 3, 0xD03);
  EXPECT_EQ(complaint(), "/train-images-idx3-ubyte: magic number 0x00000d03, expected 0x00000803 (images: unsigned "
                         "bytes, three dimensions)");
}

TEST_F(idx, refuses_labels_of_other_images) {
  labels("train", {0, 1});
  EXPECT_EQ(complaint().substr(0, 62), "/train-labels-idx1-ubyte: 2 labels, expected 3, one for each i");
}

TEST_F(idx, refuses_labels_that_are_no_class) {
  labels("train", {0, 10, 9});
  EXPECT_EQ(complaint(),
            "/train-labels-idx1-ubyte: label 10 at position 1, expected 0 to 9: only one training image has "
            "label 10");
}

TEST_F(idx, takes_as_many_classes_as_the_labels_need) {
  EXPECT_EQ(read_idx(folder.string()).classes, 10u);
  labels("train", {10, 10, 3}), labels("t10k", {10, 6});
  EXPECT_EQ(read_idx(folder.string()).classes, 11u);
  labels("t10k", {11, 6});
  EXPECT_EQ(complaint(), "/t10k-labels-idx1-ubyte: label 11 at position 0, expected 0 to 10: no training image has "
                         "label 11");
}

TEST_F(idx, refuses_labels_behind_a_gap) {
  labels("train", {200, 200, 9});
  EXPECT_EQ(complaint(), "/train-labels-idx1-ubyte: label 200 at position 0, expected 0 to 9: no training image has "
                         "label 10");
  labels("train", {200, 10, 9});
  EXPECT_EQ(complaint(), "/train-labels-idx1-ubyte: label 200 at position 0, expected 0 to 9: only one training image "
                         "has label 10");
}

TEST_F(idx, refuses_test_images_of_another_shape) {
  bytes turned = header(0x803, {2, 3, 2});
  turned.resize(turned.size() + 12);
  put("t10k-images-idx3-ubyte", turned);
  EXPECT_EQ(complaint(), "/t10k-images-idx3-ubyte: images of 3 x 2, expected 2 x 3 as in the training set");
}

TEST_F(idx, says_that_a_directory_is_one) {
  std::filesystem::remove(path("train-images-idx3-ubyte"));
  std::filesystem::create_directory(path("train-images-idx3-ubyte"));
  EXPECT_EQ(complaint(), "/train-images-idx3-ubyte: is a directory, expected a file");
}

TEST_F(idx, survives_an_empty_file) {
  put("t10k-images-idx3-ubyte", {});
  EXPECT_EQ(complaint(), "/t10k-images-idx3-ubyte: ends after 0 of the 4 bytes of the magic number");
}

TEST(digits, are_the_same_for_the_same_seed) {
  const auto a = generate_digits(40, 10, 7), b = generate_digits(60, 10, 7), c = generate_digits(40, 10, 8);
  EXPECT_TRUE(std::equal(a.train.images.begin(), a.train.images.end(), b.train.images.begin()));
  EXPECT_EQ(a.test.images, b.test.images);
  EXPECT_NE(a.train.images, c.train.images);
  EXPECT_NE(0, std::memcmp(a.train.images.data(), a.test.images.data(), a.test.images.size()));
}

TEST(digits, are_too_hard_for_a_linear_classifier_but_not_noise) {
  const double percent = linear_classifier_accuracy(generate_digits(4000, 1000, 1));
  EXPECT_GT(percent, 50);
  EXPECT_LT(percent, 92);
}
