#include "platform/report/npz.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <unistd.h>

namespace acf::platform {
namespace {

// What Python's standard library finds in the archive.
std::string as_python_sees_it(const std::string& bytes) {
  const auto file = std::filesystem::temp_directory_path() / ("npz_test_" + std::to_string(getpid()) + ".npz");
  std::ofstream(file, std::ios::binary) << bytes;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen((ACF_SHOW_NPZ " " + file.string()).c_str(), "r"), pclose);
  std::string text;
  for (char part[256]; std::fgets(part, sizeof part, pipe.get());) text += part;
  std::filesystem::remove(file);
  return text;
}

TEST(npz, arrays_come_back_with_names_shapes_and_values) {
  EXPECT_EQ(
      as_python_sees_it(npz({{"layer1.weight", {2, 3}, {1, 2, 3, -4, 0.5, 1e30f}}, {"layer1.bias", {2}, {7, 8}}})),
      "layer1.weight.npy (1980, 1, 1, 0, 0, 0) (2, 3) (1.0, 2.0, 3.0, -4.0, 0.5, 1.0000000150474662e+30)\n"
      "layer1.bias.npy (1980, 1, 1, 0, 0, 0) (2,) (7.0, 8.0)\n");
}

TEST(npz, an_archive_may_be_empty_and_arrays_too) {
  EXPECT_EQ(as_python_sees_it(npz({})), "");
  EXPECT_EQ(as_python_sees_it(npz({{"scalar", {}, {3}}, {"nothing", {0, 4}, {}}})),
            "scalar.npy (1980, 1, 1, 0, 0, 0) () (3.0,)\nnothing.npy (1980, 1, 1, 0, 0, 0) (0, 4) ()\n");
}

TEST(npz, equal_arrays_give_equal_bytes_and_one_bit_another_file) {
  const named_array a{"a", {3}, {1, 2, 3}};
  named_array b = a;
  EXPECT_EQ(npz({a}), npz({b}));
  b.values[2] = 0x1.800002p1f;
  EXPECT_NE(npz({a}), npz({b}));
}

} // namespace
} // namespace acf::platform
