// The dense baseline of a run, in a process of its own.
#pragma once

#include "platform/config/config.hpp"
#include "platform/soc/run.hpp"

#include <nlohmann/json.hpp>
#include <sys/types.h>

namespace acf::platform {

class twin {
public:
  // Starts it; its files go to OUT/twin, its console to console.txt there.
  twin(const config& c, const run_options& options);
  ~twin();
  twin(const twin&) = delete;
  twin& operator=(const twin&) = delete;

  // Its report. Throws std::runtime_error if it did not end well.
  nlohmann::ordered_json wait();

private:
  pid_t process_ = -1;
  std::filesystem::path out_;
};

} // namespace acf::platform
