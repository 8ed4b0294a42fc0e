#include "platform/trace/trace_file.hpp"

#include "platform/config/input_error.hpp"
#include "platform/report/output_error.hpp"

#include <cerrno>
#include <cstring>

namespace acf::platform {

void file_buffer::note(bool good) {
  if (!good && reason_ == 0) reason_ = errno != 0 ? errno : EIO;
}

file_buffer::int_type file_buffer::overflow(int_type c) {
  errno = 0;
  const auto result = std::filebuf::overflow(c);
  note(!traits_type::eq_int_type(result, traits_type::eof()));
  return result;
}

std::streamsize file_buffer::xsputn(const char* text, std::streamsize length) {
  errno = 0;
  const auto written = std::filebuf::xsputn(text, length);
  note(written == length);
  return written;
}

int file_buffer::sync() {
  errno = 0;
  const auto result = std::filebuf::sync();
  note(result == 0);
  return result;
}

trace_file::trace_file(std::string_view option, const std::filesystem::path& file)
    : option_(option), name_(file.string()), space_(std::make_unique<std::array<char, 1 << 16>>()), stream_(&buffer_) {
  buffer_.pubsetbuf(space_->data(), static_cast<std::streamsize>(space_->size()));
  errno = 0;
  if (!buffer_.open(file, std::ios::binary | std::ios::out | std::ios::trunc))
    throw input_error{fmt::format("{}: cannot write {}: {}", option, file.string(), std::strerror(errno))};
}

void trace_file::close() {
  if (!buffer_.is_open()) return;
  stream_.flush();
  errno = 0;
  const bool closed = buffer_.close() != nullptr;
  const int late = errno;
  if (buffer_.reason() != 0 || !closed)
    throw output_error{fmt::format("{}: {}", option_, name_), buffer_.reason() != 0 ? buffer_.reason() : late};
}

} // namespace acf::platform
