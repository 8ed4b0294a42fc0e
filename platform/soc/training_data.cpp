#include "platform/soc/training_data.hpp"

#include "platform/config/input_error.hpp"
#include "platform/loader/input_file.hpp"
#include "sw_stack/data/cifar_files.hpp"
#include "sw_stack/data/colours.hpp"
#include "sw_stack/data/digits.hpp"
#include "sw_stack/data/idx_files.hpp"
#include "sw_stack/data/linear_classifier.hpp"
#include "sw_stack/data/table_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace acf::platform {
namespace {

void cut(data::samples& s, std::uint32_t most, std::uint32_t width) {
  if (most == 0 || most >= s.size()) return;
  s.labels.resize(most);
  s.images.resize(static_cast<std::size_t>(most) * width);
}

// Networks of three channels get the generated set of colour images, all others the one of digits.
data::data_set generate(const config& c, const std::optional<compiler::network_description>& network) {
  const auto generator = network && network->input[0] == 3 ? data::generate_colours : data::generate_digits;
  return generator(c.data.generated_train, c.data.generated_test, c.data.seed);
}

// As many images of another size, all alike.
void make_blank(data::data_set& set, std::uint32_t inputs) {
  set.inputs = inputs, set.classes = 1;
  for (auto* part : {&set.train, &set.test}) {
    part->images.assign(std::size_t{inputs} * part->size(), 0xFF);
    std::fill(part->labels.begin(), part->labels.end(), std::uint8_t{0});
  }
}

std::vector<std::filesystem::path> idx_files(const std::string& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.path().filename().string().find("-ubyte") != std::string::npos) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// Of a file that is there plain and packed, the plain one is read.
void leave_out_packed_twins(std::vector<std::filesystem::path>& files, std::vector<std::string>& notes) {
  std::erase_if(files, [&](const std::filesystem::path& file) {
    const auto plain = file.parent_path() / file.stem();
    if (file.extension() != ".gz" || std::find(files.begin(), files.end(), plain) == files.end()) return false;
    notes.push_back(fmt::format("data.path: {} was read, and {} beside it was not", plain.filename().string(),
                                file.filename().string()));
    return true;
  });
}

void read_files(const std::string& directory, training_data& to) {
  std::vector<std::string> names;
  if (data::has_cifar(directory))
    to.set = data::read_cifar(directory), names = data::cifar_files(directory);
  else if (data::has_tables(directory))
    to.set = data::read_tables(directory), names = data::table_files(directory);
  else
    to.set = data::read_idx(directory);
  std::vector<std::filesystem::path> files;
  for (const auto& name : names) files.push_back(std::filesystem::path(directory) / name);
  if (names.empty()) files = idx_files(directory);
  leave_out_packed_twins(files, to.notes);
  for (const auto& f : files) to.inputs.push_back({f.filename().string(), sha256(read_file(f))});
}

// A network that sees images sees them in their shape; one of linear layers may see a list of values.
void check_shape(const std::array<std::uint32_t, 3>& shape, const std::array<std::uint32_t, 3>& input,
                 const std::string& path) {
  const std::array<std::uint32_t, 3> flat{shape[0] * shape[1] * shape[2], 1, 1};
  if (shape[0] == 0 || input == shape || input == flat) return;
  throw input_error{path, fmt::format("images of {} (channels x height x width), but the network's input is {}",
                                      fmt::join(shape, " x "), fmt::join(input, " x "))};
}

} // namespace

training_data read_training_data(const config& c, const std::optional<compiler::network_description>& network,
                                 data_for purpose) {
  training_data d;
  if (!c.data.path.empty()) {
    read_files(c.data.path, d);
    if (network) check_shape(d.set.shape, network->input, c.data.path);
    constexpr std::uint32_t most_inputs = 65535; // of a perceptron
    if (!network && d.set.inputs > most_inputs)
      throw input_error{c.data.path,
                        fmt::format("its images have {} values each, but without train.network the most are "
                                    "{}",
                                    d.set.inputs, most_inputs)};
  } else {
    d.set = generate(c, network);
    const std::uint32_t inputs = network ? network->input[0] * network->input[1] * network->input[2] : d.set.inputs;
    if (purpose == data_for::planning && inputs != d.set.inputs)
      make_blank(d.set, inputs);
    else if (inputs != d.set.inputs)
      throw input_error{c.train.network,
                        fmt::format("its input is {}, but generated images are {} (channels x height x width); "
                                    "data.path is for others",
                                    fmt::join(network->input, " x "), fmt::join(d.set.shape, " x "))};
    else if (purpose == data_for::training)
      d.linear_classifier_percent = data::linear_classifier_accuracy(d.set);
  }
  cut(d.set.train, c.data.train_samples, d.set.inputs);
  cut(d.set.test, c.data.test_samples, d.set.inputs);
  const auto& pixels = d.set.train.images;
  const auto zeros = std::count(pixels.begin(), pixels.end(), 0);
  if (!pixels.empty()) d.nonzero_pixels = 1 - static_cast<double>(zeros) / static_cast<double>(pixels.size());
  return d;
}

} // namespace acf::platform
