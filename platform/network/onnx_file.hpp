// A network as ONNX has it: the graph is read, and the sizes of its weights; training starts with weights of its own,
// as it does for a YAML file. Conv, Gemm, MatMul with or without the bias behind it, Relu, MaxPool, AveragePool,
// GlobalAveragePool, BatchNormalization, Add, Concat, Dropout, Flatten, Reshape to [N, features], Identity, Constant; a
// Softmax or LogSoftmax at the end is part of the loss.
#pragma once

#include "sw_stack/compiler/network.hpp"

#include <filesystem>

namespace acf::platform {

// Throws input_error, "FILE: node 'x' (Op): expected ...": no ONNX model, or an operator, attribute or shape of it that
// cannot be trained here.
compiler::network_description read_onnx(const std::filesystem::path& file);

} // namespace acf::platform
