// The commands of acf-vp. Each adds its options to a CLI11 subcommand and returns what runs it; its result is the exit
// code.
#pragma once

#include "platform/config/config.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace acf::platform {

using command = std::function<int()>;

// The part that every command has: [SCENARIO] and --set.
struct chosen_configuration {
  std::string scenario;
  std::vector<std::string> sets;

  void add_to(CLI::App& app, bool with_scenario = true);
  // Complaints go to stderr, one a line; throws wrong_configuration if there are any.
  config read() const;
  // Does the work; what is wrong with one of the keys is said where that was given.
  int named(const command& work) const;
};
struct wrong_configuration {};

// All of acf-vp. Exit codes: 0 pass, 1 the firmware or an expectation failed, 2 usage, configuration or input, 3 the
// platform stopped the run.
int command_line(int argc, char** argv);

command add_run(CLI::App& app);
command add_regs(CLI::App& app);
command add_describe(CLI::App& app);
command add_matmul(CLI::App& app);
command add_plan(CLI::App& app);

// Exactly one value each time the option is given, as often as it is given.
CLI::Option* add_repeated(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                          const std::string& text);

// Checks of option values, with messages in the words of contract.md's readers.
CLI::Validator one_of(std::vector<std::string> words);
CLI::Validator above_zero();
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most = ~std::uint64_t{0});

// "0x80000000" or decimal; throws input_error that names the option.
std::uint64_t parse_number(const std::string& text, const std::string& option);

} // namespace acf::platform
