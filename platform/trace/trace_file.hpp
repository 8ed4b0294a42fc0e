// A trace's output file: written as the run goes, complete on whatever way the run ends.
#pragma once

#include "platform/config/input_error.hpp"

#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <string_view>
#include <systemc>

namespace acf::platform {

class trace_file {
public:
  // Throws input_error that names the option.
  trace_file(std::string_view option, const std::filesystem::path& file)
      : buffer_(std::make_unique<std::array<char, 1 << 16>>()) {
    stream_.rdbuf()->pubsetbuf(buffer_->data(), static_cast<std::streamsize>(buffer_->size()));
    stream_.open(file, std::ios::binary | std::ios::trunc);
    if (!stream_) throw input_error{fmt::format("{}: cannot write {}", option, file.string())};
  }
  std::ostream& stream() { return stream_; }

private:
  std::unique_ptr<std::array<char, 1 << 16>> buffer_;
  std::ofstream stream_;
};

// Simulated time as text, exact to the picosecond: "1234.567 ns" without the unit.
inline std::string nanoseconds(const sc_core::sc_time& t) {
  return fmt::format("{}.{:03}", t.value() / 1'000, t.value() % 1'000);
}
inline std::string microseconds(const sc_core::sc_time& t) {
  return fmt::format("{}.{:06}", t.value() / 1'000'000, t.value() % 1'000'000);
}

} // namespace acf::platform
