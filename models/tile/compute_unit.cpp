#include "models/tile/compute_unit.hpp"

#include "models/sequencer/sequencer.hpp"

#include <algorithm>

namespace acf::tile {

using common::cycles;
using sequencer::command_failure;
using sequencer::dispatched;

namespace {

constexpr cycles worth_a_thread = 1024; // below, waking another host thread takes longer than the arithmetic

std::array<zbcc::resolved_view, 8> views_of(const dispatched& d) {
  std::array<zbcc::resolved_view, 8> views{};
  for (unsigned i = 0; i < views.size(); ++i)
    if (d.has_view[i]) views[i] = {d.view[i], d.offset[i], zbcc::resolved_view::state::defined};
  return views;
}

same::byte_range range_of(const zbcc::footprint& f) { return {f.begin, f.bytes, f.rows, f.pitch}; }

std::vector<same::byte_range> ranges_of(const std::vector<zbcc::footprint>& list) {
  std::vector<same::byte_range> ranges(list.size());
  std::transform(list.begin(), list.end(), ranges.begin(), range_of);
  return ranges;
}

} // namespace

void lane_account::add(const zbcc::chunk_cost& cost, zbcc::multiplier type, std::uint32_t lanes) {
  executed += cost.executed;
  products[static_cast<std::size_t>(type)] += cost.executed;
  skipped += cost.skipped;
  slots += cost.busy * lanes;
  skipping += cost.sparse_logic * lanes;
  delivered += cost.delivered, cached += cost.cached, fetched += cost.fetched;
  for (std::size_t i = 0; i < idle.size(); ++i) idle[i] += cost.idle[i];
}

lane_account& lane_account::operator+=(const lane_account& other) {
  executed += other.executed, skipped += other.skipped, slots += other.slots;
  for (std::size_t i = 0; i < products.size(); ++i) products[i] += other.products[i];
  for (std::size_t i = 0; i < idle.size(); ++i) idle[i] += other.idle[i];
  skipping += other.skipping, vector += other.vector, sram_bytes += other.sram_bytes;
  delivered += other.delivered, cached += other.cached, fetched += other.fetched;
  a += other.a, b += other.b;
  return *this;
}

compute_unit::compute_unit(sc_core::sc_module_name name, unsigned number, const common::turn& turn,
                           const common::clock_domain& clock, sequencer::semaphores& sems, sequencer::unit_owner& owner,
                           same::sram& memory, const zbcc::datapath& path, common::host_pool& pool)
    : unit(name, number, turn, clock, sems, owner),
      kind_(number == sequencer::matrix ? common::activity_kind::matrix : common::activity_kind::vector),
      sram_(memory),
      datapath_(path),
      pool_(pool) {}

cycles compute_unit::execute(const dispatched& d, cycles start) {
  const auto views = views_of(d);
  auto outcome = datapath_.prepare(d.cmd, d.extended ? &d.ext : nullptr, views, d.scalar, sram_.bytes());
  if (!outcome) throw command_failure{outcome.error.cause, outcome.error.address};
  auto& work = *outcome.work;
  const auto reads = ranges_of(work.reads), writes = ranges_of(work.writes);
  for (const auto& r : reads)
    if (const auto at = sram_.conflict(r, false, start)) throw command_failure{hal::tile::error::overlap, *at};
  for (const auto& w : writes)
    if (const auto at = sram_.conflict(w, true, start)) throw command_failure{hal::tile::error::overlap, *at};
  const same::held_ranges held(sram_, reads, writes, {d.ring, d.index, d.job, d.cmd.op});

  std::future<void> elsewhere;
  if (work.busy < worth_a_thread)
    work.compute();
  else
    elsewhere = pool_.run([&work] { work.compute(); });
  const auto fed = sram_.ports(start).reserve(start, work.busy, work.bytes_read + work.bytes_written);
  const bool finished = wait_until(start + work.busy);
  if (finished && fed > start + work.busy) {
    spent().enter(common::activity_kind::sram, start + work.busy);
    wait_until(fed);
  }
  if (elsewhere.valid()) elsewhere.get();
  sram_.settle(clock().now() - 1); // while the ranges are held
  if (!finished) return start;     // reset meanwhile: the result is lost
  work.commit();
  account(d, work);
  return clock().now();
}

void compute_unit::account(const dispatched& d, const zbcc::prepared& work) {
  results_ += work.result;
  lane_account one;
  if (kind_ == common::activity_kind::matrix)
    one.add(work.matrix, work.multiplies, datapath_.core().lanes()), one.a = work.a, one.b = work.b;
  else
    one.vector = work.vector.work * datapath_.vector_width();
  one.sram_bytes = work.bytes_read + work.bytes_written;
  total_ += one;
  if (on_done) on_done(d.cmd.tag, one);
}

sequencer::signal_cause compute_unit::cause(const dispatched&, cycles start) const {
  return {start, kind_, kind_, number()};
}

} // namespace acf::tile
