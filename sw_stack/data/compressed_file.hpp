// The bytes of a file, plain or compressed by gzip: one after the other, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <zlib.h>

namespace acf::data {

class compressed_file {
public:
  // Errors are input_error (idx_files.hpp) that begins with the path: a file that cannot be read, a damaged or
  // truncated stream, bytes behind its end.
  explicit compressed_file(std::string path);

  // Up to `n` bytes; fewer at the end only.
  std::size_t read(std::uint8_t* to, std::size_t n);

private:
  std::size_t inflate_some(std::uint8_t* to, std::size_t n);

  const std::string path_;
  std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0; // of a plain file
  bool ended_ = false; // the stream
  z_stream stream_{};
  std::unique_ptr<z_stream, int (*)(z_stream*)> inflating_{nullptr, inflateEnd}; // of a compressed one
};

} // namespace acf::data
