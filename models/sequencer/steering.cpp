// The commands that the sequencer executes itself: DEFVIEW, SETREG, LOOP and SEM; and the scalar registers that they
// set and every command's offsets may name.
#include "models/sequencer/sequencer.hpp"
#include "sw_stack/hal/norm_commands.hpp"
#include "sw_stack/hal/threshold_commands.hpp"

#include <algorithm>
#include <cstring>

namespace acf::sequencer {

namespace {

constexpr std::size_t most_posted = 16; // adds to other tiles that have not been acknowledged: TIMING.md

std::uint64_t wide(const hal::command& cmd, unsigned low) {
  return cmd.param[low] | static_cast<std::uint64_t>(cmd.param[low + 1]) << 32;
}

} // namespace

std::uint32_t sequencer::resolve(std::uint32_t offset) const {
  if (!(offset >> 31)) return offset;
  return static_cast<std::uint32_t>(scalars_[offset & 0xF]) + ((offset & 0x7FFF'FFFF) >> 4);
}

void sequencer::use(std::uint32_t r) {
  if (!scalar_coming_[r].parcel) return;
  await(transfer{scalar_coming_[r]});
  take_over(r);
}

void sequencer::take_over(std::uint32_t r) {
  auto& coming = scalar_coming_[r];
  if (!coming.parcel || !coming.over(clock_.now())) return;
  if (!coming.parcel->error) {
    scalars_[r] = 0;
    std::memcpy(&scalars_[r], coming.parcel->bytes.data(), coming.parcel->bytes.size());
  }
  coming = {};
}

std::uint64_t sequencer::scalar(std::uint32_t r) {
  take_over(r);
  return scalars_[r];
}

void sequencer::scalar(std::uint32_t r, std::uint64_t value) {
  take_over(r);
  scalars_[r] = value;
}

void sequencer::use_scalars_of(const hal::command& cmd, const hal::extension* ext) {
  for (const auto o : cmd.offset)
    if (o >> 31) use(o & 0xF);
  if (ext)
    for (const auto o : ext->offset)
      if (o >> 31) use(o & 0xF);
  const auto named = [&](std::uint32_t r) {
    if (r < hal::tile::scalars) use(r);
  };
  switch (static_cast<hal::opcode>(cmd.op)) {
  case hal::opcode::softmax_xent: named(cmd.param[1]); break;
  case hal::opcode::update:
    named(cmd.param[1]);
    if (cmd.param[0] == hal::update_rule::adamw && ext) named(ext->param[0]);
    break;
  case hal::opcode::select_k: named(cmd.param[2]); break;
  case hal::opcode::norm:
    if (cmd.param[0] == hal::norm_step::statistics) named(cmd.param[1]);
    if (cmd.param[0] == hal::norm_step::backward) named(cmd.param[2]);
    break;
  case hal::opcode::sparsify:
    if (cmd.param[0] == hal::sparsify_rule::random) named(cmd.param[3]);
    break;
  case hal::opcode::ewise:
    if (cmd.param[0] == hal::ewise_fn::uniform || cmd.param[0] == hal::ewise_fn::dropout) named(cmd.param[3]);
    break;
  case hal::opcode::fence:
    if (cmd.param[4]) named(cmd.param[4] - 1);
    break;
  default: break;
  }
}

void sequencer::defview(const hal::command& cmd) {
  const std::uint32_t first = cmd.view[0], count = cmd.param[2];
  if (count == 0 || first >= hal::view_count || count > hal::view_count - first)
    throw command_failure{hal::tile::error::bad_parameter, 2};
  constexpr std::uint32_t piece = fabric_stream::largest / sizeof(hal::view_record);
  for (std::uint32_t i = 0; i < count; i += piece) {
    const auto records = std::min(count - i, piece);
    take_turn();
    const auto fetched =
        stream_.read(wide(cmd, 0) + i * sizeof(hal::view_record), records * sizeof(hal::view_record), clock_.now());
    await(fetched);
    std::memcpy(&views_[first + i], fetched.parcel->bytes.data(), fetched.parcel->bytes.size());
  }
  std::fill_n(view_defined_.begin() + first, count, true);
}

void sequencer::setreg(const hal::command& cmd) {
  const auto r = cmd.param[0];
  if (r >= hal::tile::scalars) throw command_failure{hal::tile::error::bad_parameter, 0};
  auto operand = wide(cmd, 2);
  if (cmd.param[4] > hal::tile::scalars) throw command_failure{hal::tile::error::bad_parameter, 4};
  if (cmd.param[4]) {
    use(cmd.param[4] - 1);
    operand += scalars_[cmd.param[4] - 1];
  }
  use(r);
  switch (cmd.param[1]) {
  case hal::setreg_op::set: scalars_[r] = operand; break;
  case hal::setreg_op::add: scalars_[r] += operand; break;
  case hal::setreg_op::exclusive_or: scalars_[r] ^= operand; break;
  case hal::setreg_op::load32:
  case hal::setreg_op::load64: {
    take_turn();
    scalar_coming_[r] = stream_.read(operand, cmd.param[1] == hal::setreg_op::load32 ? 4 : 8, clock_.now());
    break;
  }
  default: throw command_failure{hal::tile::error::bad_parameter, 1};
  }
}

std::uint32_t sequencer::loop(const hal::command& cmd, std::uint32_t pc) {
  const auto counter = cmd.param[1];
  if (counter >= hal::tile::scalars) throw command_failure{hal::tile::error::bad_parameter, 1};
  if (cmd.param[0] == 0 || cmd.param[0] > pc) throw command_failure{hal::tile::error::bad_parameter, 0};
  for (unsigned p : {2u, 4u})
    if (cmd.param[p] > hal::tile::scalars) throw command_failure{hal::tile::error::bad_parameter, p};
  use(counter);
  for (unsigned p : {2u, 4u})
    if (cmd.param[p]) use(cmd.param[p] - 1);
  if (scalars_[counter] <= 1) {
    scalars_[counter] = 0;
    return pc + 1;
  }
  --scalars_[counter];
  for (unsigned p : {2u, 4u})
    if (cmd.param[p])
      scalars_[cmd.param[p] - 1] += static_cast<std::uint64_t>(static_cast<std::int32_t>(cmd.param[p + 1]));
  return pc - cmd.param[0];
}

// Goes on when the packet has entered the mesh, and not before one of most_posted credits is back.
void sequencer::post(remote_signal what, std::uint32_t tiles) {
  const auto& port = stream_.port();
  if (!port.valid(tiles)) throw command_failure{hal::tile::error::bad_parameter, 1};
  const auto stall = [this](common::cycles until) {
    const auto begin = clock_.now();
    if (until <= begin) return;
    activity_.enter(common::activity_kind::mesh, begin);
    pause(until);
    activity_.enter(common::activity_kind::busy, clock_.now());
    units_waited_since(begin);
  };
  const auto over = [this](const transfer& t) { return t.over(clock_.now()); };
  std::erase_if(posted_, over);
  while (posted_.size() >= most_posted) {
    if (posted_.front().under_way)
      await(transfer{posted_.front()});
    else
      stall(std::ranges::min(posted_, {}, &transfer::done).done);
    std::erase_if(posted_, over);
  }
  take_turn();
  const auto now = clock_.now();
  if (port.includes_self(tiles)) sems_.signal(what.semaphore, what.count, now, {.started = now, .by = self});
  if (!port.includes_others(tiles)) return;
  const auto t = stream_.signal(tiles, what, now);
  posted_.push_back(t);
  if (!t.under_way) return stall(t.injected);
  const auto epoch = epoch_;
  while (t.under_way->unsent > 0 && epoch == epoch_) wait(stream_.moved() | flushed_);
  if (epoch != epoch_) throw interrupted{};
  stall(t.under_way->sent);
}

void sequencer::sem(const hal::command& cmd) {
  const auto id = cmd.param[2], count = cmd.param[3];
  if (id >= hal::tile::semaphores) throw command_failure{hal::tile::error::bad_parameter, 2};
  if (count == 0 || count > 0x3FF) throw command_failure{hal::tile::error::bad_parameter, 3};
  if (cmd.param[0] == 1) {
    post({static_cast<std::uint16_t>(id), static_cast<std::uint16_t>(count)}, cmd.param[1]);
    return;
  }
  if (cmd.param[0] != 0) throw command_failure{hal::tile::error::bad_parameter, 0};
  const auto epoch = epoch_;
  const auto begin = clock_.now();
  activity_.enter(common::activity_kind::peer, begin);
  sems_.request(self, {hal::on(id, count), 0}, jobs_.next_serial());
  while (epoch == epoch_ && sems_.pending(self)) wait(sems_.granted(self) | flushed_);
  if (epoch != epoch_) throw interrupted{};
  if (clock_.now() > begin) {
    sems_.explain(activity_, sems_.last_cause(self), clock_.now());
    units_waited_since(begin);
  }
}

} // namespace acf::sequencer
