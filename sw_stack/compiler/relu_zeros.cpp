#include "sw_stack/compiler/relu_zeros.hpp"

#include <algorithm>

namespace acf::compiler {
namespace {

bool in_outputs(const network& net, std::uint32_t n) {
  if (n == node::images) return false;
  const node& x = net.nodes[n];
  const auto of_input = [&](std::uint32_t from) { return in_outputs(net, from); };
  switch (x.kind) {
  case layer_kind::max_pool:
  case layer_kind::concat:
  case layer_kind::dropout: return x.relu || std::ranges::all_of(x.from, of_input);
  default: return x.relu;
  }
}

// Sums of what several readers give back have no zeros, nor has what a normalisation gives back.
bool in_gradient(const network& net, std::uint32_t n) {
  const node& x = net.nodes[n];
  if (x.relu) return true;
  if (x.readers.size() != 1) return false;
  const std::uint32_t reader = x.readers.front();
  switch (net.nodes[reader].kind) {
  case layer_kind::max_pool: return true;
  case layer_kind::add:
  case layer_kind::concat:
  case layer_kind::dropout:
  case layer_kind::average_pool:
  case layer_kind::global_average_pool: return in_gradient(net, reader);
  default: return false;
  }
}

} // namespace

std::vector<relu_zeros> zeros_by_layer(const network& net) {
  std::vector<relu_zeros> all(net.layers.size());
  for (std::uint32_t n = 0; n < net.nodes.size(); ++n)
    if (const node& x = net.nodes[n]; x.has_weights) all[x.layer] = {in_outputs(net, x.from[0]), in_gradient(net, n)};
  return all;
}

} // namespace acf::compiler
