#include "tests/unit/compiler/fabric.hpp"

#include "sw_stack/hal/memory_map.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace acf::test {

using namespace hal;

namespace {
enum unit_number : std::size_t { channel0 = 0, channel1 = 1, matrix = 2, vector = 3 };
constexpr std::uint32_t chains_per_tile = 5, sequencer_chain = 4;
} // namespace

fabric::fabric(std::vector<std::uint8_t> image, const fabric_options& o)
    : dram(std::move(image)),
      options(o),
      datapath([&] {
        zbcc::engine_config c;
        c.name = o.engine;
        return c;
      }()),
      order(0) {
  head = word<job::header>(0);
  const std::uint32_t tiles = head.mesh_width * head.mesh_height;
  order = happens_before(std::size_t{tiles} * chains_per_tile);
  dram_bytes.initialised = true;
  all.resize(tiles);
  for (std::uint32_t n = 0; n < tiles; ++n) {
    auto& t = all[n];
    t.number = t.bytes.tile = n;
    t.sram.resize(head.sram_kib * 1024);
    for (std::size_t i = 0; i < t.sram.size(); ++i) t.sram[i] = static_cast<std::uint8_t>(0xA5 + i * 37 + n * 11);
    for (auto& s : t.semaphores) s.tile = n;
    for (std::size_t u = 0; u < 4; ++u) t.units[u].chain = n * chains_per_tile + static_cast<std::uint32_t>(u);
    std::memcpy(t.scalars.data(), dram.data() + head.scalars + n * sizeof t.scalars, sizeof t.scalars);
    for (std::size_t r = 0; r < 4; ++r) {
      const auto e = word<job::ring_entry>(head.rings + (n * 4 + r) * sizeof(job::ring_entry));
      t.rings[r].resize(e.length);
      if (e.length) std::memcpy(t.rings[r].data(), dram.data() + e.address - map::job_image, e.length * 64);
    }
  }
}

void fabric::complain(const std::string& text) {
  if (complaints.size() < 30) complaints.push_back(text);
}

void fabric::at(std::uint64_t time, std::function<void()> what) { agenda[{time, sequence++}] = std::move(what); }

void fabric::run(job::ring ring) {
  for (auto& t : all) {
    if (t.rings[ring].empty()) continue;
    at(now + std::uint64_t{options.skew} * t.number, [this, &t, ring] {
      t.jobs.push_back(ring);
      advance(t);
    });
  }
}

void fabric::finish() {
  while (!agenda.empty()) {
    auto first = agenda.begin();
    now = first->first.first;
    auto what = std::move(first->second);
    agenda.erase(first);
    what();
  }
  for (auto& t : all) {
    const auto tile_name = "tile " + std::to_string(t.number);
    if (!t.jobs.empty())
      complain(tile_name + " stands still in ring " + std::to_string(t.jobs.front()) + " at record " +
               std::to_string(t.next));
    for (auto& u : t.units)
      if (!u.waiting.empty()) complain("never starts: " + u.waiting.front().name);
    if (options.prove)
      for (std::size_t s = 0; s < t.semaphores.size(); ++s)
        if (const auto wrong = t.semaphores[s].verify(order); !wrong.empty())
          complain(tile_name + " semaphore " + std::to_string(s) + ": " + wrong);
  }
}

loss_record fabric::total(std::uint64_t table) const {
  loss_record sum;
  for (std::size_t t = 0; t < all.size(); ++t) {
    const auto r = word<loss_record>(table + t * sizeof(loss_record));
    sum.loss_q16 += r.loss_q16;
    sum.correct += r.correct;
    sum.rows += r.rows;
    sum.first_not_finite = std::max(sum.first_not_finite, r.first_not_finite);
  }
  return sum;
}

std::vector<float> fabric::weights(std::size_t layer) const {
  const auto r = word<job::layer_record>(head.layers + layer * sizeof(job::layer_record));
  std::vector<float> w(std::size_t{r.outputs} * r.inputs, 0.f);
  if (r.live == 0) std::memcpy(w.data(), dram.data() + r.masters, w.size() * 4);
  for (std::uint32_t slot = 0; slot < r.live; ++slot) {
    const auto block = word<std::uint32_t>(r.blocks + slot * 4), columns = r.inputs / 4;
    for (std::uint32_t i = 0; i < 16; ++i)
      w[std::size_t{block / columns * 4 + i / 4} * r.inputs + block % columns * 4 + i % 4] =
          word<float>(r.masters + slot * 64 + i * 4);
  }
  for (std::uint32_t i = 0; i < r.outputs; ++i) w.push_back(word<float>(r.bias + i * 4));
  return w;
}

// --- the sequencer ---------------------------------------------------------------------------------------------------

fabric::instruction fabric::decode(tile& t, const command* c, std::size_t& records) {
  instruction i;
  i.c = *c;
  i.extended = c->flags & flag::extended;
  if (i.extended) i.e = std::bit_cast<extension>(c[1]);
  records = i.extended ? 2 : 1;
  i.scalars = t.scalars;
  const auto offset_of = [&](std::uint32_t o) -> std::uint64_t {
    return o & 0x8000'0000 ? t.scalars[o & 15] + (o >> 4 & 0x7FF'FFFF) : o;
  };
  const auto resolve = [&](std::uint16_t number, std::uint32_t offset) {
    zbcc::resolved_view v;
    if (number == no_view) return v;
    v.is = number < t.views.size() ? zbcc::resolved_view::state::defined : zbcc::resolved_view::state::undefined;
    if (number < t.views.size()) v.record = t.views[number];
    v.offset = offset_of(offset);
    return v;
  };
  for (int k = 0; k < 4; ++k) i.views.push_back(resolve(c->view[k], c->offset[k]));
  for (int k = 0; k < 4 && i.extended; ++k) i.views.push_back(resolve(i.e.view[k], i.e.offset[k]));
  i.dram_offset = offset_of(c->offset[2]);
  char text[96];
  std::snprintf(text, sizeof text, "tile %u ring %u record %zu (op %u tag %x)", t.number, t.jobs.front(), t.next, c->op,
                c->tag);
  i.name = text;
  i.ring = t.jobs.front();
  i.after = t.last_wait;
  return i;
}

bool fabric::dispatch(tile& t) {
  if (t.jobs.empty() || t.stalled) return false;
  const auto& ring = t.rings[t.jobs.front()];
  std::size_t records = 0;
  instruction i = decode(t, &ring[t.next], records);
  const auto& p = i.c.param;
  std::int64_t jump = static_cast<std::int64_t>(records);
  std::uint64_t takes = 1;
  switch (static_cast<opcode>(i.c.op)) {
  case opcode::defview: {
    t.views.resize(p[2]);
    std::memcpy(t.views.data(), dram.data() + ((p[0] | std::uint64_t{p[1]} << 32) - map::job_image), p[2] * 64);
    takes = dram_latency;
    break;
  }
  case opcode::setreg: {
    std::uint64_t v = (p[2] | std::uint64_t{p[3]} << 32) + (p[4] ? t.scalars[p[4] - 1] : 0);
    if (p[1] == setreg_op::load32) {
      v = word<std::uint32_t>(v - map::job_image);
      takes = dram_latency;
    }
    t.scalars[p[0]] = p[1] == setreg_op::add ? t.scalars[p[0]] + v : v;
    break;
  }
  case opcode::loop:
    if (--t.scalars[p[1]] != 0) jump = -static_cast<std::int64_t>(p[0]);
    break;
  case opcode::sem: {
    if (p[0] == 1) {
      const auto e = begin(t, t.number * chains_per_tile + sequencer_chain, i, false);
      for (const auto m : members(p[1]))
        at(now + 10, [this, m, e, s = p[2], n = p[3]] {
          all[m].semaphores[s].signal(e, n);
          advance(all[m]);
        });
      break;
    }
    auto& s = t.semaphores[p[2]];
    if (s.available() < p[3]) return false;
    const auto from = s.take(p[3]);
    if (options.prove) {
      const auto e = order.start(t.number * chains_per_tile + sequencer_chain, false, i.name, t.last_wait, from);
      for (const auto f : from) order.events[f].ended_by.push_back({t.number, e});
      s.waited(e, p[3], from);
      t.last_wait = e;
    }
    break;
  }
  default: {
    const auto op = static_cast<opcode>(i.c.op);
    const auto on = zbcc::datapath::executes(i.c);
    const std::size_t unit =
        on ? (*on == zbcc::unit::matrix ? matrix : vector) : (i.c.flags & flag::channel ? channel1 : channel0);
    if (!on && op != opcode::copy && op != opcode::gather && op != opcode::fence) complain(i.name + ": no unit for it");
    if (t.units[unit].waiting.size() >= options.queue_depth) return false;
    t.units[unit].waiting.push_back(std::move(i));
    ++t.unfinished;
  }
  }
  t.next = static_cast<std::size_t>(static_cast<std::int64_t>(t.next) + jump);
  if (t.next == ring.size()) t.next = 0, t.jobs.pop_front();
  t.stalled = true;
  at(now + takes, [this, &t] {
    t.stalled = false;
    advance(t);
  });
  return true;
}

void fabric::advance(tile& t) {
  dispatch(t);
  for (std::size_t u = 0; u < 4; ++u) start_unit(t, u);
  if (!t.stalled) dispatch(t);
}

// --- units -----------------------------------------------------------------------------------------------------------

bool fabric::waits_met(tile& t, const command& c) {
  for (const auto w : c.wait)
    if (count_of(w) && t.semaphores[semaphore_of(w)].available() < count_of(w)) return false;
  return true;
}

std::uint32_t fabric::begin(tile& t, std::uint32_t chain, const instruction& i, bool runs_on) {
  if (!options.prove) {
    for (const auto w : i.c.wait)
      if (count_of(w)) t.semaphores[semaphore_of(w)].take(count_of(w));
    return 0;
  }
  std::vector<std::uint32_t> after;
  std::array<std::vector<std::uint32_t>, 2> from;
  for (int k = 0; k < 2; ++k)
    if (const auto w = i.c.wait[k]; count_of(w)) {
      from[k] = t.semaphores[semaphore_of(w)].take(count_of(w));
      after.insert(after.end(), from[k].begin(), from[k].end());
    }
  const auto e = order.start(chain, runs_on, i.name, i.after, after);
  for (int k = 0; k < 2; ++k)
    if (const auto w = i.c.wait[k]; count_of(w)) {
      for (const auto f : from[k]) order.events[f].ended_by.push_back({t.number, e});
      t.semaphores[semaphore_of(w)].waited(e, count_of(w), from[k]);
    }
  return e;
}

void fabric::raise(std::uint32_t tile_number, std::uint16_t signal, std::uint32_t event) {
  if (count_of(signal)) all[tile_number].semaphores[semaphore_of(signal)].signal(event, count_of(signal));
  advance(all[tile_number]);
}

void fabric::start_unit(tile& t, std::size_t unit) {
  auto& u = t.units[unit];
  if (u.busy || u.waiting.empty() || !waits_met(t, u.waiting.front().c)) return;
  if (u.waiting.front().is(opcode::fence) && t.unfinished > u.waiting.size()) { // others of the job are under way
    bool earlier = false;
    for (std::size_t o = 0; o < 4; ++o)
      if (o != unit && (t.units[o].busy || !t.units[o].waiting.empty())) earlier = true;
    if (earlier && t.jobs.empty()) return;
  }
  const instruction i = std::move(u.waiting.front());
  u.waiting.pop_front();
  u.busy = true;
  if (unit == matrix || unit == vector)
    compute(t, unit, i);
  else
    move(t, unit, i);
}

void fabric::compute(tile& t, std::size_t unit, const instruction& i) {
  const auto e = begin(t, t.units[unit].chain, i, false);
  auto result = datapath.prepare(i.c, i.extended ? &i.e : nullptr, i.views, i.scalars, t.sram);
  if (!result) {
    complain(i.name + ": error " + std::to_string(static_cast<int>(result.error.cause)) + " at " +
             std::to_string(result.error.address));
    return;
  }
  auto work = std::make_shared<zbcc::prepared>(std::move(*result.work));
  if (options.prove) {
    const auto each = [&](const zbcc::footprint& f, auto note) {
      for (std::uint64_t r = 0; r < f.rows && f.bytes; ++r)
        if (const auto wrong = note(f.begin + r * f.pitch, f.begin + r * f.pitch + f.bytes); !wrong.empty())
          complain("tile " + std::to_string(t.number) + ": " + wrong);
    };
    for (const auto& f : work->reads) each(f, [&](auto from, auto to) { return t.bytes.read(order, from, to, e); });
    for (const auto& f : work->writes) each(f, [&](auto from, auto to) { return t.bytes.write(order, from, to, e); });
  }
  work->compute();
  at(now + work->busy, [this, &t, unit, work, e, signal = i.c.signal] {
    work->commit();
    t.units[unit].busy = false;
    --t.unfinished;
    raise(t.number, signal, e);
  });
}

} // namespace acf::test
