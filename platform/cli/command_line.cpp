// From words to a command, and from what it throws to an exit code.
#include "platform/cli/commands.hpp"
#include "platform/config/input_error.hpp"
#include "platform/config/nearest.hpp"
#include "platform/report/output_error.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <iostream>
#include <map>
#include <stdexcept>

namespace {

using namespace acf::platform;

constexpr int usage_error = 2;
constexpr int platform_error = 3;

std::vector<std::string> names_known_to(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// One line that says what is wrong, with the nearest name for a misspelt one.
std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  const auto used = app.get_subcommands();
  const CLI::App& where = used.empty() ? app : *used.front();
  const std::string command = used.empty() ? "acf-vp" : "acf-vp " + where.get_name();
  const auto unknown = app.remaining(true);
  std::string text = error.what();
  if (used.empty()) text = "expected a command: run, regs, describe, plan or matmul";
  if (!unknown.empty()) {
    const auto names = names_known_to(where);
    const std::vector<std::string_view> views{names.begin(), names.end()};
    text = fmt::format("unexpected '{}'", unknown.front());
    if (used.empty() || unknown.front().starts_with("-"))
      text += fmt::format(", did you mean '{}'?", nearest(unknown.front(), views));
  }
  // The library's words for an option that takes one value and was given several.
  if (const auto at = text.find(": At Most 1 required but received "); at != std::string::npos)
    text = fmt::format("{}: expected once, but given {} times", text.substr(0, at), text.substr(text.rfind(' ') + 1));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return fmt::format("{}: {} (see {} --help)", command, text, command);
}

// The exit code of what has gone well so far.
int all_written(int code) {
  if (std::cout.good()) errno = 0; // else it has the reason why the last write failed
  if (!std::cout.flush() && code == 0) throw output_error{"stdout", errno};
  return code;
}

int run_command_line(int argc, char** argv) {
  CLI::App app{"Virtual platform of the Adaptive Compute Fabric, a system-on-chip that trains sparse neural networks"};
  app.name("acf-vp");
  app.set_version_flag("--version", "acf-vp " ACF_VERSION);
  app.require_subcommand(1);
  std::map<const CLI::App*, command> commands;
  const auto add = [&](const char* name, const char* text, auto make) {
    CLI::App* const sub = app.add_subcommand(name, text);
    commands.emplace(sub, make(*sub));
  };
  add("run", "run a scenario, or firmware on the default SoC", add_run);
  add("regs", "the register document", add_regs);
  add("describe", "memory map, interrupts, resolved keys, engines", add_describe);
  add("plan", "what a network costs, before simulating it", add_plan);
  add("matmul", "one matrix product on one engine", add_matmul);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return all_written(app.exit(error)); // --help, --version
    std::cerr << explain(app, error) << '\n';
    return usage_error;
  }
  return all_written(commands.at(app.get_subcommands().front())());
}

} // namespace

int acf::platform::command_line(int argc, char** argv) {
  try {
    return run_command_line(argc, argv);
  } catch (const wrong_configuration&) { // said line by line already
    return usage_error;
  } catch (const input_error& error) {
    std::cerr << "acf-vp: " << error.what() << '\n';
    return usage_error;
  } catch (const output_error& error) {
    std::cerr << "acf-vp: " << error.what() << '\n';
    return platform_error;
  } catch (const std::exception& error) {
    std::cerr << "acf-vp: internal error: " << error.what() << '\n';
    return platform_error;
  }
}
