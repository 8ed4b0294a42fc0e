#include "platform/twin/twin_process.hpp"

#include "platform/config/input_error.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <sys/wait.h>
#include <unistd.h>

namespace acf::platform {
namespace {

// Of what the user asked for, the twin keeps only what makes its run comparable.
run_options options_of_twin(const run_options& o, std::uint32_t threads) {
  run_options twin;
  twin.firmware = o.firmware;
  twin.out = o.out / "twin";
  twin.loads = o.loads;
  twin.max_sim_ms = o.max_sim_ms;
  twin.max_instructions = o.max_instructions;
  twin.max_host_seconds = o.max_host_seconds;
  twin.threads = threads;
  return twin;
}

void redirect(int descriptor, const std::filesystem::path& file, int flags) {
  const int to = ::open(file.c_str(), flags, 0666);
  if (to < 0) return;
  ::dup2(to, descriptor);
  ::close(to);
}

// Everything the child process does; it leaves without running the destructors and exit handlers of its parent.
[[noreturn]] void be_the_twin(const config& c, const run_options& o, const twin_process::runner& run) {
  redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
  redirect(STDOUT_FILENO, o.out / "stdout.txt", O_WRONLY | O_CREAT | O_TRUNC);
  redirect(STDERR_FILENO, o.out / "log.txt", O_WRONLY | O_CREAT | O_TRUNC);
  int code = 3;
  try {
    code = run(c, o);
  } catch (const input_error& e) {
    std::cerr << "acf-vp: " << e.what() << '\n';
    code = 2;
  } catch (const std::exception& e) {
    std::cerr << "acf-vp: internal error: " << e.what() << '\n';
  }
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  ::_exit(code);
}

} // namespace

config dense_twin_of(const config& c) {
  config twin = c;
  twin.zbcc.engine = "dense";
  twin.tile.clear();
  twin.train.recipe = "dense";
  twin.train.sparsity = 0;
  twin.train.twin = false;
  twin.train.save.clear();
  twin.train.load.clear();
  twin.expect.clear();
  return twin;
}

twin_process::twin_process(const config& c, run_options& options, const runner& run) : folder(options.out / "twin") {
  const bool beside = options.threads > 1;
  const run_options own = options_of_twin(options, beside ? options.threads / 2 : 1);
  if (beside) options.threads -= own.threads;
  std::error_code failed;
  std::filesystem::remove(folder / "report.json", failed); // of an earlier run
  std::filesystem::create_directories(folder, failed);
  if (failed) throw input_error{fmt::format("--out: {} cannot be made: {}", folder.string(), failed.message())};

  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  child = ::fork();
  if (child < 0) throw std::runtime_error{fmt::format("no process for the dense twin: {}", std::strerror(errno))};
  if (child == 0) be_the_twin(dense_twin_of(c), own, run);
  if (!beside) wait();
}

twin_process::~twin_process() {
  if (child <= 0) return;
  ::kill(child, SIGKILL);
  wait();
}

void twin_process::wait() {
  if (child <= 0) return;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  child = -1;
}

void twin_process::join(run_result& result) {
  wait();
  const auto failed = [&](const std::string& how) {
    result.notes.push_back(fmt::format("no comparison: the dense twin {}; see twin/log.txt", how));
  };
  if (WIFSIGNALED(status)) return failed(fmt::format("was ended by signal {}", WTERMSIG(status)));
  std::ifstream in{folder / "report.json"};
  if (!in) return failed(fmt::format("left no report and exit code {}", WEXITSTATUS(status)));
  const auto report = nlohmann::ordered_json::parse(in, nullptr, false);
  if (report.is_discarded()) return failed("left a broken report");
  if (WEXITSTATUS(status) != 0)
    return failed(fmt::format("ended by {} with exit code {}", report.at("end").at("reason").get<std::string>(),
                              WEXITSTATUS(status)));
  attach_twin(result, report);
}

} // namespace acf::platform
