#include "platform/loader/npz_file.hpp"

#include "platform/loader/input_file.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <zlib.h>

namespace acf::platform {

namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they lie in the file");

// Bytes of a file, all accesses checked.
class reader {
public:
  reader(const std::filesystem::path& file, std::span<const std::uint8_t> bytes) : file_(file), bytes_(bytes) {}

  [[noreturn]] void refuse(const std::string& why) const { throw input_error(file_, why); }
  std::size_t size() const { return bytes_.size(); }
  std::span<const std::uint8_t> at(std::uint64_t offset, std::uint64_t count) const {
    if (offset > bytes_.size() || count > bytes_.size() - offset) refuse("the .npz archive is truncated");
    return bytes_.subspan(offset, count);
  }
  std::uint64_t number(std::uint64_t offset, unsigned count) const {
    std::uint64_t value = 0;
    std::memcpy(&value, at(offset, count).data(), count);
    return value;
  }

private:
  const std::filesystem::path& file_;
  std::span<const std::uint8_t> bytes_;
};

struct entry { // of the archive's central directory
  std::string name;
  std::uint64_t method, crc, packed, unpacked, header;
};

// PKWARE APPNOTE 4.3: the end record points to the directory, an entry of which points to a file's local header.
std::vector<entry> directory_of(const reader& r) {
  constexpr std::uint64_t end_size = 22, most_comment = 0xFFFF, entry_size = 46;
  std::uint64_t end = r.size();
  for (std::uint64_t back = end_size; back <= std::min<std::uint64_t>(r.size(), end_size + most_comment); ++back)
    if (r.number(r.size() - back, 4) == 0x06054B50) {
      end = r.size() - back;
      break;
    }
  if (end == r.size()) r.refuse("expected a .npz archive");
  std::vector<entry> all;
  std::uint64_t at = r.number(end + 16, 4);
  for (auto left = r.number(end + 10, 2); left > 0; --left) {
    if (r.number(at, 4) != 0x02014B50) r.refuse("the directory of the .npz archive is damaged");
    const auto name = r.number(at + 28, 2);
    const auto text = r.at(at + entry_size, name);
    all.push_back({std::string(text.begin(), text.end()), r.number(at + 10, 2), r.number(at + 16, 4),
                   r.number(at + 20, 4), r.number(at + 24, 4), r.number(at + 42, 4)});
    at += entry_size + name + r.number(at + 30, 2) + r.number(at + 32, 2);
  }
  return all;
}

std::vector<std::uint8_t> content_of(const reader& r, const entry& e) {
  constexpr std::uint64_t local_size = 30, most = std::uint64_t{1} << 32, most_ratio = 1040; // of deflate, and a little
  if (r.number(e.header, 4) != 0x04034B50) r.refuse("the .npz archive is damaged at " + e.name);
  const auto packed = r.at(e.header + local_size + r.number(e.header + 26, 2) + r.number(e.header + 28, 2), e.packed);
  if (e.unpacked >= most || e.unpacked > e.packed * most_ratio) r.refuse("the .npz archive is damaged at " + e.name);
  std::vector<std::uint8_t> content(e.unpacked);
  if (e.method == 0) {
    if (e.packed != e.unpacked) r.refuse("the .npz archive is damaged at " + e.name);
    std::copy(packed.begin(), packed.end(), content.begin());
  } else if (e.method == 8) {
    z_stream z{};
    inflateInit2(&z, -MAX_WBITS);
    z.next_in = const_cast<Bytef*>(packed.data());
    z.avail_in = static_cast<uInt>(packed.size());
    z.next_out = content.data();
    z.avail_out = static_cast<uInt>(content.size());
    const int result = inflate(&z, Z_FINISH);
    const bool whole = result == Z_STREAM_END && z.total_out == content.size();
    inflateEnd(&z);
    if (!whole) r.refuse("the .npz archive is damaged at " + e.name);
  } else {
    r.refuse(e.name + " is packed in a way that numpy does not use");
  }
  if (crc32_z(0, content.data(), content.size()) != e.crc) r.refuse("the checksum of " + e.name + " is wrong");
  return content;
}

// The text behind 'key': in the header, a Python dictionary.
std::string value_of(const std::string& header, const std::string& key) {
  const auto at = header.find("'" + key + "':");
  if (at == std::string::npos) return {};
  const auto begin = header.find_first_not_of(' ', at + key.size() + 3);
  return begin == std::string::npos ? std::string{} : header.substr(begin);
}

// numpy.lib.format, versions 1 and 2.
fp32_array array_of(const reader& whole, const std::string& name, std::span<const std::uint8_t> bytes) {
  const auto refuse = [&](const std::string& why) { whole.refuse(name + ": " + why); };
  if (bytes.size() < 12 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0) refuse("expected an array of numpy");
  const unsigned wide = bytes[6] == 1 ? 2 : 4, before = 8 + wide;
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 8, wide);
  if (length > bytes.size() - before) refuse("the header is truncated");
  const std::string header(bytes.begin() + before, bytes.begin() + before + length);
  const auto kind = value_of(header, "descr");
  if (!kind.starts_with("'<f4'")) refuse("expected fp32 values ('<f4'), found " + kind.substr(0, kind.find(',')));
  if (!value_of(header, "fortran_order").starts_with("False")) refuse("expected rows one behind the other (C order)");
  fp32_array a;
  const auto shape = value_of(header, "shape");
  std::uint64_t count = 1;
  const char *at = shape.data(), *const end = at + shape.size();
  if (at == end || *at++ != '(') refuse("the header has no shape");
  while (at != end && *at != ')') {
    std::uint64_t n = 0;
    const auto [behind, error] = std::from_chars(at, end, n);
    if (error != std::errc{} || (n != 0 && count > bytes.size() / n)) refuse("the shape is not that of the values");
    count *= n;
    a.shape.push_back(n);
    for (at = behind; at != end && (*at == ',' || *at == ' ');) ++at;
  }
  if (bytes.size() - before - length != count * sizeof(float)) refuse("the shape is not that of the values");
  a.values.resize(count);
  if (count) std::memcpy(a.values.data(), bytes.data() + before + length, count * sizeof(float));
  return a;
}

} // namespace

std::map<std::string, fp32_array> read_npz(const std::filesystem::path& file) {
  const auto bytes = read_file(file);
  const reader r(file, bytes);
  std::map<std::string, fp32_array> arrays;
  for (const auto& e : directory_of(r)) {
    if (!e.name.ends_with(".npy")) continue;
    const auto name = e.name.substr(0, e.name.size() - 4);
    arrays[name] = array_of(r, name, content_of(r, e));
  }
  return arrays;
}

} // namespace acf::platform
