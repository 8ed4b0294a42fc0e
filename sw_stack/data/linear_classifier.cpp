#include "sw_stack/data/linear_classifier.hpp"

#include <algorithm>
#include <numeric>

namespace acf::data {
namespace {

// Samples looked at during training, and the rate, whatever the size of the set: of images of so many inputs. Larger
// ones take longer, and steps must be smaller.
constexpr std::uint32_t most_visits = 120'000, usual_inputs = 784;
constexpr float first_rate = 0.01f;

// e^x for x <= 0, good to a thousandth: enough for a gradient, and the same on every host.
float exponential(float x) {
  float y = std::max(0.f, 1.f + x / 1024.f);
  for (int i = 0; i < 10; ++i) y *= y;
  return y;
}

class linear_model {
public:
  linear_model(std::uint32_t input_count, std::uint32_t outputs)
      : columns((outputs + 3) / 4 * 4),
        classes(outputs),
        weights(std::size_t{input_count + 1} * columns),
        scores(columns),
        inputs(input_count) {}

  std::uint32_t classify(const std::uint8_t* image) {
    std::copy_n(weights.begin() + std::size_t{inputs} * columns, columns, scores.begin());
    for (std::uint32_t p = 0; p < inputs; ++p)
      if (image[p]) add(scores.data(), weights.data() + std::size_t{p} * columns, static_cast<float>(image[p]) / 255.f);
    return static_cast<std::uint32_t>(std::max_element(scores.begin(), scores.begin() + classes) - scores.begin());
  }

  void learn(const std::uint8_t* image, std::uint8_t label, float rate) {
    const float top = scores[classify(image)];
    float sum = 0.f;
    for (std::uint32_t c = 0; c < classes; ++c) sum += scores[c] = exponential(scores[c] - top);
    for (std::uint32_t c = 0; c < classes; ++c) scores[c] = scores[c] / sum - (c == label ? 1.f : 0.f);
    for (std::uint32_t c = classes; c < columns; ++c) scores[c] = 0.f;
    add(weights.data() + std::size_t{inputs} * columns, scores.data(), -rate);
    for (std::uint32_t p = 0; p < inputs; ++p)
      if (image[p])
        add(weights.data() + std::size_t{p} * columns, scores.data(), -rate * static_cast<float>(image[p]) / 255.f);
  }

private:
  void add(float* to, const float* from, float factor) const {
    for (std::uint32_t c = 0; c < columns; ++c) to[c] += factor * from[c];
  }
  std::uint32_t columns, classes;
  std::vector<float> weights; // [inputs + 1][columns], the last row is the bias
  std::vector<float> scores;
  std::uint32_t inputs;
};

} // namespace

double linear_classifier_accuracy(const data_set& set) {
  linear_model model(set.inputs, set.classes);
  const std::uint32_t n = set.train.size();
  const std::uint32_t times = std::max(1u, set.inputs / usual_inputs), visits = most_visits / times;
  std::uint32_t stride = 7919; // visits the samples in a scattered order
  while (std::gcd(n, stride) != 1) ++stride;
  for (std::uint32_t i = 0; i < visits; ++i) {
    const std::size_t s = std::uint64_t{i} * stride % n;
    model.learn(set.train.images.data() + s * set.inputs, set.train.labels[s],
                first_rate / static_cast<float>(times) * (1.f - static_cast<float>(i) / static_cast<float>(visits)));
  }
  std::uint32_t right = 0;
  for (std::size_t s = 0; s < set.test.size(); ++s)
    right += model.classify(set.test.images.data() + s * set.inputs) == set.test.labels[s];
  return 100.0 * right / set.test.size();
}

} // namespace acf::data
