#include "platform/cli/commands.hpp"
#include "platform/config/input_error.hpp"
#include "platform/config/key_error.hpp"
#include "platform/config/nearest.hpp"
#include "platform/config/reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <iostream>

namespace acf::platform {

void chosen_configuration::add_to(CLI::App& app, bool with_scenario) {
  if (with_scenario) app.add_option("SCENARIO", scenario, "scenario file (YAML); without: the default SoC");
  add_repeated(app, "--set", sets, "KEY=VALUE: sets one key of the configuration");
}

config chosen_configuration::read() const {
  const config_reading r =
      read_config(scenario.empty() ? std::nullopt : std::optional<std::filesystem::path>{scenario}, sets);
  for (const complaint& c : r.complaints) std::cerr << c.line() << '\n';
  if (!r.ok()) throw wrong_configuration{};
  return r.value;
}

int chosen_configuration::named(const command& work) const {
  try {
    return work();
  } catch (const key_error& wrong) {
    const config_reading r =
        read_config(scenario.empty() ? std::nullopt : std::optional<std::filesystem::path>{scenario}, sets);
    std::cerr << complaint_about(wrong.keys, r.given, wrong.text).line() << '\n';
    throw wrong_configuration{};
  }
}

CLI::Option* add_repeated(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                          const std::string& text) {
  return app.add_option(name, values, text)->allow_extra_args(false);
}

CLI::Validator one_of(std::vector<std::string> words) {
  const std::string list = fmt::format("{}", fmt::join(words, "|"));
  return CLI::Validator{[words = std::move(words)](const std::string& text) -> std::string {
                          if (std::find(words.begin(), words.end(), text) != words.end()) return {};
                          const std::vector<std::string_view> views{words.begin(), words.end()};
                          return fmt::format("expected {}{}, not '{}', did you mean '{}'?",
                                             words.size() > 1 ? "one of " : "", fmt::join(words, ", "), text,
                                             nearest(text, views));
                        },
                        list};
}

CLI::Validator above_zero() {
  return CLI::Validator{[](const std::string& text) -> std::string {
                          double value = 0;
                          const bool number = CLI::detail::lexical_cast(text, value) && std::isfinite(value);
                          return number && value > 0 ? "" : fmt::format("expected a number above zero, not '{}'", text);
                        },
                        "> 0"};
}

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return CLI::Validator{[least, most](const std::string& text) -> std::string {
                          std::uint64_t value = 0;
                          const char* const end = text.data() + text.size();
                          const auto r = std::from_chars(text.data(), end, value);
                          const bool fits = r.ec == std::errc{} && r.ptr == end && value >= least && value <= most;
                          if (fits) return {};
                          return fmt::format("expected a whole number from {} to {}, not '{}'", least, most, text);
                        },
                        ""};
}

std::uint64_t parse_number(const std::string& text, const std::string& option) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  std::uint64_t value = 0;
  const char* const begin = text.data() + (hex ? 2 : 0);
  const char* const end = text.data() + text.size();
  const auto r = std::from_chars(begin, end, value, hex ? 16 : 10);
  if (r.ec != std::errc{} || r.ptr != end)
    throw input_error{fmt::format("{}: expected a number such as 4096 or 0x80000000, not '{}'", option, text)};
  return value;
}

} // namespace acf::platform
