// Any file instead of an ELF image: read, or refused by an input_error.
#include "platform/loader/elf_image.hpp"
#include "platform/config/input_error.hpp"
#include <sys/mman.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = memfd_create("image", 0);
  if (file < 0 || write(file, data, size) != static_cast<ssize_t>(size)) __builtin_trap();
  try {
    using namespace acf::platform;
    const elf_image image("/proc/self/fd/" + std::to_string(file));
    const memory_area dram{"DRAM", 0x8000'0000, 1 << 20};
    image.check({&dram, 1});
    image.find("tohost");
    std::size_t bytes = 0;
    image.load([&](std::uint64_t, std::span<const std::uint8_t> part) { bytes += part.size(); });
  } catch (const acf::platform::input_error&) {
  }
  close(file);
  return 0;
}
