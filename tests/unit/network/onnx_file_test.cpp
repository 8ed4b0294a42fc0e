// Networks in ONNX: read as the same layers as their YAML descriptions; what is refused, and by which node.
#include "platform/config/input_error.hpp"
#include "platform/network/network_file.hpp"
#include "sw_stack/compiler/inputs.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

namespace acf::platform {
namespace {

using compiler::layer_kind;

const std::filesystem::path& file() {
  static const auto path = std::filesystem::temp_directory_path() / ("acf_net_" + std::to_string(getpid()) + ".onnx");
  return path;
}

class model {
public:
  explicit model(const std::vector<std::int64_t>& input) {
    auto* in = graph().add_input();
    in->set_name("image");
    auto* type = in->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    for (const auto size : input) type->mutable_shape()->add_dim()->set_dim_value(size);
  }
  // Output `name` of an operator that reads these values.
  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs, const std::string& name) {
    auto* n = graph().add_node();
    n->set_op_type(op), n->set_name(name), n->add_output(name);
    for (const auto& i : inputs) n->add_input(i);
    return *n;
  }
  void weights(const std::string& name, const std::vector<std::int64_t>& sizes) {
    auto* t = graph().add_initializer();
    t->set_name(name), t->set_data_type(onnx::TensorProto::FLOAT);
    for (const auto s : sizes) t->add_dims(s);
  }
  compiler::network_description read(const std::string& output) {
    graph().clear_output();
    graph().add_output()->set_name(output);
    std::ofstream out(file(), std::ios::binary);
    all.SerializeToOstream(&out);
    out.close();
    return read_network(file());
  }
  // Behind "FILE: ".
  std::string complaint(const std::string& output) {
    std::string said;
    try {
      compiler::training t;
      t.network = read(output);
      compiler::make_network(t);
    } catch (const std::runtime_error& e) {
      said = e.what();
    }
    const std::string name = file().string() + ": ";
    return said.starts_with(name) ? said.substr(name.size()) : said;
  }
  onnx::GraphProto& graph() { return *all.mutable_graph(); }

  ~model() { std::filesystem::remove(file()); }

private:
  onnx::ModelProto all;
};

void set(onnx::NodeProto& n, const std::string& name, const std::vector<std::int64_t>& values) {
  auto* a = n.add_attribute();
  a->set_name(name), a->set_type(onnx::AttributeProto::INTS);
  for (const auto v : values) a->add_ints(v);
}
void set(onnx::NodeProto& n, const std::string& name, int value) {
  auto* a = n.add_attribute();
  a->set_name(name), a->set_type(onnx::AttributeProto::INT), a->set_i(value);
}
void set(onnx::NodeProto& n, const std::string& name, float value) {
  auto* a = n.add_attribute();
  a->set_name(name), a->set_type(onnx::AttributeProto::FLOAT), a->set_f(value);
}

void expect_same(const compiler::network_description& a, const compiler::network_description& b) {
  compiler::training ta, tb;
  ta.network = a, tb.network = b;
  const auto x = compiler::make_network(ta), y = compiler::make_network(tb);
  ASSERT_EQ(x.nodes.size(), y.nodes.size());
  for (std::size_t i = 0; i < x.nodes.size(); ++i) {
    SCOPED_TRACE(i);
    const auto &p = x.nodes[i], &q = y.nodes[i];
    EXPECT_EQ(p.kind, q.kind);
    EXPECT_EQ(p.relu, q.relu);
    EXPECT_EQ(p.from, q.from);
    EXPECT_EQ(p.bound, q.bound);
    EXPECT_EQ(p.epsilon, q.epsilon);
    EXPECT_FLOAT_EQ(p.momentum, q.momentum);
    EXPECT_EQ((std::array{p.out.height, p.out.width, p.out.real_channels}),
              (std::array{q.out.height, q.out.width, q.out.real_channels}));
    EXPECT_EQ(p.window.kernel, q.window.kernel);
    EXPECT_EQ(p.window.stride, q.window.stride);
    EXPECT_EQ(p.window.padding, q.window.padding);
    EXPECT_EQ(p.window.dilation, q.window.dilation);
  }
  ASSERT_EQ(x.layers.size(), y.layers.size());
  for (std::size_t l = 0; l < x.layers.size(); ++l) {
    EXPECT_EQ(x.layers[l].real_inputs, y.layers[l].real_inputs);
    EXPECT_EQ(x.layers[l].channel_groups, y.layers[l].channel_groups);
  }
}

// As PyTorch exports it: Gemm with transposed weights, the shape of a Reshape as a Constant.
TEST(onnx_file, lenet_is_that_of_yaml) {
  model m({1, 1, 28, 28});
  m.weights("w1", {6, 1, 5, 5}), m.weights("w2", {16, 6, 5, 5});
  m.weights("w3", {120, 400}), m.weights("w4", {84, 120}), m.weights("w5", {84, 10});
  set(m.node("Conv", {"image", "w1"}, "c1"), "pads", {2, 2, 2, 2});
  m.node("Relu", {"c1"}, "r1");
  const auto pool = [&](const std::string& from, const std::string& name) {
    auto& p = m.node("MaxPool", {from}, name);
    set(p, "kernel_shape", {2, 2}), set(p, "strides", {2, 2});
  };
  pool("r1", "p1");
  m.node("Conv", {"p1", "w2"}, "c2");
  m.node("Relu", {"c2"}, "r2");
  pool("r2", "p2");
  auto& shape = *m.node("Constant", {}, "shape").add_attribute();
  shape.set_name("value");
  shape.mutable_t()->add_dims(2);
  m.node("Reshape", {"p2", "shape"}, "flat");
  set(m.node("Gemm", {"flat", "w3"}, "l3"), "transB", 1);
  m.node("Relu", {"l3"}, "r3");
  set(m.node("Gemm", {"r3", "w4"}, "l4"), "transB", 1);
  m.node("Relu", {"l4"}, "r4");
  m.node("MatMul", {"r4", "w5"}, "product");
  m.weights("bias", {10});
  m.node("Add", {"product", "bias"}, "logits");
  m.node("Softmax", {"logits"}, "classes");
  expect_same(m.read("classes"), read_network(std::filesystem::path(SCENARIOS) / "networks" / "lenet5.yaml"));
}

TEST(onnx_file, branches_and_attributes_are_those_of_yaml) {
  model m({1, 3, 12, 10});
  m.weights("w1", {8, 3, 3, 3}), m.weights("w2", {8, 2, 3, 3}), m.weights("w3", {10, 24}), m.weights("one", {8});
  auto& first = m.node("Conv", {"image", "w1"}, "a");
  set(first, "pads", {1, 1, 1, 1});
  set(m.node("Conv", {"image", "w1"}, "z"), "pads", {1, 1, 1, 1}); // between a layer and its ReLU
  m.node("Relu", {"a"}, "b");
  auto& second = m.node("Conv", {"b", "w2"}, "c");
  set(second, "pads", {2, 2, 2, 2}), set(second, "dilations", {2, 2}), set(second, "group", 4);
  auto& norm = m.node("BatchNormalization", {"c", "one", "one", "one", "one"}, "d");
  set(norm, "epsilon", 1e-3f), set(norm, "momentum", 0.75f);
  m.node("Add", {"d", "b"}, "e");
  m.node("Relu", {"e"}, "f");
  m.node("Concat", {"f", "b", "z"}, "g");
  auto& pool = m.node("AveragePool", {"g"}, "h");
  set(pool, "kernel_shape", {3, 2}), set(pool, "strides", {3, 2});
  set(m.node("Dropout", {"h"}, "i"), "ratio", 0.25f);
  m.node("GlobalAveragePool", {"i"}, "j");
  m.node("Flatten", {"j"}, "k");
  set(m.node("Gemm", {"k", "w3"}, "l"), "transB", 1);
  const auto yaml = file().string() + ".yaml";
  std::ofstream(yaml) << R"(input: {channels: 3, height: 12, width: 10}
layers:
  - conv2d: {filters: 8, kernel: 3, padding: 1}
  - relu: {name: b}
  - conv2d: {filters: 8, kernel: 3, padding: 1, input: images, name: z}
  - conv2d: {input: b, filters: 8, kernel: 3, padding: 2, dilation: 2, groups: 4}
  - batch_norm: {epsilon: 0.001, momentum: 0.25, name: d}
  - add: {inputs: [d, b]}
  - relu: {name: f}
  - concat: {inputs: [f, b, z]}
  - average_pool: {kernel: [3, 2]}
  - dropout: {share: 0.25}
  - global_average_pool
  - flatten
  - linear: {outputs: 10}
  - softmax_cross_entropy
)";
  expect_same(m.read("l"), read_network(yaml));
  std::filesystem::remove(yaml);
}

TEST(onnx_file, what_is_added_to_a_product_is_its_bias_if_it_is_one_value_for_each_output) {
  const auto layers = [](const std::vector<std::int64_t>& added) {
    model m({1, 64});
    m.weights("w", {64, 10}), m.weights("c", added);
    m.node("MatMul", {"image", "w"}, "x"), m.node("Add", {"x", "c"}, "y");
    return m.complaint("y");
  };
  EXPECT_EQ(layers({10}), "");
  EXPECT_EQ(layers({1}), "node 'y' (Add): input 1: expected what a node above it computes");
  EXPECT_EQ(layers({10, 10}), "node 'y' (Add): input 1: expected what a node above it computes");
}

TEST(onnx_file, says_which_node_it_cannot_train) {
  const auto said = [](const std::function<void(model&)>& build, const std::string& output) {
    model m({1, 1, 8, 8});
    m.weights("w", {4, 1, 3, 3}), m.weights("v", {10, 144}), m.weights("u", {4, 4, 3, 3});
    build(m);
    return m.complaint(output);
  };
  EXPECT_EQ(said([](model& m) { m.node("Elu", {"image"}, "x"); }, "x").substr(0, 40),
            "node 'x' (Elu): expected an operator of ");
  EXPECT_EQ(said(
                [](model& m) {
                  set(m.node("Conv", {"image", "w"}, "x"), "pads", {1, 1, 0, 0});
                },
                "x"),
            "node 'x' (Conv): pads: expected [height, width, height, width], as many pixels on both sides");
  EXPECT_EQ(said(
                [](model& m) {
                  m.node("Conv", {"image", "image"}, "x");
                },
                "x"),
            "node 'x' (Conv): expected weights as an initializer of 4 dimensions");
  EXPECT_EQ(said([](model& m) { m.node("Relu", {"nobody"}, "x"); }, "x"),
            "node 'x' (Relu): input 0: expected what a node above it computes");
  EXPECT_EQ(said(
                [](model& m) {
                  m.node("Reshape", {"image", "image"}, "x");
                },
                "x"),
            "node 'x' (Reshape): expected a constant shape, [batch, features]");
  EXPECT_EQ(said(
                [](model& m) {
                  m.node("Conv", {"image", "w"}, "x"), m.node("Conv", {"x", "u"}, "y");
                },
                "x"),
            "output 'x': expected to be that of the last node");
  // What the compiler refuses is named alike.
  EXPECT_EQ(said(
                [](model& m) {
                  m.node("Conv", {"image", "w"}, "x"), m.node("Gemm", {"x", "v"}, "y");
                },
                "y")
                .substr(0, 47),
            "node 'y' (Gemm): layer 2 (linear): its inputs a");
  EXPECT_EQ(said(
                [](model& m) {
                  m.node("Conv", {"image", "w"}, "x");
                  m.node("Softmax", {"x"}, "y"), m.node("Relu", {"y"}, "z");
                },
                "z"),
            "node 'y' (Softmax): expected at the end only, where it is part of the loss");
  EXPECT_EQ(said(
                [](model& m) {
                  m.node("Conv", {"image", "w"}, "x"), m.node("Relu", {"image"}, "x");
                },
                "x"),
            "node 'x' (Relu): expected an output that no node above it has");
  EXPECT_EQ(said(
                [](model& m) {
                  m.node("Conv", {"image", "w"}, "x"), m.node("Conv", {"image", "w"}, "y");
                  m.node("Relu", {"x"}, "y"); // merged into the first
                },
                "y"),
            "node 'y' (Conv): expected an output that no node above it has");
  EXPECT_EQ(said([](model& m) { m.node("Elu", {"image"}, "\x1b[31m\xff"); }, "x").substr(0, 26),
            "node '\\u001b[31m\xef\xbf\xbd' (Elu)");
}

TEST(onnx_file, what_is_no_model_is_said_so) {
  std::ofstream(file()) << "layers: []\n";
  EXPECT_THROW(read_network(file()), input_error);
  std::filesystem::remove(file());
  try {
    read_network(file());
    FAIL();
  } catch (const input_error& e) {
    EXPECT_EQ(std::string(e.what()), file().string() + ": cannot be read: no such network");
  }
}

} // namespace
} // namespace acf::platform
