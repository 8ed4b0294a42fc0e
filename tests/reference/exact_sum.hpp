// A sum of squares that rounds nothing, as models/zbcc/ARITHMETIC.md section 5 has it for all gradients of a step.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>

#include <cmath>
#include <cstdint>

namespace acf::reference {

class exact_sum {
public:
  void add_square(float x) {
    const float square = x * x;
    if (!std::isfinite(square)) {
      finite_ = false;
      return;
    }
    int exponent = 0;
    const double mantissa = std::ldexp(std::frexp(static_cast<double>(square), &exponent), 24);
    // square = mantissa 2^(exponent - 24), in units of 2^-149
    const int shift = exponent - 24 + 149;
    const boost::multiprecision::cpp_int whole = static_cast<std::uint64_t>(mantissa);
    if (shift >= 0)
      sum_ += whole << shift;
    else
      sum_ += whole >> -shift; // a denormal: the bits that go are zeros
  }
  bool finite() const { return finite_; }

  // Rounded once.
  float value() const {
    if (sum_ == 0) return 0.f;
    const auto top = static_cast<int>(msb(sum_));
    const int cut = std::max(0, top - 61);
    auto head = static_cast<std::uint64_t>(sum_ >> cut);
    if ((sum_ & ((boost::multiprecision::cpp_int{1} << cut) - 1)) != 0) head |= 1; // something is below
    return std::ldexp(static_cast<float>(head), cut - 149);
  }

private:
  boost::multiprecision::cpp_int sum_;
  bool finite_ = true;
};

} // namespace acf::reference
