// A file that a run writes as it goes, traces and the guest's console: complete on whatever way the run ends, and if it
// cannot be, that is known.
#pragma once

#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <systemc>

namespace acf::platform {

// Remembers why the first write failed; streams tell only that one has.
class file_buffer : public std::filebuf {
public:
  int reason() const { return reason_; } // errno; 0: nothing has failed

private:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize length) override;
  int sync() override;
  void note(bool good);

  int reason_ = 0;
};

class trace_file {
public:
  // Throws input_error that names the option.
  trace_file(std::string_view option, const std::filesystem::path& file);
  std::ostream& stream() { return stream_; }
  // Everything is in the file now, or output_error with option, file and reason.
  void close();

private:
  const std::string option_, name_;
  std::unique_ptr<std::array<char, 1 << 16>> space_;
  file_buffer buffer_;
  std::ostream stream_;
};

// Simulated time as text, exact to the picosecond: "1234.567 ns" without the unit.
inline std::string nanoseconds(const sc_core::sc_time& t) {
  return fmt::format("{}.{:03}", t.value() / 1'000, t.value() % 1'000);
}
inline std::string microseconds(const sc_core::sc_time& t) {
  return fmt::format("{}.{:06}", t.value() / 1'000'000, t.value() % 1'000'000);
}

} // namespace acf::platform
