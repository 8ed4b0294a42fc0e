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
  // Without `root` there are no files. `console` takes what is written to ":tt".
  guest_files(std::optional<std::filesystem::path> root, std::function<void(char)> console)
      : root_(std::move(root)), console_(std::move(console)) {}

  // Results as the specification has them: -1 is failure, and `error` then an errno of POSIX.
  std::int64_t open(const std::string& name, std::uint64_t mode); // mode: 0 to 11, as for fopen "r" to "a+b"
  std::int64_t close(std::uint64_t handle);
  // How many bytes were NOT transferred.
  std::int64_t write(std::uint64_t handle, std::string_view bytes);
  std::int64_t read(std::uint64_t handle, std::string& bytes, std::uint64_t most);
  std::int64_t seek(std::uint64_t handle, std::uint64_t position);
  std::int64_t length(std::uint64_t handle);
  std::int64_t is_terminal(std::uint64_t handle) const;
  std::int64_t remove(const std::string& name);
  std::int64_t rename(const std::string& from, const std::string& to);
  void put(char c) { console_(c); }
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
  std::function<void(char)> console_;
  std::map<std::uint64_t, file> open_; // the lowest free handle is used
};

} // namespace acf::platform
