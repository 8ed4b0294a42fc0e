#include "platform/bench/cpu.hpp"

#include <algorithm>
#include <array>
#include <benchmark/benchmark.h>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace acf::platform {

namespace {

namespace fs = std::filesystem;
constexpr std::size_t rounds = 5;

struct finished {
  int code = -1; // as a shell would show it
  double user_seconds = 0;
};

// Runs a program without console and waits for it.
finished run(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&files, fd, "/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed) return {127, 0};
  int status = 0;
  rusage used{};
  while (wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
  }
  const double seconds = static_cast<double>(used.ru_utime.tv_sec) + 1e-6 * static_cast<double>(used.ru_utime.tv_usec);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), seconds};
}

double median(std::array<double, rounds> of) {
  std::sort(of.begin(), of.end());
  return of[rounds / 2];
}

fs::path here() { return fs::read_symlink("/proc/self/exe").parent_path(); }

class scratch_folder {
public:
  scratch_folder() {
    std::string name = (fs::temp_directory_path() / "acf-bench-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("cannot make a folder in " + name);
    path = name;
  }
  ~scratch_folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  fs::path path;
};

void compare(benchmark::State& state, const std::string& elf) {
  const scratch_folder out;
  const std::vector<std::string> ours{here() / "acf-vp", "run",   "--firmware", elf,
                                      "--exit-code",     "guest", "--out",      out.path};
  const std::vector<std::string> qemu{
      "qemu-system-riscv64", "-M",         "virt",    "-m", "128M", "-bios", "none", "-accel",
      "tcg,thread=single",   "-nographic", "-kernel", elf};
  const bool has_qemu = run({"qemu-system-riscv64", "--version"}).code == 0;
  for (auto _ : state) {
    std::array<double, rounds> our_seconds{}, qemu_seconds{};
    for (std::size_t n = 0; n < rounds; ++n) {
      const finished we = run(ours);
      if (we.code != 0) return state.SkipWithError(fmt::format("acf-vp: exit code {}", we.code).c_str());
      our_seconds[n] = we.user_seconds;
      if (!has_qemu) continue;
      const finished they = run(qemu);
      if (they.code != 0) return state.SkipWithError(fmt::format("qemu: exit code {}", they.code).c_str());
      qemu_seconds[n] = they.user_seconds;
    }
    const double seconds = median(our_seconds);
    std::ifstream report(out.path / "report.json");
    const auto retired = nlohmann::json::parse(report)["summary"]["instructions_retired"].get<double>();
    state.SetIterationTime(seconds);
    state.counters["mips"] = retired / seconds * 1e-6;
    if (has_qemu)
      state.counters["ratio_qemu"] = median(qemu_seconds) / seconds;
    else
      state.SetLabel("no qemu-system-riscv64 to compare with");
  }
}

} // namespace

void register_cpu(const std::vector<std::string>& elf) {
  std::vector<fs::path> programs(elf.begin(), elf.end());
  if (programs.empty()) {
    for (const auto& entry : fs::directory_iterator(here().parent_path() / "bench" / "cpu"))
      if (entry.path().extension() == ".elf") programs.push_back(entry.path());
    std::sort(programs.begin(), programs.end());
  }
  for (const auto& program : programs) {
    if (!fs::is_regular_file(program))
      throw std::invalid_argument(fmt::format("--elf: there is no file '{}'", program.string()));
    benchmark::RegisterBenchmark(("cpu/" + program.stem().string()).c_str(),
                                 [path = fs::absolute(program).string()](benchmark::State& s) { compare(s, path); })
        ->UseManualTime()
        ->Iterations(1)
        ->Unit(benchmark::kSecond);
  }
}

} // namespace acf::platform
