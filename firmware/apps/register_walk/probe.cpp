#include "firmware/apps/register_walk/probe.hpp"

#include "firmware/start/trap.hpp"

namespace acf::register_walk {
namespace {

volatile bool trapped = false;
std::uint64_t expected_value = 0;
unsigned wrong_values = 0;

void on_fault(trap::frame& f) {
  trapped = true;
  if (f.value != expected_value) ++wrong_values;
  f.skip_instruction();
}

template <class word>
std::uint64_t load(std::uint64_t address) {
  return *reinterpret_cast<const volatile word*>(address);
}
template <class word>
void store(std::uint64_t address, std::uint64_t value) {
  *reinterpret_cast<volatile word*>(address) = static_cast<word>(value);
}

void begin(std::uint64_t address) {
  trapped = false;
  expected_value = address;
}

// A device write may be posted: the fence waits for its answer before the flag is looked at.
bool succeeded() {
  asm volatile("fence iorw, iorw" ::: "memory");
  return !trapped;
}

} // namespace

void start_probing() {
  using trap::exception;
  for (const auto which :
       {exception::load_misaligned, exception::load_access, exception::store_misaligned, exception::store_access})
    trap::on(which, on_fault);
}

std::optional<std::uint64_t> read(std::uint64_t address, unsigned bytes) {
  begin(address);
  std::uint64_t value = 0;
  switch (bytes) {
  case 1: value = load<std::uint8_t>(address); break;
  case 2: value = load<std::uint16_t>(address); break;
  case 4: value = load<std::uint32_t>(address); break;
  default: value = load<std::uint64_t>(address);
  }
  return succeeded() ? std::optional(value) : std::nullopt;
}

bool write(std::uint64_t address, unsigned bytes, std::uint64_t value) {
  begin(address);
  switch (bytes) {
  case 1: store<std::uint8_t>(address, value); break;
  case 2: store<std::uint16_t>(address, value); break;
  case 4: store<std::uint32_t>(address, value); break;
  default: store<std::uint64_t>(address, value);
  }
  return succeeded();
}

unsigned wrong_trap_values() { return wrong_values; }

} // namespace acf::register_walk
