// March over the SRAM of every tile, through the DMA and the mesh.
#include <cstring>

#include "firmware/apps/selftest/job.hpp"

namespace acf::selftest {
namespace {

constexpr std::uint32_t chunk_rows = 64, row_words = 256; // 64 KiB at a time
constexpr std::uint32_t chunk_bytes = chunk_rows * row_words * 4;

// A word that names its place, or its complement: neighbours, aliases and stuck bits all show.
std::uint32_t pattern(std::uint32_t tile, std::uint32_t address, bool inverted) {
  const auto word = (tile << 24 | address) * 0x9E37'79B1u + 1;
  return inverted ? ~word : word;
}

struct march {
  bench& b;
  std::uint32_t tile, chunks;
  std::uint32_t* words = reinterpret_cast<std::uint32_t*>(shared.tensors.data());

  // One chunk between DRAM and SRAM; `mode` is load or store.
  void copy(std::uint32_t chunk, std::uint32_t mode) {
    job j(b, tile);
    const auto view = j.view({.base = chunk * chunk_bytes,
                              .type = static_cast<std::uint8_t>(element::u32),
                              .dim = {chunk_rows, row_words, 1, 1},
                              .stride = {row_words * 4, 4, 0, 0}});
    const auto image = reinterpret_cast<std::uint64_t>(words);
    const auto from = mode == hal::copy_mode::store ? view : hal::no_view;
    const auto to = mode == hal::copy_mode::load ? view : hal::no_view;
    j.add(opcode::copy, {from, to, hal::no_view, hal::no_view}).param = {mode, low(image), high(image)};
    j.run();
  }
  void write(std::uint32_t chunk, bool inverted) {
    for (std::uint32_t n = 0; n < chunk_bytes / 4; ++n) words[n] = pattern(tile, chunk * chunk_bytes + 4 * n, inverted);
    copy(chunk, hal::copy_mode::load);
  }
  void read(std::uint32_t chunk, bool inverted) {
    std::memset(words, 0, chunk_bytes);
    copy(chunk, hal::copy_mode::store);
    for (std::uint32_t n = 0; n < chunk_bytes / 4; ++n)
      if (const auto expected = pattern(tile, chunk * chunk_bytes + 4 * n, inverted); words[n] != expected)
        b.expect("word of SRAM", words[n], expected);
  }
};

} // namespace

// Up: write. Up: read, write the complement. Down: read the complement.
void memory_march(bench& b) {
  const auto& chip = b.fabric.description();
  static_assert(chunk_bytes <= sizeof shared.tensors);
  for (std::uint32_t tile = 0; tile < chip.tiles; ++tile) {
    march m{b, tile, chip.sram_kib * 1024 / chunk_bytes};
    for (std::uint32_t n = 0; n < m.chunks; ++n) m.write(n, false);
    for (std::uint32_t n = 0; n < m.chunks; ++n) {
      m.read(n, false);
      m.write(n, true);
    }
    for (std::uint32_t n = m.chunks; n-- > 0;) m.read(n, true);
  }
}

} // namespace acf::selftest
