// Which code rang for a job, for messages about commands that fail much later.
#pragma once

#include "platform/soc/caller.hpp"
#include "platform/soc/program.hpp"
#include "platform/soc/soc.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace acf::platform {

class submissions : private host_bridge::observer {
public:
  submissions(soc& chip, const program* program); // it may be null

  // "submitted by hart 0 at ..., called from ..."; empty for a job of which too many have followed.
  std::string describe(std::uint32_t tile, std::uint64_t job) const;

private:
  // More than a tile can have under way.
  static constexpr std::size_t kept = 64;
  struct place {
    unsigned hart;
    std::uint64_t instruction; // of that hart: one store may ring for many tiles
    std::uint64_t pc;
    std::vector<caller> callers;
  };
  struct submission {
    std::uint64_t job = 0;
    std::shared_ptr<const place> from;
  };

  void submitted(std::uint32_t tile, std::uint64_t job) override;

  soc& chip_;
  const program* program_;
  std::vector<std::array<submission, kept>> latest_; // by tile
  std::shared_ptr<const place> last_;
};

} // namespace acf::platform
