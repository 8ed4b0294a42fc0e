// Another run, in a process of its own (SystemC elaborates once per process): the dense baseline to compare with.
#pragma once

#include "platform/config/config.hpp"
#include "platform/soc/run.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <sys/types.h>

namespace acf::platform {

class side_run {
public:
  struct outcome {
    int exit_code = 0;                            // 3 if a signal killed it
    std::optional<nlohmann::ordered_json> report; // if the exit code is 0
    std::string problem;                          // else how it ended: "was killed by signal 9; see twin/log.txt"
  };

  // What it takes from the run that it belongs to: firmware, limits, threads.
  static run_options options(const run_options& of);
  // Starts it. Its files go to `folder` of own.out, console and log to console.txt and log.txt there.
  side_run(const config& c, run_options own, const std::string& folder);
  ~side_run(); // kills it if nobody waited
  side_run(const side_run&) = delete;
  side_run& operator=(const side_run&) = delete;

  // Until it ends; an interruption of this process is passed on.
  outcome wait();

private:
  int status_at_end();

  pid_t process_ = -1;
  std::filesystem::path out_;
  std::string folder_;
};

} // namespace acf::platform
