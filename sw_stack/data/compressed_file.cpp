#include "sw_stack/data/compressed_file.hpp"

#include "sw_stack/data/idx_files.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace acf::data {
namespace {

constexpr int gzip_only = 16 + MAX_WBITS;

bool begins_stream(const std::uint8_t* at, std::size_t left) { return left >= 2 && at[0] == 0x1f && at[1] == 0x8b; }

} // namespace

compressed_file::compressed_file(std::string path) : path_(std::move(path)) {
  std::ifstream in(path_, std::ios::binary);
  if (!in) throw input_error(path_ + ": cannot be opened");
  bytes_.assign(std::istreambuf_iterator<char>(in), {});
  if (!begins_stream(bytes_.data(), bytes_.size())) return;
  stream_.next_in = bytes_.data();
  stream_.avail_in = static_cast<unsigned>(bytes_.size());
  if (bytes_.size() > (std::size_t{1} << 31) || inflateInit2(&stream_, gzip_only) != Z_OK)
    throw input_error(path_ + ": cannot be decompressed");
  inflating_.reset(&stream_);
}

std::size_t compressed_file::read(std::uint8_t* to, std::size_t n) {
  if (inflating_) return inflate_some(to, n);
  const auto count = std::min(n, bytes_.size() - at_);
  if (count > 0) std::memcpy(to, bytes_.data() + at_, count);
  at_ += count;
  return count;
}

std::size_t compressed_file::inflate_some(std::uint8_t* to, std::size_t n) {
  constexpr std::size_t most = 1u << 30;
  std::size_t done = 0;
  while (done < n && !ended_) {
    const auto piece = std::min(n - done, most);
    stream_.next_out = to + done;
    stream_.avail_out = static_cast<unsigned>(piece);
    const int state = inflate(&stream_, Z_NO_FLUSH);
    done += piece - stream_.avail_out;
    if (state == Z_STREAM_END) { // another one may follow: gzip files can be concatenated
      ended_ = stream_.avail_in == 0;
      if (ended_) break;
      if (!begins_stream(stream_.next_in, stream_.avail_in))
        throw input_error(path_ + ": has " + std::to_string(stream_.avail_in) +
                          " bytes behind the end of its compressed stream");
      inflateReset(&stream_);
    } else if (state == Z_BUF_ERROR) {
      throw input_error(path_ + ": ends in the middle of its compressed stream");
    } else if (state != Z_OK) {
      throw input_error(path_ + ": damaged compressed stream: " + (stream_.msg ? stream_.msg : "it makes no sense"));
    }
  }
  return done;
}

} // namespace acf::data
