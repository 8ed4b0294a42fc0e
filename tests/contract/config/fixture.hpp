// A scenario written to a file of its own, and what reading it says.
#pragma once

#include "platform/config/reader.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace acf::platform {

class config_test : public testing::Test {
protected:
  // Folder of this test, gone afterwards.
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("acf_config_test." + std::to_string(::getpid()));

  void SetUp() override { std::filesystem::create_directories(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }

  config_reading read(const std::string& yaml, const std::vector<std::string>& sets = {}) {
    const std::filesystem::path file = folder / "s.yaml";
    std::ofstream{file} << yaml;
    return read_config(file, sets);
  }

  // Complaints as they are printed, with the folder taken off.
  std::vector<std::string> complaints(const std::string& yaml, const std::vector<std::string>& sets = {}) {
    std::vector<std::string> out;
    for (const complaint& c : read(yaml, sets).complaints) {
      std::string line = c.line();
      if (const std::string prefix = folder.string() + "/"; line.starts_with(prefix)) line.erase(0, prefix.size());
      out.push_back(line);
    }
    return out;
  }
};

} // namespace acf::platform
