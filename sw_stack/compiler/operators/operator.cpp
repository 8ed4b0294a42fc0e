#include "sw_stack/compiler/operators/operator.hpp"

namespace acf::compiler {

const layer_operator& operator_of(layer_kind kind) {
  switch (kind) {
  case layer_kind::conv2d: return convolution_operator();
  case layer_kind::max_pool:
  case layer_kind::average_pool:
  case layer_kind::global_average_pool: return pooling_operator();
  case layer_kind::batch_norm: return norm_operator();
  case layer_kind::add: return sum_operator();
  case layer_kind::concat: return concat_operator();
  case layer_kind::dropout: return dropout_operator();
  case layer_kind::linear:
  case layer_kind::relu: // no nodes: parts of the layer before
  case layer_kind::flatten: break;
  }
  return linear_operator();
}

std::uint64_t dense_macs(const network& net) {
  std::uint64_t sum = 0;
  for (std::size_t n = 0; n < net.nodes.size(); ++n) {
    const node& x = net.nodes[n];
    if (!x.has_weights) continue;
    const auto& op = operator_of(x.kind);
    const layer_shape& s = net.layers[x.layer];
    sum += 2 * op.forward_macs(x, s) + (x.reads_images() ? 0 : op.input_gradient_macs(x, s));
  }
  return sum;
}

} // namespace acf::compiler
