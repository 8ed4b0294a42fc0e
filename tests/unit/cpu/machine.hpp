// A hart with 2 MiB of memory at 0x8000'0000 and one device, for tests.
#pragma once
#include "models/cpu/hart.hpp"
#include "tests/unit/cpu/assembler.hpp"
#include <functional>

namespace acf::cpu::test {

inline constexpr std::uint64_t memory_base = 0x8000'0000, device_base = 0x1000'0000;

class memory_bus : public bus {
public:
  std::vector<std::byte> memory = std::vector<std::byte>(2 << 20);
  bool offer_direct = true;
  std::uint64_t now = 0;
  cycles device_latency = 10;
  std::uint64_t device_value = 0;
  unsigned device_reads = 0, device_writes = 0;
  std::function<void()> on_device; // during an access

  bus_result read(std::uint64_t address, void* data, unsigned size, cycles& latency) override {
    if (std::byte* p = at(address, size)) return std::memcpy(data, p, size), bus_result::ok;
    if (address - device_base >= 0x1000) return bus_result::fault;
    ++device_reads;
    latency = device_latency;
    std::memcpy(data, &device_value, size);
    if (on_device) on_device();
    return bus_result::ok;
  }
  bus_result write(std::uint64_t address, const void* data, unsigned size, cycles& latency) override {
    if (std::byte* p = at(address, size)) return std::memcpy(p, data, size), bus_result::ok;
    if (address - device_base >= 0x1000) return bus_result::fault;
    ++device_writes;
    latency = device_latency;
    device_value = 0;
    std::memcpy(&device_value, data, size);
    if (on_device) on_device();
    return bus_result::ok;
  }
  std::optional<direct_region> direct(std::uint64_t address, bool) override {
    if (!offer_direct || !at(address, 1)) return {};
    return direct_region{memory_base, memory_base + memory.size() - 1, memory.data(), true};
  }
  bool is_memory(std::uint64_t address) override { return at(address, 1) != nullptr; }
  std::uint64_t time() override { return now; }

  std::byte* at(std::uint64_t address, std::uint64_t size) {
    const std::uint64_t offset = address - memory_base;
    return offset < memory.size() && size <= memory.size() - offset ? memory.data() + offset : nullptr;
  }
  template <class T>
  T get(std::uint64_t address) {
    T v;
    std::memcpy(&v, at(address, sizeof v), sizeof v);
    return v;
  }
  template <class T>
  void put(std::uint64_t address, T v) {
    std::memcpy(at(address, sizeof v), &v, sizeof v);
  }
};

struct machine {
  memory_bus ram;
  hart cpu;
  std::uint64_t end = memory_base; // where the next instruction goes

  explicit machine(hart_config config = {}) : cpu(ram, with_reset(config)) {
    cpu.mtvec = memory_base + 0x8000;
    cpu.mstatus |= status::fs | status::sd;
    for (unsigned r = 1; r < 32; ++r) cpu.x[r] = 0;
    cpu.code_changed();
  }
  static hart_config with_reset(hart_config c) {
    c.reset_pc = memory_base;
    return c;
  }
  machine& put(std::string_view name, std::initializer_list<std::int64_t> operands = {}) {
    return word(assemble(name, operands));
  }
  machine& word(std::uint32_t w) {
    ram.put(end, w);
    end += 4;
    return *this;
  }
  machine& half(std::uint16_t h) {
    ram.put(end, h);
    end += 2;
    return *this;
  }
  // Runs exactly `n` instructions (or trap entries).
  machine& steps(unsigned n) {
    while (n--) cpu.step();
    return *this;
  }
};

} // namespace acf::cpu::test
