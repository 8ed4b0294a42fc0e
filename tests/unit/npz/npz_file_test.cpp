#include "platform/config/input_error.hpp"
#include "platform/loader/npz_file.hpp"
#include "platform/report/npz.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace acf::platform {
namespace {

class npz_file : public testing::Test {
protected:
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("npz_file_test_" + std::to_string(getpid()) + ".npz");
  ~npz_file() override { std::filesystem::remove(file); }

  auto read(const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
    return read_npz(file);
  }
  std::string complaint(const std::string& bytes) {
    try {
      read(bytes);
    } catch (const input_error& error) {
      return std::string(error.what()).substr(file.string().size());
    }
    return "none";
  }
  const std::string good = npz({{"layer1.weight", {2, 3}, {1, 2, 3, -4, 0.5, 1e30f}}, {"layer1.bias", {2}, {7, 8}}});
};

TEST_F(npz_file, what_was_written_comes_back) {
  const auto arrays = read(good);
  ASSERT_EQ(arrays.size(), 2u);
  EXPECT_EQ(arrays.at("layer1.weight").shape, (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(arrays.at("layer1.weight").values, (std::vector<float>{1, 2, 3, -4, 0.5, 1e30f}));
  EXPECT_EQ(arrays.at("layer1.bias").values, (std::vector<float>{7, 8}));
}

TEST_F(npz_file, deflated_archives_are_read) { // as numpy.savez_compressed writes them
  const auto packed = file.string() + ".packed";
  std::ofstream(file, std::ios::binary) << good;
  const auto command = "python3 -c \"import zipfile; a = zipfile.ZipFile('" + file.string() +
                       "'); b = zipfile.ZipFile('" + packed +
                       "', 'w', zipfile.ZIP_DEFLATED); [b.writestr(n, a.read(n)) for n in a.namelist()]; b.close()\"";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read_npz(packed).at("layer1.weight").values, (std::vector<float>{1, 2, 3, -4, 0.5, 1e30f}));
  std::filesystem::remove(packed);
}

TEST_F(npz_file, says_what_is_wrong) {
  EXPECT_EQ(complaint("something else"), ": expected a .npz archive");
  auto bad = good;
  bad[bad.find('\n') + 1] ^= 1; // the first value
  EXPECT_EQ(complaint(bad), ": the checksum of layer1.weight.npy is wrong");
  EXPECT_EQ(complaint(good.substr(10)), ": the directory of the .npz archive is damaged");
  bad = good;
  bad.replace(bad.find("'<f4'"), 5, "'<f8'");
  EXPECT_EQ(complaint(bad), ": the checksum of layer1.weight.npy is wrong");
}

} // namespace
} // namespace acf::platform
