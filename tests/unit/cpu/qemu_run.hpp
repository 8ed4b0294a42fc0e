// One memory image, run bare-metal here and by qemu-system-riscv64; what memory holds when it has ended.
#pragma once
#include "models/cpu/hart.hpp"
#include "tests/unit/cpu/random_program.hpp"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>

namespace acf::cpu::test {

inline constexpr std::uint64_t memory_bytes = 256 << 20, finisher = 0x100000;

class plain_machine : public bus {
public:
  struct release {
    void operator()(std::byte* p) const { std::free(p); }
  };
  // From calloc: pages that no program touches cost nothing.
  std::unique_ptr<std::byte[], release> memory{static_cast<std::byte*>(std::calloc(memory_bytes, 1))};
  bool finished = false;
  hart cpu{*this, hart_config{.id = 0, .reset_pc = program_base}};

  bus_result read(std::uint64_t, void*, unsigned, cycles&) override { return bus_result::fault; }
  bus_result write(std::uint64_t address, const void*, unsigned, cycles&) override {
    if (address != finisher) return bus_result::fault;
    finished = true;
    cpu.request_stop();
    return bus_result::ok;
  }
  std::optional<direct_region> direct(std::uint64_t address, bool) override {
    if (address - program_base >= memory_bytes) return {};
    return direct_region{program_base, program_base + memory_bytes - 1, memory.get(), true};
  }
  std::uint64_t time() override { return 0; }
};

// Until the finisher is written, or `limit` instructions have retired. Returns as much memory as the image was long.
inline std::vector<std::byte> run_ours(const std::vector<std::uint8_t>& image, std::uint64_t limit,
                                       cycles slice = 10'000) {
  plain_machine m;
  std::memcpy(m.memory.get(), image.data(), image.size());
  while (!m.finished && m.cpu.instret < limit)
    if (m.cpu.run(slice).why == stop::trap_loop) break;
  EXPECT_TRUE(m.finished) << "pc " << std::hex << m.cpu.pc << " mcause " << m.cpu.mcause << " mtval " << m.cpu.mtval;
  return {m.memory.get(), m.memory.get() + image.size()};
}

// The file is the machine's memory: it holds the image before and after.
inline std::vector<std::byte> run_qemu(const std::vector<std::uint8_t>& image) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("acf-cpu-" + std::to_string(::getpid()) + ".ram")).string();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
  std::filesystem::resize_file(path, memory_bytes);
  const std::string command = "timeout 120 qemu-system-riscv64 -M virt,memory-backend=ram -m 256M -bios none "
                              "-cpu rv64,h=off,zbc=off,v=off -accel tcg,thread=single -nographic -serial none "
                              "-monitor none -object memory-backend-file,id=ram,size=256M,share=on,mem-path=" +
                              path + " </dev/null";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::vector<std::byte> memory(image.size());
  std::ifstream(path, std::ios::binary)
      .read(reinterpret_cast<char*>(memory.data()), static_cast<std::streamsize>(memory.size()));
  std::filesystem::remove(path);
  return memory;
}

inline bool have_qemu() { return std::system("qemu-system-riscv64 --version >/dev/null 2>&1") == 0; }

inline std::vector<std::uint8_t> bytes_of(const std::string& file) {
  std::ifstream f(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(f), {}};
}

} // namespace acf::cpu::test
