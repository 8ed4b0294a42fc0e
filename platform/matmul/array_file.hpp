// Arrays of NumPy's files: .npy (format 1.0 to 3.0), and one array of an .npz archive (stored or deflated).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace acf::platform {

enum class array_type { boolean, u8, i8, f16, f32, f64 };

struct array {
  array_type type = array_type::f32;
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> bytes; // row-major, little endian, as many as the shape says

  std::size_t size() const;         // elements
  float value(std::size_t i) const; // f64 rounded to nearest even
  bool is_mask() const { return type == array_type::boolean || type == array_type::u8; }
};

// "F.npy", "F.npz" with a single array, or "F.npz:NAME". Throws input_error that names the file and what was expected:
// no array file, cut off, not numeric, a type that is not taken.
array read_array(const std::string& name);

// A .npy file of format 1.0, float32 or int32.
std::string npy_of(std::span<const std::size_t> shape, std::span<const float> values);
std::string npy_of(std::span<const std::size_t> shape, std::span<const std::int32_t> values);

} // namespace acf::platform
