#include "sw_stack/data/idx_files.hpp"

#include "sw_stack/data/compressed_file.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace acf::data {
namespace {

constexpr std::uint32_t images_magic = 0x0000'0803, labels_magic = 0x0000'0801;
constexpr std::uint32_t fewest_classes = 10;
constexpr std::uint64_t largest = std::uint64_t{1} << 31;

std::string find(const std::string& directory, const std::string& name) {
  for (const auto* ending : {"", ".gz"}) {
    const auto path = directory + "/" + name + ending;
    if (std::filesystem::is_directory(path)) throw input_error(path + ": is a directory, expected a file");
    if (std::filesystem::is_regular_file(path)) return path;
  }
  throw input_error(directory + ": neither " + name + " nor " + name + ".gz is there; expected the four IDX files");
}

class idx_file {
public:
  explicit idx_file(const std::string& name) : path(name), file(name) {}

  std::uint32_t word(const char* what) {
    std::uint8_t b[4];
    read(b, 4, what);
    return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
  }

  void expect_magic(std::uint32_t magic, const char* kind) {
    if (const auto found = word("the magic number"); found != magic) {
      char text[128];
      std::snprintf(text, sizeof text, ": magic number 0x%08x, expected 0x%08x (%s)", found, magic, kind);
      throw input_error(path + text);
    }
  }

  std::vector<std::uint8_t> bytes(std::uint64_t n, const std::string& what) {
    if (n > largest)
      throw input_error(path + ": " + what + " would be " + std::to_string(n) + " bytes; not believable");
    std::vector<std::uint8_t> out(n);
    read(out.data(), n, what);
    return out;
  }

  void expect_end() {
    std::uint8_t extra;
    if (file.read(&extra, 1) > 0) throw input_error(path + ": has more bytes than its header says");
  }

  const std::string path;

private:
  void read(std::uint8_t* to, std::uint64_t n, const std::string& what) {
    if (const auto done = file.read(to, n); done < n)
      throw input_error(path + ": ends after " + std::to_string(done) + " of the " + std::to_string(n) + " bytes of " +
                        what);
  }
  compressed_file file;
};

struct image_size {
  std::uint32_t height = 0, width = 0;
  bool operator==(const image_size&) const = default;
  std::string text() const { return std::to_string(height) + " x " + std::to_string(width); }
};

struct labelled {
  samples content;
  std::string label_file;
};

// `size`: of the images of the training set, if that has been read.
labelled read_part(const std::string& directory, const std::string& part, image_size& size) {
  idx_file images(find(directory, part + "-images-idx3-ubyte"));
  images.expect_magic(images_magic, "images: unsigned bytes, three dimensions");
  const std::uint32_t count = images.word("its header");
  image_size found;
  found.height = images.word("its header"), found.width = images.word("its header");
  if (count == 0 || found.height == 0 || found.width == 0 || found.height > 4096 || found.width > 4096)
    throw input_error(images.path + ": " + std::to_string(count) + " images of " + found.text() +
                      "; expected at least one, of 1 to 4096 pixels each way");
  if (size != image_size{} && size != found)
    throw input_error(images.path + ": images of " + found.text() + ", expected " + size.text() +
                      " as in the training set");
  size = found;

  idx_file labels(find(directory, part + "-labels-idx1-ubyte"));
  labels.expect_magic(labels_magic, "labels: unsigned bytes, one dimension");
  if (const auto n = labels.word("its header"); n != count)
    throw input_error(labels.path + ": " + std::to_string(n) + " labels, expected " + std::to_string(count) +
                      ", one for each image of " + images.path);

  samples s;
  s.images = images.bytes(std::uint64_t{count} * size.height * size.width, std::to_string(count) + " images");
  s.labels = labels.bytes(count, std::to_string(count) + " labels");
  images.expect_end();
  labels.expect_end();
  return {std::move(s), labels.path};
}

// The files do not say how many classes there are. Ten, or as many as the training labels go on without a gap: a label
// behind a gap is a mistake, and so is one that occurs only once.
std::uint32_t count_classes(const samples& train) {
  std::array<std::uint32_t, 256> occurs{};
  for (const auto label : train.labels) ++occurs[label];
  std::uint32_t classes = fewest_classes;
  while (classes < occurs.size() && occurs[classes] > 1) ++classes;
  return classes;
}

void check_labels(const labelled& part, std::uint32_t classes, const std::string& gap) {
  const auto& labels = part.content.labels;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] >= classes)
      throw input_error(part.label_file + ": label " + std::to_string(labels[i]) + " at position " + std::to_string(i) +
                        ", expected 0 to " + std::to_string(classes - 1) + gap);
}

} // namespace

data_set read_idx(const std::string& directory) {
  if (!std::filesystem::is_directory(directory)) throw input_error(directory + ": is not a directory");
  data_set d;
  image_size size;
  labelled train = read_part(directory, "train", size), test = read_part(directory, "t10k", size);
  d.inputs = size.height * size.width;
  d.shape = {1, size.height, size.width};
  d.classes = count_classes(train.content);
  const auto& labels = train.content.labels;
  const bool never = std::find(labels.begin(), labels.end(), d.classes) == labels.end();
  const std::string gap = std::string(never ? ": no training image has" : ": only one training image has") + " label " +
                          std::to_string(d.classes);
  for (const auto* part : {&train, &test}) check_labels(*part, d.classes, gap);
  d.train = std::move(train.content);
  d.test = std::move(test.content);
  return d;
}

} // namespace acf::data
