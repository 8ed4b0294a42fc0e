// Loads and clears of the setup job; counts what raises semaphore::loaded. Loads take turns on the two channels.
#pragma once

#include "sw_stack/compiler/design.hpp"

namespace acf::compiler {

class setup_loader {
public:
  explicit setup_loader(tile_code& the_code) : code(the_code) {}
  std::uint32_t raised = 0;

  void load(const tensor& to, std::uint64_t address, std::uint32_t pitch = 0) {
    code.load(to, address, {.then = {semaphore::loaded, 1}, .channel1 = (raised & 1) != 0, .tag = tag::setup}, pitch);
    ++raised;
  }
  void words(std::uint32_t base, std::uint32_t n, std::uint64_t address) {
    load(vector_of(hal::element::u32, base, n), address);
  }
  void clear(std::uint32_t base, std::uint32_t n) {
    code.fill_zero(vector_of(hal::element::f32, base, n), {.then = {semaphore::loaded, 1}, .tag = tag::setup});
    ++raised;
  }
  void await() {
    code.wait(semaphore::loaded, raised);
    raised = 0;
  }

private:
  tile_code& code;
};

} // namespace acf::compiler
