#include "platform/plan/plan.hpp"

#include "models/same/dealing.hpp"
#include "models/zbcc/datapath.hpp"
#include "platform/plan/job_listing.hpp"
#include "platform/plan/tile_memory.hpp"
#include "sw_stack/hal/command_names.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace acf::platform {
namespace {

using hal::opcode;

struct load { // of one tile in one phase: cycles of its units, bytes
  std::uint64_t matrix = 0, vector = 0, dram_bytes = 0, sent = 0, received = 0;
  load& operator+=(const load& l) {
    matrix += l.matrix, vector += l.vector, dram_bytes += l.dram_bytes, sent += l.sent, received += l.received;
    return *this;
  }
};

std::vector<std::uint32_t> members(std::uint32_t set, std::uint32_t width) {
  std::vector<std::uint32_t> tiles;
  for (std::uint32_t y = set >> 8 & 255; y <= set >> 24; ++y)
    for (std::uint32_t x = set & 255; x <= (set >> 16 & 255); ++x) tiles.push_back(y * width + x);
  return tiles;
}

class planner {
public:
  planner(const planned_chip& chip, std::span<const std::uint8_t> image, const assumed_densities& assumed,
          std::uint64_t seed)
      : chip_(chip), jobs_(image), assumed_(assumed), seed_(seed) {
    for (std::uint32_t t = 0; t < jobs_.tiles(); ++t) {
      datapaths_.emplace_back(chip.engines.at(t), chip.vector_lanes);
      memories_.emplace_back(chip.sram_bytes);
      scalars_.push_back(jobs_.first_scalars(t));
    }
  }

  // Lists of blocks and first weights are in SRAM when the setup job has been done.
  void set_up() {
    for (std::uint32_t t = 0; t < jobs_.tiles(); ++t)
      for (const auto& command : jobs_.ring(t, hal::job::setup, scalars_[t])) {
        if (zbcc::datapath::executes(command.record)) {
          auto work = prepare(t, command);
          work.compute();
          work.commit();
        } else if (command.is(opcode::copy))
          set_up_by_copy(t, command);
      }
  }

  void step() {
    for (std::uint32_t t = 0; t < jobs_.tiles(); ++t)
      for (const auto& command : jobs_.ring(t, hal::job::step, scalars_[t])) count(t, command);
  }

  std::vector<planned_phase> phases() const {
    std::vector<planned_phase> all;
    std::vector<load> whole(jobs_.tiles());
    for (const auto& [tag, tiles] : loads_) {
      auto& p = all.emplace_back(busiest(tiles));
      if (const auto layer = hal::layer_of_tag(tag)) p.layer = fmt::format("layer{}", layer);
      p.phase = hal::phase_of_tag(tag);
      if (p.phase.empty()) p.phase = "other";
      for (std::size_t t = 0; t < tiles.size(); ++t) whole[t] += tiles[t];
    }
    all.push_back(busiest(whole));
    all.back().phase = "step";
    return all;
  }

private:
  const planned_chip& chip_;
  job_listing jobs_;
  assumed_densities assumed_;
  std::uint64_t seed_;
  std::vector<zbcc::datapath> datapaths_;
  std::vector<tile_memory> memories_;
  std::vector<job_listing::scalars> scalars_;
  std::map<std::uint16_t, std::vector<load>> loads_; // by tag

  planned_phase busiest(const std::vector<load>& tiles) const {
    planned_phase p;
    std::uint64_t port = 0; // bytes through the busiest network interface, in either direction
    for (const load& l : tiles) {
      p.tiles += l.matrix || l.vector || l.dram_bytes || l.sent || l.received;
      p.dram_bytes += l.dram_bytes, p.mesh_bytes += l.received;
      p[resource::matrix] = std::max(p[resource::matrix], l.matrix);
      p[resource::vector] = std::max(p[resource::vector], l.vector);
      port = std::max({port, l.sent, l.received});
    }
    p[resource::mesh] = (port + chip_.link_bytes - 1) / chip_.link_bytes;
    p[resource::dram] =
        static_cast<std::uint64_t>(std::ceil(static_cast<double>(p.dram_bytes) / chip_.dram_bytes_per_cycle));
    return p;
  }

  std::uint64_t in_accesses(std::uint64_t bytes) const {
    return (bytes + chip_.dram_access_bytes - 1) / chip_.dram_access_bytes * chip_.dram_access_bytes;
  }

  zbcc::prepared prepare(std::uint32_t t, const listed_command& command) {
    auto result = datapaths_[t].prepare(command.record, command.extension ? &*command.extension : nullptr,
                                        command.views, scalars_[t], memories_[t].bytes());
    if (!result)
      throw std::logic_error{fmt::format("plan: tile {} would refuse {}: error {} at {}", t,
                                         hal::name_of(static_cast<opcode>(command.record.op)),
                                         static_cast<int>(result.error.cause), result.error.address)};
    return std::move(*result.work);
  }

  void set_up_by_copy(std::uint32_t t, const listed_command& command) {
    const auto& p = command.record.param;
    if (p[0] == hal::copy_mode::load)
      memories_[t].load(command.views[1], p[3], [&](std::uint64_t offset, std::uint64_t bytes) {
        return jobs_.dram((p[1] | std::uint64_t{p[2]} << 32) + offset, bytes);
      });
    if (p[0] == hal::copy_mode::send)
      for (const auto other : members(p[4], jobs_.header().mesh_width))
        if (other != t) memories_[other].take(command.views[1], memories_[t], command.views[0]);
  }

  void count(std::uint32_t t, const listed_command& command) {
    const auto& p = command.record.param;
    const auto of = [&](std::uint32_t tile) -> load& {
      auto& tiles = loads_[command.record.tag];
      tiles.resize(jobs_.tiles());
      return tiles[tile];
    };
    of(t).dram_bytes += hal::command_bytes * (command.extension ? 2 : 1); // every doorbell fetches the list anew
    if (zbcc::datapath::executes(command.record)) {
      if (command.is(opcode::mm) || command.is(opcode::sddmm)) assume_operands(t, command);
      const auto work = prepare(t, command);
      (work.where == zbcc::unit::matrix ? of(t).matrix : of(t).vector) += work.busy;
    } else if (command.is(opcode::gather) || (command.is(opcode::copy) && p[0] == hal::copy_mode::load))
      of(t).dram_bytes += in_accesses(bytes_of(command.views[1]));
    else if (command.is(opcode::copy) && p[0] == hal::copy_mode::store)
      of(t).dram_bytes += in_accesses(bytes_of(command.views[0]));
    else if (command.is(opcode::setreg) && p[1] >= hal::setreg_op::load32)
      of(t).dram_bytes += in_accesses(1);
    else if (command.is(opcode::copy) && p[0] == hal::copy_mode::send) {
      const std::uint64_t bytes = bytes_of(command.views[0]);
      const auto set = members(p[4], jobs_.header().mesh_width);
      for (const auto other : set)
        if (other != t) of(other).received += bytes;
      if (set.size() > 1 || set.front() != t) of(t).sent += bytes; // a multicast leaves its source once
    } else if (command.is(opcode::copy) && p[0] == hal::copy_mode::deal)
      for (const auto& [other, bytes] : dealt(t, command))
        if (other != t) of(other).received += bytes, of(t).sent += bytes;
  }

  // What every tile gets of a matrix that is dealt out by the lists that are in SRAM.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> dealt(std::uint32_t t, const listed_command& command) {
    const auto &from = command.views[0], &list = command.views[2];
    const auto set = members(command.record.param[4], jobs_.header().mesh_width);
    std::vector<std::uint32_t> columns(list.record.dim[0]);
    for (std::size_t i = 0; i < columns.size(); ++i)
      std::memcpy(&columns[i],
                  memories_[t].bytes().data() + list.record.base + list.offset + i * list.record.stride[0] +
                      4 * command.record.param[5],
                  4);
    const auto element = hal::bytes_of(static_cast<hal::element>(from.record.type));
    std::vector<std::pair<std::uint32_t, std::uint64_t>> all;
    for (std::uint32_t k = 0; k < set.size(); ++k) {
      const auto own = same::slots_of(k, static_cast<std::uint32_t>(set.size()), list.record.dim[0]);
      std::uint64_t bytes = 0;
      for (const auto& r : same::runs_of(std::span(columns).subspan(own.first, own.count),
                                         from.record.dim[1] / same::dealt_columns, element))
        bytes += r.count + same::piece_header;
      all.emplace_back(set[k], bytes * from.record.dim[0]);
    }
    return all;
  }

  // Weights and block lists are what they are; pixels, activations and gradients are made up.
  void assume_operands(std::uint32_t t, const listed_command& command) {
    const bool sampled = command.is(opcode::sddmm); // p0 has the phase bits at the same place
    const auto phase = static_cast<hal::phase>(command.record.param[0] >> hal::mm_flag::phase_shift & 3);
    const bool forward = phase == hal::phase::forward && !sampled;
    const auto of = assumed_.layers.at(hal::layer_of_tag(command.record.tag) - 1);
    const auto fill = [&](std::size_t view, double density) {
      const bool pixels = static_cast<hal::element>(command.views[view].record.type) == hal::element::u8;
      memories_[t].fill(command.views[view], pixels ? assumed_.images : density, seed_);
    };
    fill(0, forward ? of.inputs : of.gradient);
    if (phase == hal::phase::weight_gradient || sampled) fill(1, of.inputs);
  }
};

} // namespace

resource planned_phase::bottleneck() const {
  return static_cast<resource>(std::max_element(cycles.begin(), cycles.end()) - cycles.begin());
}

std::vector<planned_phase> plan_step(const planned_chip& chip, std::span<const std::uint8_t> image,
                                     const assumed_densities& assumed, std::uint64_t seed) {
  planner p(chip, image, assumed, seed);
  p.set_up();
  p.step();
  return p.phases();
}

} // namespace acf::platform
