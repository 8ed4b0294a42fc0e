#include "platform/matmul/array_file.hpp"

#include "models/zbcc/arithmetic.hpp"
#include "platform/loader/input_file.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <zlib.h>

namespace acf::platform {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they lie in memory");

using bytes_view = std::span<const std::uint8_t>;

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 36;

std::size_t size_of(array_type t) {
  constexpr std::size_t sizes[] = {1, 1, 1, 2, 4, 8};
  return sizes[static_cast<std::size_t>(t)];
}

std::uint64_t number(bytes_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{bytes[at + i]} << 8 * i;
  return value;
}

// The dictionary in front of an array: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class header {
public:
  header(const std::string& file, std::string_view dictionary) : name(file), text(dictionary) {}

  array_type type() const {
    std::string_view d = value_of("descr");
    if (!d.empty() && d.front() == '[')
      throw input_error{name, "expected an array of numbers, not of records (descr " + std::string{d} + ")"};
    if (d.size() < 2 || (d.front() != '\'' && d.front() != '"')) broken("descr");
    d = d.substr(1, d.find(d.front(), 1) - 1);
    static constexpr std::pair<std::string_view, array_type> known[] = {
        {"|b1", array_type::boolean}, {"|u1", array_type::u8},  {"|i1", array_type::i8},
        {"<f2", array_type::f16},     {"<f4", array_type::f32}, {"<f8", array_type::f64}};
    for (const auto& [word, t] : known)
      if (d == word) return t;
    const bool numeric = d.size() > 2 && std::string_view{"iufb"}.find(d[1]) != std::string_view::npos;
    throw input_error{name, fmt::format("expected {}, not dtype '{}'{}",
                                        "bool or uint8 (a mask), int8, float16, float32 or float64, little endian", d,
                                        numeric ? "" : ", which is not numeric")};
  }

  bool columns_first() const {
    const std::string_view v = value_of("fortran_order");
    if (v.starts_with("True")) return true;
    if (!v.starts_with("False")) broken("fortran_order");
    return false;
  }

  std::vector<std::size_t> shape() const {
    std::string_view v = value_of("shape");
    if (v.empty() || v.front() != '(' || v.find(')') == std::string_view::npos) broken("shape");
    v = v.substr(1, v.find(')') - 1);
    std::vector<std::size_t> out;
    while (true) {
      v.remove_prefix(std::min(v.find_first_not_of(" ,"), v.size()));
      if (v.empty()) return out;
      std::size_t n = 0;
      const auto r = std::from_chars(v.data(), v.data() + v.size(), n);
      if (r.ec != std::errc{}) broken("shape");
      v.remove_prefix(static_cast<std::size_t>(r.ptr - v.data()));
      if (!v.empty() && v.front() != ',' && v.front() != ' ' && v.front() != 'L') broken("shape");
      if (!v.empty() && v.front() == 'L') v.remove_prefix(1); // Python 2
      out.push_back(n);
    }
  }

private:
  const std::string& name;
  std::string_view text;

  std::string_view value_of(std::string_view key) const {
    for (const char quote : {'\'', '"'}) {
      const std::size_t at = text.find(quote + std::string{key} + quote);
      if (at == std::string_view::npos) continue;
      std::string_view rest = text.substr(at + key.size() + 2);
      rest.remove_prefix(std::min(rest.find_first_not_of(" :"), rest.size()));
      return rest;
    }
    throw input_error{name, fmt::format("expected a .npy header with '{}'", key)};
  }
  [[noreturn]] void broken(std::string_view key) const {
    throw input_error{name, fmt::format("the .npy header's '{}' cannot be read", key)};
  }
};

array parse_npy(const std::string& name, bytes_view file) {
  static constexpr std::string_view magic = "\x93NUMPY";
  if (file.size() < 10 || std::memcmp(file.data(), magic.data(), magic.size()) != 0)
    throw input_error{name, "expected a .npy array: it does not start with \\x93NUMPY"};
  const std::size_t version = file[6], wide = version == 1 ? 2 : 4;
  if (version < 1 || version > 3)
    throw input_error{name, fmt::format("expected .npy format 1, 2 or 3, not {}", version)};
  const std::size_t start = 8 + wide;
  const std::uint64_t length = file.size() < start ? file.size() : number(file, 8, wide);
  if (length > file.size() - std::min(start, file.size()))
    throw input_error{name, "it is cut off inside its .npy header"};
  const header h(name, {reinterpret_cast<const char*>(file.data() + start), length});
  array out{h.type(), h.shape(), {}};
  std::uint64_t bytes = size_of(out.type);
  for (const std::size_t n : out.shape) {
    if (n != 0 && bytes > most_bytes / n) throw input_error{name, "its shape is too large"};
    bytes *= n;
  }
  const bytes_view data = file.subspan(start + length);
  if (data.size() != bytes)
    throw input_error{name, fmt::format("expected {} bytes of data for its shape, but it has {}", bytes, data.size())};
  out.bytes.assign(data.begin(), data.end());
  if (h.columns_first() && out.shape.size() == 2) {
    const std::size_t size = size_of(out.type), rows = out.shape[0], columns = out.shape[1];
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c)
        std::memcpy(out.bytes.data() + (r * columns + c) * size, data.data() + (c * rows + r) * size, size);
  }
  return out;
}

// --- .npz: a zip archive of .npy files, found by its central directory -----------------------------------------------
struct member {
  std::string name;
  std::uint64_t method, packed, unpacked, at;
};

[[noreturn]] void broken_archive(const std::string& name) { throw input_error{name, "the .npz archive is damaged"}; }

std::vector<member> members_of(const std::string& name, bytes_view file) {
  constexpr std::size_t end_size = 22, entry_size = 46;
  std::optional<std::size_t> end;
  for (std::size_t back = end_size; back <= std::min<std::size_t>(file.size(), end_size + 0xFFFF) && !end; ++back)
    if (number(file, file.size() - back, 4) == 0x0605'4B50) end = file.size() - back;
  if (!end) broken_archive(name);
  const std::uint64_t count = number(file, *end + 10, 2);
  std::uint64_t at = number(file, *end + 16, 4);
  std::vector<member> out;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (at + entry_size > file.size() || number(file, at, 4) != 0x0201'4B50) broken_archive(name);
    const std::uint64_t length = number(file, at + 28, 2);
    if (at + entry_size + length > file.size()) broken_archive(name);
    out.push_back({std::string(reinterpret_cast<const char*>(file.data() + at + entry_size), length),
                   number(file, at + 10, 2), number(file, at + 20, 4), number(file, at + 24, 4),
                   number(file, at + 42, 4)});
    at += entry_size + length + number(file, at + 30, 2) + number(file, at + 32, 2);
  }
  return out;
}

std::vector<std::uint8_t> unpacked(const std::string& name, bytes_view file, const member& m) {
  constexpr std::size_t local_size = 30;
  if (m.packed == 0xFFFF'FFFF || m.unpacked == 0xFFFF'FFFF || m.at == 0xFFFF'FFFF)
    throw input_error{name, "archives of 4 GiB and more are not taken; extract the array"};
  if (m.at + local_size > file.size()) broken_archive(name);
  const std::uint64_t data = m.at + local_size + number(file, m.at + 26, 2) + number(file, m.at + 28, 2);
  if (data > file.size() || m.packed > file.size() - data) broken_archive(name);
  const bytes_view packed = file.subspan(data, m.packed);
  if (m.method == 0) return {packed.begin(), packed.end()};
  if (m.method != 8 || m.unpacked / 1100 > m.packed) broken_archive(name); // deflate gains at most a factor of 1032
  std::vector<std::uint8_t> out(m.unpacked);
  z_stream z{};
  z.next_in = const_cast<Bytef*>(packed.data()), z.avail_in = static_cast<uInt>(packed.size());
  z.next_out = out.data(), z.avail_out = static_cast<uInt>(out.size());
  if (inflateInit2(&z, -MAX_WBITS) != Z_OK) broken_archive(name);
  const int result = inflate(&z, Z_FINISH);
  inflateEnd(&z);
  if (result != Z_STREAM_END || z.avail_out != 0) broken_archive(name);
  return out;
}

array parse_npz(const std::string& name, const std::string& wanted, bytes_view file) {
  const std::vector<member> all = members_of(name, file);
  std::string list;
  const member* found = nullptr;
  for (const member& m : all) {
    const std::string plain = m.name.ends_with(".npy") ? m.name.substr(0, m.name.size() - 4) : m.name;
    list += (list.empty() ? "" : ", ") + plain;
    if (plain == wanted || (wanted.empty() && all.size() == 1)) found = &m;
  }
  if (found == nullptr && wanted.empty())
    throw input_error{name, fmt::format("expected FILE.npz:NAME, NAME one of {}", list.empty() ? "(nothing)" : list)};
  if (found == nullptr) throw input_error{name, fmt::format("there is no array '{}'; it has {}", wanted, list)};
  return parse_npy(name + ":" + found->name, unpacked(name, file, *found));
}

std::string npy(std::string_view type, std::span<const std::size_t> shape, const void* values, std::size_t bytes) {
  std::string dimensions;
  for (const std::size_t n : shape) dimensions += fmt::format("{}, ", n);
  if (shape.size() > 1) dimensions.resize(dimensions.size() - 2);
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, dimensions);
  constexpr std::size_t before = 10, alignment = 64;
  text.append(alignment - (before + text.size() + 1) % alignment, ' ');
  text += '\n';
  std::string out{"\x93NUMPY\x01\x00", 8};
  out += static_cast<char>(text.size() & 0xFF), out += static_cast<char>(text.size() >> 8);
  out += text;
  if (bytes != 0) out.append(static_cast<const char*>(values), bytes);
  return out;
}

} // namespace

std::size_t array::size() const {
  std::size_t n = 1;
  for (const std::size_t d : shape) n *= d;
  return n;
}

float array::value(std::size_t i) const {
  const auto read = [&]<typename T>(T x) {
    std::memcpy(&x, bytes.data() + i * sizeof x, sizeof x);
    return x;
  };
  switch (type) {
  case array_type::i8: return static_cast<float>(read(std::int8_t{}));
  case array_type::f16: return zbcc::from_fp16(read(std::uint16_t{}));
  case array_type::f32: return read(0.0f);
  case array_type::f64: return static_cast<float>(read(0.0));
  default: return static_cast<float>(read(std::uint8_t{}));
  }
}

array read_array(const std::string& name) {
  std::string file = name, wanted;
  if (const std::size_t at = name.rfind(".npz:"); at != std::string::npos)
    file = name.substr(0, at + 4), wanted = name.substr(at + 5);
  const std::vector<std::uint8_t> bytes = read_file(file);
  const bool archive = bytes.size() >= 4 && (number(bytes, 0, 4) == 0x0403'4B50 || number(bytes, 0, 4) == 0x0605'4B50);
  return archive ? parse_npz(file, wanted, bytes) : parse_npy(file, bytes);
}

std::string npy_of(std::span<const std::size_t> shape, std::span<const float> values) {
  return npy("<f4", shape, values.data(), values.size_bytes());
}
std::string npy_of(std::span<const std::size_t> shape, std::span<const std::int32_t> values) {
  return npy("<i4", shape, values.data(), values.size_bytes());
}

} // namespace acf::platform
