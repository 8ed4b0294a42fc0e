// The dense twin of a training run. SystemC elaborates once per process, so it runs in a process of its own, beside
// ours when there are two host threads, before it when there is one, and hands its result over as a report.json.
#pragma once

#include "platform/config/config.hpp"
#include "platform/report/run_result.hpp"
#include "platform/soc/run.hpp"

#include <functional>
#include <string>
#include <sys/types.h>

namespace acf::platform {

// Same array, lanes and dataflow, nothing skipped, all weights kept.
config dense_twin_of(const config& c);

class twin_process {
public:
  using runner = std::function<int(const config&, const run_options&)>;

  // Starts the twin with OUT/twin as its folder; `run` writes the report there. Takes its share of options.threads
  // away. To be called before SystemC is touched and before there are threads.
  twin_process(const config& c, run_options& options, const runner& run);
  ~twin_process(); // ends a twin that nobody waits for
  twin_process(const twin_process&) = delete;
  twin_process& operator=(const twin_process&) = delete;

  // Waits for the twin and merges its report (attach_twin). A twin that did not get to its end becomes a note with the
  // reason; the figures of the comparison then stay empty.
  void join(run_result& result);

private:
  std::filesystem::path folder;
  pid_t child = -1;
  int status = 0;

  void wait();
};

} // namespace acf::platform
