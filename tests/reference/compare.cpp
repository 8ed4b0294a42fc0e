#include "tests/reference/compare.hpp"

#include <bit>
#include <cstdio>

namespace acf::reference {
namespace {

std::string show(float x) {
  char text[64];
  std::snprintf(text, sizeof text, "%a (%08X)", static_cast<double>(x), std::bit_cast<std::uint32_t>(x));
  return text;
}

std::string difference(const std::string& name, const std::vector<float>& a, const std::vector<float>& b,
                       std::size_t row) {
  if (a.size() != b.size())
    return name + ": " + std::to_string(a.size()) + " and " + std::to_string(b.size()) + " elements\n";
  std::size_t count = 0, first = 0;
  for (std::size_t i = a.size(); i-- > 0;)
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) {
      ++count;
      first = i;
    }
  if (count == 0) return "";
  return name + ": " + std::to_string(count) + " of " + std::to_string(a.size()) + " differ, first [" +
         std::to_string(first / row) + "][" + std::to_string(first % row) + "]: " + show(a[first]) + " and " +
         show(b[first]) + "\n";
}

} // namespace

std::string difference(const std::vector<layer_tensors>& a, const std::vector<layer_tensors>& b) {
  if (a.size() != b.size()) return std::to_string(a.size()) + " and " + std::to_string(b.size()) + " layers\n";
  std::string text;
  for (std::size_t l = 0; l < a.size(); ++l) {
    const std::string name = "layer" + std::to_string(l + 1);
    text += difference(name + ".mask", a[l].mask, b[l].mask, a[l].inputs);
    text += difference(name + ".weight", a[l].weight, b[l].weight, a[l].inputs);
    text += difference(name + ".bias", a[l].bias, b[l].bias, 1);
  }
  return text;
}

std::string difference(const std::vector<norm_tensors>& a, const std::vector<norm_tensors>& b) {
  if (a.size() != b.size()) return std::to_string(a.size()) + " and " + std::to_string(b.size()) + " normalisations\n";
  std::string text;
  for (std::size_t n = 0; n < a.size(); ++n) {
    const std::string name = "norm" + std::to_string(n + 1);
    text += difference(name + ".weight", a[n].weight, b[n].weight, 1);
    text += difference(name + ".bias", a[n].bias, b[n].bias, 1);
    text += difference(name + ".running_mean", a[n].mean, b[n].mean, 1);
    text += difference(name + ".running_var", a[n].variance, b[n].variance, 1);
  }
  return text;
}

} // namespace acf::reference
