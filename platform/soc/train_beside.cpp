#include "platform/soc/train_beside.hpp"

#include "platform/loader/input_file.hpp"
#include "platform/soc/side_run.hpp"

#include <fmt/format.h>

namespace acf::platform {

namespace {

constexpr const char* weights_file = "weights.npz";

} // namespace

nlohmann::ordered_json train_beside(config c, const run_options& of, const std::string& folder) {
  c.compare = {};
  c.expect.clear();
  c.train.save = (of.out / folder / weights_file).string();
  side_run run(c, side_run::options(of), folder);
  auto ended = run.wait();
  if (!ended.report) throw failed_run{fmt::format("the run {} {}", folder, ended.problem), ended.exit_code};
  return std::move(*ended.report);
}

void note_failed_run(const failed_run& failed, run_result& result) {
  result.failed_run_exit_code = failed.exit_code;
  result.notes.push_back(fmt::format("warning: the comparison is incomplete: {}", failed.what()));
}

std::string weights_trained_beside(const run_options& of, const std::string& folder) {
  return sha256(read_file((of.out / folder / weights_file).string()));
}

} // namespace acf::platform
