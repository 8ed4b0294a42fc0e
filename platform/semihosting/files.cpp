#include "platform/semihosting/files.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>

namespace acf::platform {

namespace fs = std::filesystem;

std::optional<fs::path> guest_files::path_of(const std::string& name) {
  std::error_code wrong;
  if (!root_ || name.empty() || name.find('\0') != std::string::npos) {
    error = root_ ? ENOENT : EACCES;
    return {};
  }
  const fs::path root = fs::canonical(*root_, wrong);
  const fs::path full = wrong ? fs::path{} : fs::weakly_canonical(root / fs::path(name).relative_path(), wrong);
  if (wrong || std::mismatch(root.begin(), root.end(), full.begin(), full.end()).first != root.end() || full == root) {
    error = EACCES;
    return {};
  }
  return full;
}

std::int64_t guest_files::open(const std::string& name, std::uint64_t mode) {
  static constexpr const char* modes[] = {"r", "rb", "r+", "r+b", "w", "wb", "w+", "w+b", "a", "ab", "a+", "a+b"};
  if (mode >= std::size(modes)) return failed(EINVAL);
  if (open_.size() >= most_files) return failed(EMFILE);
  file opened;
  if (name == ":semihosting-features") { // SYS_EXIT_EXTENDED is there, and ":tt" for output
    static constexpr char features[] = {'S', 'H', 'F', 'B', 3};
    if (mode > 1) return failed(EACCES);
    opened.reset(std::tmpfile());
    if (!opened || std::fwrite(features, 1, sizeof features, opened.get()) != sizeof features) return failed(EIO);
    std::rewind(opened.get());
  } else if (name != ":tt") {
    const auto path = path_of(name);
    if (!path) return -1;
    struct stat what {};
    if (::stat(path->c_str(), &what) == 0 && !S_ISREG(what.st_mode)) return failed(EACCES); // a pipe might block
    opened.reset(std::fopen(path->c_str(), modes[mode]));
    if (!opened) return failed(errno);
  }
  std::uint64_t handle = 3; // libraries take 0 to 2 for the standard streams
  while (open_.contains(handle)) ++handle;
  open_.emplace(handle, std::move(opened));
  return static_cast<std::int64_t>(handle);
}

std::int64_t guest_files::close(std::uint64_t handle) { return open_.erase(handle) == 1 ? 0 : failed(EBADF); }

std::FILE* guest_files::file_of(std::uint64_t handle) {
  const auto found = open_.find(handle);
  if (found == open_.end() || !found->second) {
    error = EBADF;
    return nullptr;
  }
  return found->second.get();
}

std::int64_t guest_files::write(std::uint64_t handle, std::string_view bytes) {
  const auto found = open_.find(handle);
  if (found != open_.end() && !found->second) {
    for (const char c : bytes) console_.put(c);
    return 0;
  }
  std::FILE* f = file_of(handle);
  if (!f) return static_cast<std::int64_t>(bytes.size());
  std::fseek(f, 0, SEEK_CUR); // between a read and a write
  const std::size_t written = std::fwrite(bytes.data(), 1, bytes.size(), f);
  std::fflush(f); // whoever opens the file beside sees it
  return static_cast<std::int64_t>(bytes.size() - written);
}

std::int64_t guest_files::read(std::uint64_t handle, std::string& bytes, std::uint64_t most) {
  bytes.clear();
  if (is_terminal(handle) == 1) {
    for (std::int64_t c = 0; bytes.size() < most && c != '\n' && (c = get()) >= 0;) bytes += static_cast<char>(c);
    return static_cast<std::int64_t>(most - bytes.size());
  }
  std::FILE* f = file_of(handle);
  if (!f) return static_cast<std::int64_t>(most);
  std::fseek(f, 0, SEEK_CUR);
  bytes.resize(most);
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), f));
  return static_cast<std::int64_t>(most - bytes.size());
}

std::int64_t guest_files::get() {
  const auto c = console_.get();
  return c ? static_cast<unsigned char>(*c) : -1;
}

std::int64_t guest_files::seek(std::uint64_t handle, std::uint64_t position) {
  std::FILE* f = file_of(handle);
  if (!f) return -1;
  if (position > static_cast<std::uint64_t>(INT64_MAX)) return failed(EINVAL);
  return fseeko(f, static_cast<off_t>(position), SEEK_SET) == 0 ? 0 : failed(errno);
}

std::int64_t guest_files::length(std::uint64_t handle) {
  std::FILE* f = file_of(handle);
  if (!f) return -1;
  std::fflush(f);
  struct stat what {};
  return ::fstat(fileno(f), &what) == 0 ? what.st_size : failed(errno);
}

std::int64_t guest_files::is_terminal(std::uint64_t handle) const {
  const auto found = open_.find(handle);
  return found != open_.end() && !found->second;
}

std::int64_t guest_files::remove(const std::string& name) {
  const auto path = path_of(name);
  if (!path) return -1;
  std::error_code wrong;
  if (fs::is_directory(*path, wrong)) return failed(EISDIR);
  return fs::remove(*path, wrong) ? 0 : failed(wrong ? wrong.value() : ENOENT);
}

std::int64_t guest_files::rename(const std::string& from, const std::string& to) {
  const auto old_path = path_of(from), new_path = path_of(to);
  if (!old_path || !new_path) return -1;
  std::error_code wrong;
  fs::rename(*old_path, *new_path, wrong);
  return wrong ? failed(wrong.value()) : 0;
}

} // namespace acf::platform
