#include "sw_stack/data/cifar_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace acf::data {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t side = 32, channels = 3, plane = side * side, classes = 10;
constexpr std::uint32_t record = 1 + channels * plane; // label, planes
constexpr const char* test_file = "test_batch.bin";

std::vector<std::string> training_files(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("data_batch_") && name.ends_with(".bin") && entry.is_regular_file()) names.push_back(name);
  }
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) { // 2 before 10
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return names;
}

void append(const fs::path& file, samples& to) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw input_error(file.string() + ": cannot be opened");
  const std::uint64_t bytes = fs::file_size(file), count = bytes / record;
  if (count == 0 || bytes % record != 0)
    throw input_error(file.string() + ": " + std::to_string(bytes) + " bytes; expected one or more records of " +
                      std::to_string(record) + ", a label and 3 x 32 x 32 bytes");
  std::vector<std::uint8_t> one(record);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!in.read(reinterpret_cast<char*>(one.data()), record)) throw input_error(file.string() + ": cannot be read");
    if (one[0] >= classes)
      throw input_error(file.string() + ": label " + std::to_string(one[0]) + " of record " + std::to_string(i) +
                        ", expected 0 to " + std::to_string(classes - 1));
    to.labels.push_back(one[0]);
    for (std::uint32_t p = 0; p < plane; ++p)
      for (std::uint32_t c = 0; c < channels; ++c) to.images.push_back(one[1 + c * plane + p]);
  }
}

} // namespace

bool has_cifar(const std::string& directory) {
  return fs::is_directory(directory) &&
         (fs::is_regular_file(fs::path(directory) / test_file) || !training_files(directory).empty());
}

std::vector<std::string> cifar_files(const std::string& directory) {
  std::vector<std::string> names = training_files(directory);
  names.emplace_back(test_file);
  return names;
}

data_set read_cifar(const std::string& directory) {
  if (!fs::is_directory(directory)) throw input_error(directory + ": is not a directory");
  const auto train = training_files(directory);
  if (train.empty()) throw input_error(directory + ": no data_batch_1.bin is there; expected training batches");
  if (!fs::is_regular_file(fs::path(directory) / test_file))
    throw input_error(directory + ": " + test_file + " is not there");
  data_set d;
  d.inputs = channels * plane;
  d.classes = classes;
  d.shape = {channels, side, side};
  for (const auto& name : train) append(fs::path(directory) / name, d.train);
  append(fs::path(directory) / test_file, d.test);
  return d;
}

} // namespace acf::data
