#include "platform/soc/twin.hpp"

#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace acf::platform {

twin::twin(const config& c, const run_options& options) : out_(options.out / "twin") {
  std::filesystem::create_directories(out_);
  run_options own;
  own.firmware = options.firmware;
  own.out = out_;
  own.console = out_ / "console.txt";
  own.max_sim_ms = options.max_sim_ms;
  own.max_instructions = options.max_instructions;
  own.max_host_seconds = options.max_host_seconds;
  own.threads = options.threads;
  std::cout.flush();
  process_ = fork();
  if (process_ < 0) throw std::runtime_error("the dense twin's process could not be started");
  if (process_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int code = 3;
  try {
    if (!std::freopen((out_ / "log.txt").c_str(), "w", stderr)) _exit(3);
    code = run_scenario(c, own);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
  }
  std::cout.flush();
  std::cerr.flush();
  _exit(code);
}

twin::~twin() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

nlohmann::ordered_json twin::wait() {
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(fmt::format("the dense twin did not end well; see {}", (out_ / "log.txt").string()));
  std::ifstream file(out_ / "report.json");
  return nlohmann::ordered_json::parse(file);
}

} // namespace acf::platform
