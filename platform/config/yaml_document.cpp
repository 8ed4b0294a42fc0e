#include "platform/config/yaml_document.hpp"

#include <fstream>
#include <yaml-cpp/eventhandler.h>

namespace acf::platform {
namespace {

class document_counter final : public YAML::EventHandler {
public:
  int count = 0;
  YAML::Mark last;

  void OnDocumentStart(const YAML::Mark& at) override { ++count, last = at; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

} // namespace

YAML::Node read_document(const std::filesystem::path& file) {
  auto first = YAML::LoadFile(file.string());
  std::ifstream in(file);
  YAML::Parser parser(in);
  document_counter documents;
  while (documents.count < 2 && parser.HandleNextDocument(documents)) {
  }
  if (documents.count > 1) throw second_document(documents.last, "expected one document; a second one begins here");
  return first;
}

} // namespace acf::platform
