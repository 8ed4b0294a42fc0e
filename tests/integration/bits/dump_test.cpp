// What --dump-tensors refuses.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace acf::reference {
namespace {

// stdout and stderr of `acf-vp run ARGUMENTS`, and its exit code in the last line.
std::string run(const std::string& arguments) {
  const auto out = std::filesystem::temp_directory_path() / ("acf_dump_" + std::to_string(getpid()));
  const std::string command = ACF_VP " run " + arguments + " --out " + out.string() + " 2>&1; echo exit $?";
  FILE* const pipe = popen(command.c_str(), "r");
  std::string text;
  for (char part[512]; std::fgets(part, sizeof part, pipe);) text += part;
  pclose(pipe);
  std::filesystem::remove_all(out);
  return text;
}

TEST(dump_tensors, refuses_a_step_that_is_not_reached) {
  EXPECT_EQ(run("--firmware train --set data.generated_train=200 --set data.generated_test=10 --set train.max_steps=7 "
                "--dump-tensors 8"),
            "acf-vp: --dump-tensors 8: expected a step from 1 to 7, the last of this run\nexit 2\n");
}

TEST(dump_tensors, refuses_a_run_that_does_not_train) {
  EXPECT_EQ(run("--firmware hello --dump-tensors 5"),
            "acf-vp: --dump-tensors: needs a run that trains: firmware: train\nexit 2\n");
}

} // namespace
} // namespace acf::reference
