// A YAML file that is one document. yaml-cpp's own LoadAll does not end on some damaged files.
#pragma once

#include <filesystem>
#include <yaml-cpp/yaml.h>

namespace acf::platform {

struct second_document : YAML::ParserException { // `mark`: where it begins
  using YAML::ParserException::ParserException;
};

// The only document of the file, a null node if it is empty. Throws YAML::BadFile, second_document, or another
// YAML::ParserException at what is no YAML.
YAML::Node read_document(const std::filesystem::path& file);

} // namespace acf::platform
