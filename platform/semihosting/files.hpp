// The files that a guest has opened by semihosting: its console, and files below one directory of the host.
#pragma once
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace acf::platform {

class guest_files {
public:
  struct terminal { // ":tt"
    std::function<void(char)> put;
    std::function<std::optional<char>()> get; // nothing: the input has ended
  };
  // Without `root` there are no files.
  guest_files(std::optional<std::filesystem::path> root, terminal console)
      : root_(std::move(root)), console_(std::move(console)) {}

  // Results as the specification has them: -1 is failure, and `error` then an errno of POSIX.
  std::int64_t open(const std::string& name, std::uint64_t mode); // mode: 0 to 11, as for fopen "r" to "a+b"
  std::int64_t close(std::uint64_t handle);
  // How many bytes were NOT transferred. Reading from the console ends behind a newline, as at a terminal.
  std::int64_t write(std::uint64_t handle, std::string_view bytes);
  std::int64_t read(std::uint64_t handle, std::string& bytes, std::uint64_t most);
  std::int64_t seek(std::uint64_t handle, std::uint64_t position);
  std::int64_t length(std::uint64_t handle);
  std::int64_t is_terminal(std::uint64_t handle) const;
  std::int64_t remove(const std::string& name);
  std::int64_t rename(const std::string& from, const std::string& to);
  void put(char c) { console_.put(c); }
  std::int64_t get(); // a character from the console, -1 at the end of its input
  int error = 0;

private:
  struct closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  using file = std::unique_ptr<std::FILE, closer>; // null: the console
  static constexpr std::size_t most_files = 64;

  // Where a name leads, if that is below the root; symbolic links are followed first.
  std::optional<std::filesystem::path> path_of(const std::string& name);
  std::FILE* file_of(std::uint64_t handle);
  std::int64_t failed(int why) {
    error = why;
    return -1;
  }

  std::optional<std::filesystem::path> root_;
  terminal console_;
  std::map<std::uint64_t, file> open_; // the lowest free handle is used
};

} // namespace acf::platform
