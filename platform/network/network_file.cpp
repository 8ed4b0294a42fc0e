#include "platform/network/network_file.hpp"

#include "platform/config/input_error.hpp"
#include "platform/config/nearest.hpp"
#include "platform/config/yaml_document.hpp"
#include "platform/network/onnx_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>
#include <yaml-cpp/yaml.h>

namespace acf::platform {
namespace {

using compiler::layer_description;
using compiler::layer_kind;

constexpr std::uint32_t widest = 1u << 20;
constexpr std::uint32_t largest = 255; // of a window's numbers, as a view has them

// What comes of a layer's name: its kind, and which of the keys it has.
struct layer_type {
  std::string_view name;
  layer_kind kind;
  std::vector<std::string_view> required, optional;
};
const std::vector<layer_type>& layer_types() {
  static const std::vector<layer_type> all{
      {"linear", layer_kind::linear, {"outputs"}, {}},
      {"conv2d", layer_kind::conv2d, {"filters", "kernel"}, {"stride", "padding", "dilation", "groups"}},
      {"max_pool", layer_kind::max_pool, {"kernel"}, {"stride", "padding", "dilation"}},
      {"average_pool", layer_kind::average_pool, {"kernel"}, {"stride", "padding"}},
      {"global_average_pool", layer_kind::global_average_pool, {}, {}},
      {"batch_norm", layer_kind::batch_norm, {}, {"epsilon", "momentum"}},
      {"add", layer_kind::add, {"inputs"}, {}},
      {"concat", layer_kind::concat, {"inputs"}, {}},
      {"dropout", layer_kind::dropout, {"share"}, {}},
      {"relu", layer_kind::relu, {}, {}},
      {"flatten", layer_kind::flatten, {}, {}},
  };
  return all;
}
constexpr std::string_view loss_name = "softmax_cross_entropy";
// Layers that are planned, so that a network that has them is told so instead of "unknown".
constexpr std::string_view later[] = {"layer_norm", "embedding", "attention"};

class reader {
public:
  explicit reader(const std::filesystem::path& from) : file(from) {}

  compiler::network_description read() {
    YAML::Node top;
    try {
      top = read_document(file);
    } catch (const YAML::BadFile&) {
      throw input_error(file, "cannot be read: no such network");
    } catch (const second_document& e) {
      throw input_error(fmt::format("{}:{}: {}", file.string(), e.mark.line + 1, e.msg));
    } catch (const YAML::Exception& e) {
      throw input_error(fmt::format("{}:{}: column {}: this is not YAML: {}", file.string(), e.mark.line + 1,
                                    e.mark.column + 1, e.msg));
    }
    if (!top.IsMap()) fail(top, "expected keys: name, input, layers");
    compiler::network_description d;
    check_keys(top, "", {"input", "layers"}, {"name", "description"});
    const YAML::Node input = top["input"], layers = top["layers"];
    if (!input.IsMap()) fail(input, "key 'input': expected {channels: C, height: H, width: W}");
    check_keys(input, "input.", {"channels", "height", "width"}, {});
    d.input = {number(input, "input.", "channels", 1, 65535), number(input, "input.", "height", 1, 65535),
               number(input, "input.", "width", 1, 65535)};
    if (!layers.IsSequence() || layers.size() == 0) fail(layers, "key 'layers': expected a list of layers");
    bool loss = false;
    for (const YAML::Node& item : layers) {
      if (loss) fail(item, fmt::format("key 'layers': expected nothing behind {}", loss_name));
      if (item.IsScalar() && item.Scalar() == loss_name)
        loss = true;
      else
        d.layers.push_back(layer(item));
    }
    if (!loss) fail(layers, fmt::format("key 'layers': expected {} as the last one", loss_name));
    return d;
  }

private:
  [[noreturn]] void fail(const YAML::Node& at, const std::string& text) const {
    throw input_error(place(at) + ": " + text);
  }
  std::string place(const YAML::Node& at) const {
    return fmt::format("{}:{}", file.string(), std::max(at.Mark().line, 0) + 1);
  }

  using names = std::vector<std::string_view>;

  void check_keys(const YAML::Node& section, const std::string& prefix, const names& required,
                  const names& optional) const {
    names all = required;
    all.insert(all.end(), optional.begin(), optional.end());
    names seen;
    for (const auto& entry : section) {
      if (!entry.first.IsScalar()) fail(entry.first, "expected a key, not a list or a section");
      const std::string& name = entry.first.Scalar();
      const auto known = std::find(all.begin(), all.end(), name);
      if (known == all.end())
        fail(entry.first, all.empty() ? fmt::format("key '{}{}': expected no keys here", prefix, name)
                                      : fmt::format("key '{}{}': expected one of {}, did you mean '{}'?", prefix, name,
                                                    fmt::join(all, ", "), nearest(name, all)));
      if (std::find(seen.begin(), seen.end(), *known) != seen.end())
        fail(entry.first, fmt::format("key '{}{}': expected once", prefix, name));
      seen.push_back(*known);
    }
    for (const auto& name : required)
      if (!section.IsMap() || !section[std::string{name}])
        fail(section, fmt::format("key '{}{}': expected, but it is missing", prefix, name));
  }

  std::uint32_t value(const YAML::Node& at, const std::string& key, std::uint32_t low, std::uint32_t high) const {
    const auto wrong = [&] { fail(at, fmt::format("key '{}': expected an integer from {} to {}", key, low, high)); };
    if (!at.IsScalar() || at.Scalar().empty() || at.Scalar().size() > 9 ||
        !std::all_of(at.Scalar().begin(), at.Scalar().end(), [](char c) { return c >= '0' && c <= '9'; }))
      wrong();
    const auto v = static_cast<std::uint32_t>(std::stoul(at.Scalar()));
    if (v < low || v > high) wrong();
    return v;
  }
  std::uint32_t number(const YAML::Node& section, const std::string& prefix, const std::string& name, std::uint32_t low,
                       std::uint32_t high) const {
    return value(section[name], prefix + name, low, high);
  }
  // One number, or [height, width].
  std::array<std::uint32_t, 2> pair(const YAML::Node& section, const std::string& prefix, const std::string& name,
                                    std::uint32_t low, std::array<std::uint32_t, 2> otherwise) const {
    const YAML::Node at = section.IsMap() ? section[name] : YAML::Node{};
    if (!at) return otherwise;
    if (!at.IsSequence()) otherwise[0] = otherwise[1] = value(at, prefix + name, low, largest);
    if (at.IsSequence() && at.size() != 2)
      fail(at, fmt::format("key '{}{}': expected a number or [height, width]", prefix, name));
    for (std::size_t i = 0; at.IsSequence() && i < 2; ++i) otherwise[i] = value(at[i], prefix + name, low, largest);
    return otherwise;
  }

  template <class T>
  T decimal(const YAML::Node& section, const std::string& prefix, const std::string& name, double low, double high,
            T otherwise) const {
    const YAML::Node at = section[name];
    if (!at) return otherwise;
    double v = 0;
    if (!at.IsScalar() || !YAML::convert<double>::decode(at, v) || !(v >= low && v <= high))
      fail(at, fmt::format("key '{}{}': expected a number from {} to {}", prefix, name, low, high));
    return static_cast<T>(v);
  }
  std::string word(const YAML::Node& at, const std::string& key) const {
    if (!at.IsScalar() || at.Scalar().empty()) fail(at, fmt::format("key '{}': expected a name", key));
    return at.Scalar();
  }
  // What the layer is called, and which layers it reads.
  void read_links(const YAML::Node& keys, const std::string& prefix, layer_description& d) const {
    if (keys["name"]) d.name = word(keys["name"], prefix + "name");
    if (keys["input"]) d.inputs = {word(keys["input"], prefix + "input")};
    if (const YAML::Node inputs = keys["inputs"]) {
      const bool many = d.kind == layer_kind::concat;
      if (!inputs.IsSequence() || inputs.size() < 2 || (inputs.size() > 2 && !many))
        fail(inputs, fmt::format("key '{}inputs': expected [NAME, NAME{}]", prefix, many ? ", ..." : ""));
      for (const YAML::Node& at : inputs) d.inputs.push_back(word(at, prefix + "inputs"));
    }
  }

  layer_description layer(const YAML::Node& item) const {
    YAML::Node name = item, keys;
    if (item.IsMap() && item.size() == 1) {
      name.reset(item.begin()->first), keys.reset(item.begin()->second); // assigning would change `item`
    } else if (!item.IsScalar())
      fail(item, "key 'layers': expected the name of a layer, or 'NAME: {keys}'");
    const std::string text = name.IsScalar() ? name.Scalar() : "";
    const auto& types = layer_types();
    const auto type = std::find_if(types.begin(), types.end(), [&](const layer_type& t) { return t.name == text; });
    if (type == types.end()) unknown(name, text);
    if (keys.IsDefined() && !keys.IsNull() && !keys.IsMap())
      fail(keys, fmt::format("layer '{}': expected keys in braces", text));
    const std::string prefix = text + ".";
    names optional = type->optional;
    optional.push_back("name");
    const bool joins = type->kind == layer_kind::add || type->kind == layer_kind::concat;
    if (type->kind != layer_kind::relu && !joins) optional.push_back("input");
    if (keys.IsMap() || !type->required.empty()) {
      if (!keys.IsMap()) fail(name, fmt::format("key '{}{}': expected, but it is missing", prefix, type->required[0]));
      check_keys(keys, prefix, type->required, optional);
    }
    layer_description d;
    d.kind = type->kind;
    d.where = place(name);
    if (keys.IsMap()) read_links(keys, prefix, d);
    if (d.kind == layer_kind::batch_norm && keys.IsMap()) {
      d.epsilon = decimal(keys, prefix, "epsilon", 1e-12, 1, d.epsilon);
      d.momentum = decimal(keys, prefix, "momentum", 0, 1, d.momentum);
    }
    if (d.kind == layer_kind::dropout) d.share = decimal(keys, prefix, "share", 0, 0.99, 0.);
    const bool pools = d.kind == layer_kind::max_pool || d.kind == layer_kind::average_pool;
    if (d.kind == layer_kind::linear) d.outputs = number(keys, prefix, "outputs", 1, widest);
    if (d.kind == layer_kind::conv2d) {
      d.outputs = number(keys, prefix, "filters", 1, 65535);
      if (keys["groups"]) d.groups = number(keys, prefix, "groups", 1, 65535);
    }
    if (d.kind == layer_kind::conv2d || pools) {
      d.window.kernel = pair(keys, prefix, "kernel", 1, {1, 1});
      d.window.stride = pair(keys, prefix, "stride", 1, pools ? d.window.kernel : std::array{1u, 1u});
      d.window.padding = pair(keys, prefix, "padding", 0, {0, 0});
      d.window.dilation = pair(keys, prefix, "dilation", 1, {1, 1});
    }
    return d;
  }

  [[noreturn]] void unknown(const YAML::Node& at, const std::string& text) const {
    names known;
    for (const layer_type& t : layer_types()) known.push_back(t.name);
    known.push_back(loss_name);
    if (text == loss_name) fail(at, fmt::format("layer '{}': expected no keys here", text));
    if (std::find(std::begin(later), std::end(later), text) != std::end(later))
      fail(at, fmt::format("layer '{}' is not built yet: expected one of {}", text, fmt::join(known, ", ")));
    fail(at, fmt::format("layer '{}': expected one of {}, did you mean '{}'?", text, fmt::join(known, ", "),
                         nearest(text, known)));
  }

  const std::filesystem::path& file;
};

bool is_onnx(const std::filesystem::path& file) { return file.extension() == ".onnx"; }

} // namespace

compiler::network_description read_network(const std::filesystem::path& file) {
  return is_onnx(file) ? read_onnx(file) : reader{file}.read();
}

bool is_network(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) return false;
  if (is_onnx(file)) return true;
  try {
    const auto top = read_document(file);
    return top.IsMap() && top["layers"];
  } catch (const YAML::Exception&) {
    return false;
  }
}

} // namespace acf::platform
