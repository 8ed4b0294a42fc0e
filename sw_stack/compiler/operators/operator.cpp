#include "sw_stack/compiler/operators/operator.hpp"

namespace acf::compiler {

const layer_operator& operator_of(layer_kind kind) {
  switch (kind) {
  case layer_kind::conv2d: return convolution_operator();
  case layer_kind::max_pool:
  case layer_kind::average_pool:
  case layer_kind::global_average_pool: return pooling_operator();
  case layer_kind::linear:
  case layer_kind::relu: // no nodes: parts of the layer before
  case layer_kind::flatten: break;
  }
  return linear_operator();
}

} // namespace acf::compiler
