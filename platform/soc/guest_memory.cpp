#include "platform/soc/guest_memory.hpp"

#include "platform/config/input_error.hpp"
#include "sw_stack/hal/memory_map.hpp"

#include <fmt/format.h>
#include <fstream>
#include <spdlog/spdlog.h>

namespace acf::platform {

namespace {

bool in_dram(soc& chip, std::uint64_t address, std::uint64_t length) {
  const auto size = chip.dram.store().size();
  return address >= hal::map::dram && address - hal::map::dram <= size && length <= size - (address - hal::map::dram);
}

std::uint64_t last_of(soc& chip) { return hal::map::dram + chip.dram.store().size() - 1; }

void write(soc& chip, std::uint64_t address, std::span<const std::uint8_t> bytes, const std::string& what) {
  if (!in_dram(chip, address, bytes.size()))
    throw input_error{fmt::format("{}: {} bytes at {:#x} do not fit into DRAM at {:#x}..{:#x}", what, bytes.size(),
                                  address, hal::map::dram, last_of(chip))};
  chip.dram.store().poke(address - hal::map::dram, bytes);
}

} // namespace

void load_memory(soc& chip, const program* program, std::span<const std::uint8_t> job,
                 const std::vector<load_request>& files) {
  if (program) {
    const memory_area dram{"DRAM", hal::map::dram, chip.dram.store().size()};
    program->image.check({&dram, 1});
    program->image.load([&](std::uint64_t address, std::span<const std::uint8_t> bytes) {
      write(chip, address, bytes, program->image.file().filename().string());
    });
    if (const auto log = spdlog::get("loader"))
      for (const auto& s : program->image.segments())
        log->debug("{}: {} bytes at {:#x}, {} of them from the file", program->image.file().filename().string(), s.size,
                   s.address, s.from_file.size());
  }
  if (!job.empty()) write(chip, hal::map::job_image, job, "job image");
  for (const auto& l : files) {
    std::ifstream file(l.file, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    write(chip, l.address, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
          "--load " + l.file.filename().string());
  }
}

std::vector<std::uint8_t> read_memory(soc& chip, std::uint64_t address, std::uint64_t length) {
  if (!in_dram(chip, address, length))
    throw input_error{fmt::format("{} bytes at {:#x} are not all in DRAM at {:#x}..{:#x}", length, address,
                                  hal::map::dram, last_of(chip))};
  std::vector<std::uint8_t> bytes(length);
  constexpr std::uint64_t piece = 1 << 20;
  for (std::uint64_t at = 0; at < length; at += piece)
    chip.harts[0]->peek(address + at, bytes.data() + at, static_cast<unsigned>(std::min(piece, length - at)));
  return bytes;
}

} // namespace acf::platform
