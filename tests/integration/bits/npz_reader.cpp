#include "tests/integration/bits/npz_reader.hpp"

#include <cstring>
#include <map>
#include <stdexcept>

namespace acf::reference {
namespace {

struct array {
  std::string shape; // "(128, 784)" as the file says it
  std::vector<float> values;
};

std::uint32_t number(const std::string& bytes, std::size_t at, int count) {
  std::uint32_t value = 0;
  for (int i = 0; i < count; ++i) value |= std::uint32_t{static_cast<std::uint8_t>(bytes.at(at + i))} << 8 * i;
  return value;
}

array read_npy(const std::string& bytes) {
  if (bytes.substr(0, 8) != std::string("\x93NUMPY\x01\x00", 8)) throw std::runtime_error("no .npy file");
  const std::size_t header = number(bytes, 8, 2), data = 10 + header;
  const std::string text = bytes.substr(10, header);
  if (text.find("'<f4'") == std::string::npos) throw std::runtime_error("no fp32 array: " + text);
  const std::size_t open = text.find('('), close = text.find(')');
  array a{text.substr(open, close - open + 1), {}};
  a.values.resize((bytes.size() - data) / sizeof(float));
  std::memcpy(a.values.data(), bytes.data() + data, a.values.size() * sizeof(float));
  return a;
}

// Local headers lie one behind the other.
std::map<std::string, array> read_archive(const std::string& bytes) {
  std::map<std::string, array> all;
  std::size_t at = 0;
  while (number(bytes, at, 4) == 0x04034B50) {
    if (number(bytes, at + 8, 2) != 0) throw std::runtime_error("compressed archive");
    const std::size_t size = number(bytes, at + 18, 4), name = number(bytes, at + 26, 2),
                      extra = number(bytes, at + 28, 2), data = at + 30 + name + extra;
    all[bytes.substr(at + 30, name)] = read_npy(bytes.substr(data, size));
    at = data + size;
  }
  return all;
}

} // namespace

std::vector<norm_tensors> read_norms(const std::string& bytes) {
  const auto arrays = read_archive(bytes);
  std::vector<norm_tensors> norms;
  const auto name = [&](const char* what) { return "norm" + std::to_string(norms.size() + 1) + "." + what + ".npy"; };
  while (arrays.contains(name("weight")))
    norms.push_back({arrays.at(name("weight")).values, arrays.at(name("bias")).values,
                     arrays.at(name("running_mean")).values, arrays.at(name("running_var")).values});
  return norms;
}

std::vector<layer_tensors> read_npz(const std::string& bytes) {
  const auto arrays = read_archive(bytes);
  std::vector<layer_tensors> layers;
  while (arrays.contains("layer" + std::to_string(layers.size() + 1) + ".weight.npy")) {
    const std::string name = "layer" + std::to_string(layers.size() + 1);
    const auto &weight = arrays.at(name + ".weight.npy"), &bias = arrays.at(name + ".bias.npy"),
               &mask = arrays.at(name + ".mask.npy");
    layer_tensors l;
    l.outputs = static_cast<std::uint32_t>(bias.values.size());
    l.inputs = static_cast<std::uint32_t>(weight.values.size()) / l.outputs;
    const std::string shape = "(" + std::to_string(l.outputs) + ", " + std::to_string(l.inputs) + ")";
    if (weight.shape != shape || mask.shape != shape || bias.shape != "(" + std::to_string(l.outputs) + ", )")
      throw std::runtime_error(name + ": shapes " + weight.shape + ", " + mask.shape + ", " + bias.shape);
    l.weight = weight.values;
    l.bias = bias.values;
    l.mask = mask.values;
    layers.push_back(l);
  }
  if (layers.empty()) throw std::runtime_error("no layers in the archive");
  return layers;
}

} // namespace acf::reference
