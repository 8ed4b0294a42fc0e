#include "platform/cli/logging.hpp"

#include "platform/config/input_error.hpp"
#include "platform/config/nearest.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <memory>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <systemc>

namespace acf::platform {
namespace {

constexpr std::string_view modules[] = {"cpu",         "sequencer", "dma",    "noc", "peripherals",
                                        "host_bridge", "compiler",  "loader", "gdb", "platform"};
constexpr std::string_view levels[] = {"trace", "debug", "info", "warn", "error", "critical", "off"};

spdlog::level::level_enum parse_level(const std::string& text) {
  const auto at = std::find(std::begin(levels), std::end(levels), text);
  if (at == std::end(levels))
    throw input_error{fmt::format("--log-level: expected one of {}, not '{}', did you mean '{}'?",
                                  fmt::join(levels, ", "), text, nearest(text, levels))};
  return static_cast<spdlog::level::level_enum>(at - std::begin(levels));
}

// "at 1234.500 ns: " in front of what the chip does. Warnings are for everybody, and say the time where it matters.
class simulated_time final : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& to) override {
    if (message.level >= spdlog::level::warn) return;
    const auto ps = sc_core::sc_time_stamp().value();
    fmt::format_to(std::back_inserter(to), "at {}.{:03} ns: ", ps / 1000, ps % 1000);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<simulated_time>(); }
};

void apply(const std::string& setting) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos) return spdlog::set_level(parse_level(setting));
  const std::string module = setting.substr(0, equals);
  if (std::find(std::begin(modules), std::end(modules), module) == std::end(modules))
    throw input_error{fmt::format("--log-level: expected a module, one of {}, not '{}', did you mean '{}'?",
                                  fmt::join(modules, ", "), module, nearest(module, modules))};
  spdlog::get(module)->set_level(parse_level(setting.substr(equals + 1)));
}

} // namespace

void set_up_logging(const std::vector<std::string>& settings) {
  const auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto pattern = std::make_unique<spdlog::pattern_formatter>();
  pattern->add_flag<simulated_time>('*').set_pattern("%l: %n: %*%v");
  sink->set_formatter(std::move(pattern));
  for (const std::string_view module : modules) {
    auto logger = std::make_shared<spdlog::logger>(std::string{module}, sink);
    logger->set_level(spdlog::level::warn);
    spdlog::register_logger(logger);
  }
  spdlog::set_default_logger(spdlog::get("platform"));
  for (const std::string& setting : settings) apply(setting);
}

} // namespace acf::platform
