#include "platform/network/onnx_file.hpp"

#include "platform/config/input_error.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <onnx/onnx_pb.h>
#include <set>

namespace acf::platform {
namespace {

using compiler::layer_description;
using compiler::layer_kind;
using onnx::NodeProto;
using onnx::TensorProto;

constexpr std::string_view images = "images"; // what layers call the input of the network

// Names are any bytes in these files; elsewhere they are UTF-8 without control characters.
std::string printable(const std::string& text) {
  const std::string quoted = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

class graph_reader {
public:
  graph_reader(const std::filesystem::path& from, const onnx::GraphProto& of) : file(from), graph(of) {
    for (const TensorProto& t : graph.initializer()) constants[t.name()] = &t;
    for (const NodeProto& n : graph.node()) {
      if (n.op_type() == "Constant" && n.attribute_size() == 1 && n.attribute(0).has_t() && n.output_size() == 1)
        constants[n.output(0)] = &n.attribute(0).t();
      for (const std::string& name : n.input()) readers[name].push_back(&n);
    }
  }

  compiler::network_description read() {
    compiler::network_description d;
    d.input = read_input();
    for (const NodeProto& n : graph.node()) add(n, d);
    if (graph.output_size() != 1) fail(fmt::format("expected one output, not {}", graph.output_size()));
    if (d.layers.empty() || layer_of(graph.output(0).name()) != d.layers.back().name)
      fail(fmt::format("output '{}': expected to be that of the last node", graph.output(0).name()));
    return d;
  }

private:
  using pair = std::array<std::uint32_t, 2>;

  [[noreturn]] void fail(const std::string& text) const { throw input_error(file, printable(text)); }
  static std::string title(const NodeProto& n) {
    return fmt::format("node '{}' ({})", n.name().empty() && n.output_size() ? n.output(0) : n.name(), n.op_type());
  }
  std::string where(const NodeProto& n) const { return file.string() + ": " + printable(title(n)); }
  [[noreturn]] void fail(const NodeProto& n, const std::string& text) const { fail(title(n) + ": " + text); }
  void need(const NodeProto& n, bool ok, const char* text) const {
    if (!ok) fail(n, text);
  }

  // --- what a node has ----------------------------------------------------------------------------------------------

  static const onnx::AttributeProto* attribute(const NodeProto& n, std::string_view name) {
    for (const auto& a : n.attribute())
      if (a.name() == name) return &a;
    return nullptr;
  }
  static std::int64_t whole(const NodeProto& n, std::string_view name, std::int64_t otherwise) {
    const auto* a = attribute(n, name);
    return a ? a->i() : otherwise;
  }
  static float real(const NodeProto& n, std::string_view name, float otherwise) {
    const auto* a = attribute(n, name);
    return a ? a->f() : otherwise;
  }
  std::uint32_t natural(const NodeProto& n, std::string_view what, std::int64_t value) const {
    if (value < 0 || value > 1 << 20) fail(n, fmt::format("{}: expected 0 to 1048576, not {}", what, value));
    return static_cast<std::uint32_t>(value);
  }
  // {height, width}
  pair two(const NodeProto& n, std::string_view name, pair otherwise) const {
    const auto* a = attribute(n, name);
    if (!a) return otherwise;
    if (a->ints_size() != 2) fail(n, fmt::format("{}: expected two numbers, for images", name));
    return {natural(n, name, a->ints(0)), natural(n, name, a->ints(1))};
  }
  pair padding(const NodeProto& n) const {
    if (const auto* automatic = attribute(n, "auto_pad");
        automatic && automatic->s() != "NOTSET" && automatic->s() != "VALID")
      fail(n, fmt::format("auto_pad: expected NOTSET with pads, or VALID, not {}", automatic->s()));
    const auto* a = attribute(n, "pads");
    if (!a) return {0, 0};
    if (a->ints_size() != 4 || a->ints(0) != a->ints(2) || a->ints(1) != a->ints(3))
      fail(n, "pads: expected [height, width, height, width], as many pixels on both sides");
    return {natural(n, "pads", a->ints(0)), natural(n, "pads", a->ints(1))};
  }
  const TensorProto* constant(const NodeProto& n, int input) const {
    if (input >= n.input_size()) return nullptr;
    const auto at = constants.find(n.input(input));
    return at == constants.end() ? nullptr : at->second;
  }
  const TensorProto& weights(const NodeProto& n, int dimensions) const {
    const TensorProto* w = constant(n, 1);
    if (!w || w->dims_size() != dimensions)
      fail(n, fmt::format("expected weights as an initializer of {} dimensions", dimensions));
    return *w;
  }
  static std::vector<float> floats(const TensorProto& t) {
    if (t.data_type() != TensorProto::FLOAT) return {};
    if (!t.has_raw_data()) return {t.float_data().begin(), t.float_data().end()};
    std::vector<float> out(t.raw_data().size() / sizeof(float));
    std::copy_n(t.raw_data().data(), out.size() * sizeof(float), reinterpret_cast<char*>(out.data()));
    return out;
  }

  // --- the way of values --------------------------------------------------------------------------------------------

  std::array<std::uint32_t, 3> read_input() {
    std::vector<const onnx::ValueInfoProto*> inputs; // old files list the initializers, too
    for (const auto& i : graph.input())
      if (!constants.contains(i.name())) inputs.push_back(&i);
    if (inputs.size() != 1) fail(fmt::format("expected one input, the images, not {}", inputs.size()));
    const auto& shape = inputs[0]->type().tensor_type().shape();
    const auto size = [&](int i) -> std::uint32_t {
      const auto v = shape.dim(i).dim_value();
      if (v < 1 || v > 65535)
        fail(fmt::format("input '{}': expected sizes from 1 to 65535 behind the batch", inputs[0]->name()));
      return static_cast<std::uint32_t>(v);
    };
    known[inputs[0]->name()] = images;
    if (shape.dim_size() == 4) return {size(1), size(2), size(3)};
    if (shape.dim_size() == 2) return {size(1), 1, 1};
    fail(fmt::format("input '{}': expected [batch, channels, height, width] or [batch, features]", inputs[0]->name()));
  }

  // Of a value that some layer computes.
  const std::string& layer_of(const std::string& value) const {
    static const std::string nobody;
    const auto at = known.find(value);
    return at == known.end() ? nobody : at->second;
  }
  const std::string& source(const NodeProto& n, int input) const {
    if (input >= n.input_size() || layer_of(n.input(input)).empty())
      fail(n, fmt::format("input {}: expected what a node above it computes", input));
    return layer_of(n.input(input));
  }
  const NodeProto* only_reader(const std::string& value) const {
    const auto at = readers.find(value);
    return at != readers.end() && at->second.size() == 1 ? at->second[0] : nullptr;
  }
  void same(const NodeProto& n) { known[n.output(0)] = source(n, 0); }

  const std::string& output_of_merged(const NodeProto& n) {
    need(n, n.output_size() > 0 && !known.contains(n.output(0)), "expected an output that no node above it has");
    merged.insert(&n);
    return n.output(0);
  }

  // ReLU belongs to the layer that it alone reads, so it follows at once, whatever stands between them in the file.
  void append(const NodeProto& n, layer_description layer, compiler::network_description& d, std::string value = {}) {
    if (value.empty()) value = n.output(0);
    layer.where = where(n);
    if (layer.inputs.empty()) layer.inputs = {source(n, 0)};
    const bool takes_relu = layer.kind == layer_kind::linear || layer.kind == layer_kind::conv2d ||
                            layer.kind == layer_kind::batch_norm || layer.kind == layer_kind::add ||
                            layer.kind == layer_kind::max_pool;
    const NodeProto* next = takes_relu ? only_reader(value) : nullptr;
    if (next && next->op_type() == "Relu") {
      d.layers.push_back(std::move(layer));
      layer = {.kind = layer_kind::relu, .where = where(*next)};
      value = output_of_merged(*next);
    }
    layer.name = value == images ? value + "." : printable(value);
    known[value] = layer.name;
    d.layers.push_back(std::move(layer));
  }

  // --- operators ----------------------------------------------------------------------------------------------------

  void add(const NodeProto& n, compiler::network_description& d) {
    using handler = void (graph_reader::*)(const NodeProto&, compiler::network_description&);
    static const std::map<std::string_view, handler> operators{
        {"Conv", &graph_reader::convolution},
        {"Gemm", &graph_reader::gemm},
        {"MatMul", &graph_reader::product},
        {"Relu", &graph_reader::relu},
        {"MaxPool", &graph_reader::max_pool},
        {"AveragePool", &graph_reader::average_pool},
        {"GlobalAveragePool", &graph_reader::global_average_pool},
        {"BatchNormalization", &graph_reader::batch_norm},
        {"Add", &graph_reader::sum},
        {"Concat", &graph_reader::concat},
        {"Dropout", &graph_reader::dropout},
        {"Flatten", &graph_reader::flatten},
        {"Reshape", &graph_reader::reshape},
        {"Softmax", &graph_reader::loss},
        {"LogSoftmax", &graph_reader::loss},
        {"Identity", &graph_reader::identity},
        {"Constant", &graph_reader::nothing},
    };
    const auto at = operators.find(n.op_type());
    if (at == operators.end() || (!n.domain().empty() && n.domain() != "ai.onnx")) {
      std::vector<std::string_view> names;
      names.reserve(operators.size());
      for (const auto& [name, unused] : operators) names.push_back(name);
      fail(n, fmt::format("expected an operator of {}", fmt::join(names, ", ")));
    }
    if (n.output_size() < 1) fail(n, "expected an output");
    if (merged.contains(&n)) return;
    if (known.contains(n.output(0))) fail(n, "expected an output that no node above it has");
    (this->*at->second)(n, d);
  }

  void convolution(const NodeProto& n, compiler::network_description& d) {
    const TensorProto& w = weights(n, 4);
    layer_description layer{.kind = layer_kind::conv2d, .outputs = natural(n, "filters", w.dims(0))};
    layer.window.kernel = {natural(n, "kernel", w.dims(2)), natural(n, "kernel", w.dims(3))};
    layer.window.stride = two(n, "strides", {1, 1});
    layer.window.dilation = two(n, "dilations", {1, 1});
    layer.window.padding = padding(n);
    layer.groups = natural(n, "group", whole(n, "group", 1));
    append(n, std::move(layer), d);
  }

  void gemm(const NodeProto& n, compiler::network_description& d) {
    const TensorProto& w = weights(n, 2);
    need(n, real(n, "alpha", 1) == 1 && real(n, "beta", 1) == 1 && whole(n, "transA", 0) == 0,
         "expected alpha and beta of 1, and inputs that are not transposed");
    append(n, {.kind = layer_kind::linear, .outputs = natural(n, "outputs", w.dims(whole(n, "transB", 0) ? 0 : 1))}, d);
  }

  // The sum that adds its bias is part of it.
  void product(const NodeProto& n, compiler::network_description& d) {
    const TensorProto& w = weights(n, 2);
    const NodeProto* next = only_reader(n.output(0));
    const auto is_bias = [&](const TensorProto* t) { return t && t->dims_size() == 1 && t->dims(0) == w.dims(1); };
    const bool biased =
        next && next->op_type() == "Add" && (is_bias(constant(*next, 0)) || is_bias(constant(*next, 1)));
    append(n, {.kind = layer_kind::linear, .outputs = natural(n, "outputs", w.dims(1))}, d,
           biased ? output_of_merged(*next) : std::string{});
  }

  void relu(const NodeProto& n, compiler::network_description& d) { append(n, {.kind = layer_kind::relu}, d); }

  void pool(const NodeProto& n, layer_kind kind, compiler::network_description& d) {
    layer_description layer{.kind = kind};
    if (!attribute(n, "kernel_shape")) fail(n, "kernel_shape: expected, but it is missing");
    need(n, whole(n, "ceil_mode", 0) == 0, "ceil_mode: expected 0");
    layer.window.kernel = two(n, "kernel_shape", {});
    layer.window.stride = two(n, "strides", {1, 1});
    layer.window.dilation = two(n, "dilations", {1, 1});
    layer.window.padding = padding(n);
    append(n, std::move(layer), d);
  }
  void max_pool(const NodeProto& n, compiler::network_description& d) { pool(n, layer_kind::max_pool, d); }
  void average_pool(const NodeProto& n, compiler::network_description& d) {
    need(n, padding(n) == pair{} || whole(n, "count_include_pad", 0) == 1,
         "count_include_pad: expected 1: pixels of the padding count as zeros");
    need(n, two(n, "dilations", {1, 1}) == pair{1, 1}, "dilations: expected 1");
    pool(n, layer_kind::average_pool, d);
  }
  void global_average_pool(const NodeProto& n, compiler::network_description& d) {
    append(n, {.kind = layer_kind::global_average_pool}, d);
  }

  void batch_norm(const NodeProto& n, compiler::network_description& d) {
    layer_description layer{.kind = layer_kind::batch_norm};
    layer.epsilon = real(n, "epsilon", 1e-5f);
    layer.momentum = 1 - real(n, "momentum", 0.9f); // ONNX says what the running statistics keep
    append(n, std::move(layer), d);
  }

  void sum(const NodeProto& n, compiler::network_description& d) {
    append(n, {.kind = layer_kind::add, .inputs = {source(n, 0), source(n, 1)}}, d);
  }
  void concat(const NodeProto& n, compiler::network_description& d) {
    need(n, whole(n, "axis", 1) == 1, "axis: expected 1, the channels");
    layer_description layer{.kind = layer_kind::concat};
    for (int i = 0; i < n.input_size(); ++i) layer.inputs.push_back(source(n, i));
    append(n, std::move(layer), d);
  }

  void dropout(const NodeProto& n, compiler::network_description& d) {
    layer_description layer{.kind = layer_kind::dropout, .share = real(n, "ratio", 0.5f)};
    if (const TensorProto* ratio = constant(n, 1)) {
      const auto values = floats(*ratio);
      need(n, values.size() == 1, "ratio: expected a float");
      layer.share = values[0];
    }
    append(n, std::move(layer), d);
  }

  void flatten(const NodeProto& n, compiler::network_description& d) {
    need(n, whole(n, "axis", 1) == 1, "axis: expected 1, behind the batch");
    append(n, {.kind = layer_kind::flatten}, d);
  }
  void reshape(const NodeProto& n, compiler::network_description& d) {
    const TensorProto* shape = constant(n, 1);
    need(n, shape && shape->dims_size() == 1 && shape->dims(0) == 2, "expected a constant shape, [batch, features]");
    append(n, {.kind = layer_kind::flatten}, d);
  }

  void loss(const NodeProto& n, compiler::network_description&) {
    need(n, !readers.contains(n.output(0)), "expected at the end only, where it is part of the loss");
    same(n);
  }
  void identity(const NodeProto& n, compiler::network_description&) { same(n); }
  void nothing(const NodeProto&, compiler::network_description&) {}

  const std::filesystem::path& file;
  const onnx::GraphProto& graph;
  std::map<std::string, const TensorProto*> constants;
  std::map<std::string, std::vector<const NodeProto*>> readers; // by value
  std::map<std::string, std::string> known;                     // values, and the layers that compute them
  std::set<const NodeProto*> merged;                            // into a layer of a node above them
};

} // namespace

compiler::network_description read_onnx(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  onnx::ModelProto model;
  if (!in) throw input_error(file, "cannot be read: no such network");
  if (!model.ParseFromIstream(&in) || model.graph().node_size() == 0) throw input_error(file, "expected an ONNX model");
  return graph_reader{file, model.graph()}.read();
}

} // namespace acf::platform
