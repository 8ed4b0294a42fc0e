// What a job image asks of a tile, read the way its sequencer reads it: records, views, scalars, in ring order.
#pragma once

#include "models/zbcc/datapath.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/job_image.hpp"
#include "sw_stack/hal/tile_registers.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

namespace acf::platform {

struct listed_command {
  hal::command record;
  std::optional<hal::extension> extension;
  std::vector<zbcc::resolved_view> views; // v0..v3, then the extension's
  bool is(hal::opcode op) const { return record.op == static_cast<std::uint8_t>(op); }
};

class job_listing {
public:
  // `image` as the job compiler makes it; must outlive this.
  explicit job_listing(std::span<const std::uint8_t> image);

  const hal::job::header& header() const { return head_; }
  std::uint32_t tiles() const { return head_.mesh_width * head_.mesh_height; }
  using scalars = std::array<std::uint64_t, hal::tile::scalars>;
  scalars first_scalars(std::uint32_t tile) const;
  // The records of a ring once through; SETREG changes `s` where it needs no memory.
  std::vector<listed_command> ring(std::uint32_t tile, hal::job::ring which, scalars& s) const;
  // Bytes of DRAM that the image occupies. Throws std::out_of_range beyond.
  std::span<const std::uint8_t> dram(std::uint64_t address, std::uint64_t bytes) const;

private:
  template <class T>
  T at(std::uint64_t offset) const {
    T value;
    const auto from = piece(offset, sizeof value);
    std::memcpy(&value, from.data(), sizeof value);
    return value;
  }
  std::span<const std::uint8_t> piece(std::uint64_t offset, std::uint64_t bytes) const {
    if (offset > image_.size() || bytes > image_.size() - offset) throw std::out_of_range("job image");
    return image_.subspan(offset, bytes);
  }

  std::span<const std::uint8_t> image_;
  hal::job::header head_;
};

} // namespace acf::platform
