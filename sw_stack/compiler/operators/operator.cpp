#include "sw_stack/compiler/operators/operator.hpp"

namespace acf::compiler {

const layer_operator& operator_of(layer_kind kind) {
  switch (kind) {
  case layer_kind::linear: return linear_operator();
  default: throw input_error("network: layers of type '" + std::string(kind_name(kind)) + "' are not built yet");
  }
}

} // namespace acf::compiler
