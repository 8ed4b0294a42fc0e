#include "platform/report/npz.hpp"

#include <bit>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include <zlib.h>

namespace acf::platform {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they lie in memory");

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
}

// Format version 1.0 of numpy.lib.format: magic, a Python dictionary padded so that the data is aligned, the data.
std::string npy(const named_array& a) {
  std::string shape;
  for (const std::size_t n : a.shape) shape += std::to_string(n) + ", ";
  if (a.shape.size() > 1) shape.resize(shape.size() - 2);
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
  constexpr std::size_t before = 10, alignment = 64;
  while ((before + header.size() + 1) % alignment) header += ' ';
  header += '\n';
  std::string out{"\x93NUMPY\x01\x00", 8};
  put(out, static_cast<std::uint32_t>(header.size()), 2);
  out += header;
  out.append(reinterpret_cast<const char*>(a.values.data()), a.values.size() * sizeof(float));
  return out;
}

// What the local header and the central directory say alike about a file.
std::string description(const std::string& name, const std::string& content) {
  constexpr std::uint32_t version = 20, flags = 0, stored = 0, time = 0, date = 0x21; // 1 January 1980
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size());
  const auto size = static_cast<std::uint32_t>(content.size());
  std::string out;
  for (const std::uint32_t field : {version, flags, stored, time, date}) put(out, field, 2);
  for (const std::uint32_t field : {static_cast<std::uint32_t>(crc), size, size}) put(out, field, 4);
  put(out, static_cast<std::uint32_t>(name.size()), 2);
  put(out, 0, 2); // no extra field
  return out;
}

} // namespace

std::string npz(const std::vector<named_array>& arrays) {
  const auto check = [](std::size_t value, std::size_t limit) {
    if (value >= limit) throw std::length_error("too much for an .npz file of the plain kind");
  };
  check(arrays.size(), 0xFFFF);
  std::string out, directory;
  for (const named_array& a : arrays) {
    const std::string name = a.name + ".npy", content = npy(a);
    check(out.size() + content.size() + name.size() + 64, std::numeric_limits<std::uint32_t>::max());
    const std::string about = description(name, content);
    put(directory, 0x02014B50, 4);
    put(directory, 20, 2); // made by: version 2.0, no particular system
    directory += about;
    for (const int bytes : {2, 2, 2, 4}) put(directory, 0, bytes); // no comment, disk 0, no attributes
    put(directory, static_cast<std::uint32_t>(out.size()), 4);
    directory += name;
    put(out, 0x04034B50, 4);
    out += about + name + content;
  }
  const auto start = static_cast<std::uint32_t>(out.size()), count = static_cast<std::uint32_t>(arrays.size());
  check(out.size() + directory.size(), std::numeric_limits<std::uint32_t>::max());
  out += directory;
  put(out, 0x06054B50, 4);
  for (const std::uint32_t field : {0u, 0u, count, count}) put(out, field, 2); // disks, entries
  put(out, static_cast<std::uint32_t>(directory.size()), 4);
  put(out, start, 4);
  put(out, 0, 2); // no comment
  return out;
}

} // namespace acf::platform
