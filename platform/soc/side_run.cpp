#include "platform/soc/side_run.hpp"

#include "platform/config/input_error.hpp"
#include "platform/report/run_result.hpp"
#include "platform/soc/interruption.hpp"

#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace acf::platform {

namespace {

constexpr const char* log_file = "log.txt";
constexpr int stopped = 3;

std::string last_line(const std::filesystem::path& file) {
  std::ifstream text(file);
  std::string line, last;
  while (std::getline(text, line)) last = line;
  return last;
}

// Why a run's exit code is not 0.
std::string reason_of(const nlohmann::ordered_json& report) {
  const auto& end = report.at("end");
  const std::string reason = end.at("reason");
  const auto twin = report.find("twin");
  const bool passed = reason == name_of(end_reason::finisher) && end.at("guest_failed") == false;
  if (const auto step = report.at("extra").find("diverged_step"); step != report.at("extra").end())
    return fmt::format("training diverged in step {:.0f}", step->get<double>());
  return passed && twin != report.end() && twin->is_null() ? "its dense twin did not end well" : reason;
}

} // namespace

run_options side_run::options(const run_options& of) {
  run_options own;
  own.firmware = of.firmware;
  own.out = of.out;
  own.max_sim_ms = of.max_sim_ms;
  own.max_instructions = of.max_instructions;
  own.max_host_seconds = of.max_host_seconds;
  own.threads = of.threads;
  return own;
}

side_run::side_run(const config& c, run_options own, const std::string& folder)
    : out_(own.out / folder), folder_(folder) {
  own.out = out_;
  std::filesystem::create_directories(out_);
  std::filesystem::remove(out_ / "report.json"); // of an earlier run
  own.console = out_ / "console.txt";
  std::cout.flush();
  process_ = fork();
  if (process_ < 0) throw std::runtime_error(fmt::format("the process for {} could not be started", out_.string()));
  if (process_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0); // the terminal's Ctrl-C is for the run that it belongs to, which passes it on
  constexpr int refused = 2;
  int code = stopped;
  try {
    if (!std::freopen((out_ / log_file).c_str(), "w", stderr)) _exit(stopped);
    code = run_scenario(c, own);
  } catch (const input_error& error) {
    std::cerr << error.what() << '\n';
    code = refused;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
  }
  std::cout.flush();
  std::cerr.flush();
  _exit(code);
}

side_run::~side_run() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

int side_run::status_at_end() {
  constexpr int milliseconds = 20;
  int status = 0;
  bool told = false;
  while (waitpid(process_, &status, WNOHANG) == 0) {
    if (interruption::asked() && !told) told = kill(process_, SIGINT) == 0;
    poll(nullptr, 0, milliseconds);
  }
  process_ = -1;
  return status;
}

side_run::outcome side_run::wait() {
  const int status = status_at_end();
  outcome result;
  std::ifstream file(out_ / "report.json");
  auto report = nlohmann::ordered_json::parse(file, nullptr, false);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !report.is_discarded()) {
    result.report = std::move(report);
    return result;
  }
  result.exit_code = WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : stopped;
  const auto why = report.is_discarded() ? last_line(out_ / log_file) : reason_of(report);
  const auto how = WIFSIGNALED(status) ? fmt::format("was killed by signal {}", WTERMSIG(status))
                                       : fmt::format("ended with exit code {} ({})", WEXITSTATUS(status), why);
  result.problem = fmt::format("{}; see {}/{}", how, folder_, log_file);
  return result;
}

} // namespace acf::platform
