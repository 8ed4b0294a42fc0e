// A network as a YAML file describes it, or an ONNX one (onnx_file.hpp):
//
//   input: {channels: 1, height: 28, width: 28}
//   layers:
//     - conv2d: {filters: 6, kernel: 5, padding: 2}     # stride, dilation; [height, width] where they differ
//     - relu
//     - max_pool: {kernel: 2}                            # stride: the kernel
//     - flatten
//     - linear: {outputs: 10}
//     - softmax_cross_entropy
//
// A layer reads the one above it, or `input: NAME`; any may have a `name`. What is read twice, and sums:
//
//     - relu: {name: before}
//     - conv2d: {filters: 16, kernel: 3, padding: 1}
//     - batch_norm: {name: behind}                       # epsilon, momentum of its running statistics
//     - add: {inputs: [behind, before]}
#pragma once

#include "sw_stack/compiler/network.hpp"

#include <filesystem>

namespace acf::platform {

// By the name: .onnx, or YAML. Throws input_error, "FILE:LINE: key 'x': expected ...": no YAML, an unknown key, a value
// out of range, a layer that is not known, or not built yet.
compiler::network_description read_network(const std::filesystem::path& file);

// Whether the file means to be one: ONNX, or YAML with the key `layers`, right or wrong.
bool is_network(const std::filesystem::path& file);

} // namespace acf::platform
