// Several register banks in one address window, e.g. the fabric's global block, its tiles and its routers.
#pragma once

#include <vector>

#include "models/common/register_bank.hpp"

namespace acf::common {

class register_space final : public register_target {
public:
  // Places a port at [base, base + size) of the window; std::logic_error if that overlaps another.
  void place(std::uint64_t base, std::uint64_t size, register_target& port);
  void place(std::uint64_t base, register_bank& bank) { place(base, bank.block().size, bank); }

  access_result read(std::uint64_t offset, unsigned size, std::uint64_t& value) override;
  access_result write(std::uint64_t offset, unsigned size, std::uint64_t value) override;
  std::size_t peek(std::uint64_t offset, std::span<std::uint8_t> bytes) const override;
  std::size_t poke(std::uint64_t offset, std::span<const std::uint8_t> bytes) override;

private:
  struct range {
    std::uint64_t base, size;
    register_target* port;
  };
  const range* find(std::uint64_t offset) const;

  std::vector<range> ranges; // by base
};

} // namespace acf::common
