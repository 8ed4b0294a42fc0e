// Readers of files and packets, each on ten thousand seeded mutations of good input: they succeed, or refuse with an
// error that has a text. Anything else ends the test program.
#include "platform/config/input_error.hpp"
#include "platform/config/reader.hpp"
#include "platform/energy/table.hpp"
#include "platform/gdb/packet.hpp"
#include "platform/loader/elf_image.hpp"
#include "platform/loader/npz_file.hpp"
#include "platform/loader/symboliser.hpp"
#include "platform/matmul/array_file.hpp"
#include "platform/report/npz.hpp"
#include "platform/reproduce/targets.hpp"
#include "sw_stack/data/idx_files.hpp"
#include "sw_stack/data/table_files.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <unistd.h>

namespace acf {
namespace {

using bytes = std::string;
constexpr unsigned rounds = 10'000;

class mutation : public testing::Test {
protected:
  mutation() : folder_(std::filesystem::temp_directory_path() / ("acf-mutation-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~mutation() override { std::filesystem::remove_all(folder_); }

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  // A few bytes within the first `reach` are changed; sometimes the end is missing, or something is there twice.
  bytes mutate(bytes b, std::size_t reach) {
    static constexpr unsigned char nasty[] = {0, 1, 0x7F, 0x80, 0xFF, '\n', ':', '{'};
    for (auto n = 1 + below(6); n > 0 && !b.empty(); --n)
      b[below(std::min(reach, b.size()))] = static_cast<char>(below(2) ? nasty[below(std::size(nasty))] : random_());
    if (below(5) == 0) b.resize(below(b.size() + 1));
    if (below(8) == 0 && !b.empty()) b.insert(below(b.size()), b.substr(below(b.size()), below(64)));
    return b;
  }
  std::filesystem::path put(const std::string& name, const bytes& b) {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << b;
    return path;
  }
  static bytes whole(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  template <class error, class function>
  void attempt(function f) {
    try {
      f();
      ++accepted;
    } catch (const error& e) {
      EXPECT_STRNE(e.what(), "");
      ++refused;
    }
  }

  std::mt19937_64 random_{1};
  std::filesystem::path folder_;
  unsigned accepted = 0, refused = 0;
};

} // namespace

TEST_F(mutation, elf) {
  const auto good = whole(ACF_HELLO);
  ASSERT_GT(good.size(), 1000u);
  const platform::memory_area dram{"DRAM", 0x8000'0000, 64 << 20};
  for (unsigned n = 0; n < rounds; ++n) {
    const auto file = put("x.elf", mutate(good, n % 2 ? 256 : good.size()));
    attempt<platform::input_error>([&] {
      const platform::elf_image image(file);
      image.check({&dram, 1});
      std::uint64_t loaded = 0;
      image.load([&](std::uint64_t, std::span<const std::uint8_t> b) { loaded += b.size(); });
      ASSERT_LE(loaded, dram.size);
      if (n % 16 == 0) static_cast<void>(to_string(platform::symboliser(image).locate(image.entry())));
    });
  }
  EXPECT_GT(accepted, 100u);
  EXPECT_GT(refused, 100u);
}

TEST_F(mutation, scenario) {
  const bytes good = "name: x\nfirmware: hello\nmesh: {width: 2, height: 2}\ntile.0_0.engine: dense\ntrain:\n"
                     "  hidden: [128, 64]\n  lr: 0.05\n  recipe: rigl\nexpect:\n  - test_accuracy_percent >= 1\n";
  for (unsigned n = 0; n < rounds; ++n) {
    const auto reading = platform::read_config(put("s.yaml", mutate(good, good.size())), {});
    for (const auto& c : reading.complaints) EXPECT_NE(c.line(), "");
    ++(reading.ok() ? accepted : refused);
  }
  EXPECT_GT(accepted, 10u);
  EXPECT_GT(refused, 100u);
}

TEST_F(mutation, set_option) {
  static constexpr const char* good[] = {"mesh.width=4", "train.lr=0.05", "tile.1_1.engine=dense", "train.hidden=[3,4]",
                                         "dram.preset=hbm2"};
  for (unsigned n = 0; n < rounds; ++n) {
    const std::string set = mutate(good[n % std::size(good)], 30);
    const auto reading = platform::read_config({}, {&set, 1});
    for (const auto& c : reading.complaints) EXPECT_NE(c.line(), "");
    ++(reading.ok() ? accepted : refused);
  }
  EXPECT_GT(accepted, 0u);
  EXPECT_GT(refused, 100u);
}

TEST_F(mutation, idx) {
  const bytes images = bytes("\0\0\x08\x03\0\0\0\x04\0\0\0\x02\0\0\0\x02", 16) + bytes(16, '\x11');
  const bytes labels = bytes("\0\0\x08\x01\0\0\0\x04\0\1\2\3", 12);
  for (unsigned n = 0; n < rounds; ++n) {
    const auto victim = below(4);
    for (const std::size_t part : {0u, 1u}) {
      const std::string prefix = part ? "t10k" : "train";
      const auto damaged = [&](const bytes& b, std::size_t which) { return victim == which ? mutate(b, b.size()) : b; };
      put(prefix + "-images-idx3-ubyte", damaged(images, 2 * part));
      put(prefix + "-labels-idx1-ubyte", damaged(labels, 2 * part + 1));
    }
    attempt<data::input_error>([&] { static_cast<void>(data::read_idx(folder_.string())); });
  }
  EXPECT_GT(accepted, 100u);
  EXPECT_GT(refused, 100u);
}

TEST_F(mutation, tables) {
  const bytes good = "0,16,3,1\n4,5,6,0\n1,2,3,1\n";
  for (const char* victim : {"x.tra", "x.tes"}) {
    put("x.tra", good), put("x.tes", good);
    for (unsigned n = 0; n < rounds / 5; ++n) {
      put(victim, mutate(good, good.size()));
      attempt<data::input_error>([&] { static_cast<void>(data::read_tables(folder_.string())); });
    }
  }
  EXPECT_GT(accepted, 20u); // most changes leave no table
  EXPECT_GT(refused, 100u);
}

TEST_F(mutation, npz) {
  const bytes good = platform::npz({{"a", {2, 3}, {1, 2, 3, 4, 5, 6}}, {"b", {}, {7}}});
  for (unsigned n = 0; n < rounds; ++n)
    attempt<platform::input_error>(
        [&] { static_cast<void>(platform::read_npz(put("x.npz", mutate(good, good.size())))); });
  EXPECT_GT(accepted, 100u);
  EXPECT_GT(refused, 100u);
}

TEST_F(mutation, arrays_of_matmul) {
  const float values[] = {1, 2, 3, 4, 5, 6};
  const std::size_t shape[] = {2, 3};
  const bytes plain = platform::npy_of(shape, values),
              archive = platform::npz({{"a", {2, 3}, {1, 2, 3, 4, 5, 6}}, {"b", {}, {7}}});
  for (unsigned n = 0; n < rounds; ++n) {
    const bytes& good = n % 2 ? plain : archive;
    const auto file = put(n % 2 ? "x.npy" : "x.npz", mutate(good, n % 4 < 2 ? 80 : good.size()));
    attempt<platform::input_error>([&] {
      const platform::array a = platform::read_array(file.string() + (n % 2 ? "" : ":a"));
      for (std::size_t i = 0; i < a.size(); ++i) static_cast<void>(a.value(i));
    });
  }
  EXPECT_GT(accepted, 100u);
  EXPECT_GT(refused, 100u);
}

TEST_F(mutation, energy_tables) {
  const bytes good = whole(std::filesystem::path(ACF_TABLES) / "28nm.yaml");
  for (unsigned n = 0; n < rounds / 10; ++n)
    attempt<platform::input_error>(
        [&] { static_cast<void>(platform::read_energy_table(put("t.yaml", mutate(good, good.size())))); });
  EXPECT_GT(accepted, 100u);
  EXPECT_GT(refused, 100u);
}

TEST_F(mutation, published_figures) {
  const bytes good = whole(std::filesystem::path(ACF_TABLES) / "targets.csv").substr(0, 2000) + "\n";
  for (unsigned n = 0; n < rounds; ++n)
    attempt<platform::input_error>([&] {
      for (const auto& t : platform::read_targets(put("t.csv", mutate(good, good.size()))))
        static_cast<void>(compare(platform::parse_claim(t.value), {1, 2}));
    });
  EXPECT_GT(accepted, 10u);
  EXPECT_GT(refused, 100u);
}

TEST_F(mutation, gdb_packets) {
  const bytes good = platform::gdb::frame("vCont;s:1;c") + "+" + platform::gdb::frame("X80000000,4:a}\x03z") + "\x03" +
                     platform::gdb::frame("qSupported:multiprocess+");
  platform::gdb::packet_reader reader(1000);
  for (unsigned n = 0; n < rounds; ++n) {
    reader.feed(mutate(good, good.size()));
    while (const auto r = reader.next()) {
      ++(r->what == platform::gdb::received::packet ? accepted : refused);
      ASSERT_LE(r->payload.size(), 1000u);
      std::string_view text = r->payload;
      static_cast<void>(platform::gdb::take_hex(text));
      static_cast<void>(platform::gdb::from_hex(text));
      static_cast<void>(platform::gdb::little_endian_value(text));
    }
  }
  EXPECT_GT(accepted, 100u);
  EXPECT_GT(refused, 100u);
}

} // namespace acf
