#include "tests/unit/compiler/fabric.hpp"

#include "models/same/dealing.hpp"
#include "sw_stack/hal/memory_map.hpp"

#include <bit>
#include <cstring>

namespace acf::test {

using namespace hal;

namespace {
constexpr std::uint64_t dram_latency = 100, link_bytes = 64;
enum unit_number : std::size_t { channel0 = 0, channel1 = 1, matrix = 2, vector = 3 };
constexpr std::uint32_t chains_per_tile = 5, sequencer_chain = 4;

std::uint64_t bytes_of_view(const view_record& v) {
  std::uint64_t n = bytes_of(static_cast<element>(v.type));
  for (const auto d : v.dim) n *= std::max(1u, d);
  return n;
}

// Calls `f(address, bytes)` for every contiguous piece of a dense view.
template <class F>
void pieces(const zbcc::resolved_view& v, F f) {
  const auto& r = v.record;
  const std::uint64_t base = r.base + v.offset, size = bytes_of(static_cast<element>(r.type));
  const std::uint32_t columns = std::max(1u, r.dim[1]);
  const std::uint64_t row_stride = r.stride[0];
  if (columns == 1 && row_stride == size) return f(base, size * r.dim[0]);
  if (row_stride == columns * size) return f(base, r.dim[0] * row_stride);
  for (std::uint32_t i = 0; i < r.dim[0]; ++i) f(base + i * row_stride, columns * size);
}
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
    sum.not_finite += r.not_finite;
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

// --- DMA -------------------------------------------------------------------------------------------------------------

std::vector<std::uint32_t> fabric::members(std::uint32_t set) const {
  std::vector<std::uint32_t> m;
  for (std::uint32_t y = set >> 8 & 255; y <= set >> 24; ++y)
    for (std::uint32_t x = set & 255; x <= (set >> 16 & 255); ++x) m.push_back(y * head.mesh_width + x);
  return m;
}

std::uint64_t fabric::leave(tile& t, std::uint64_t bytes) {
  const auto start = std::max(now, t.out_free);
  t.out_free = start + (bytes + link_bytes - 1) / link_bytes;
  return start;
}

std::uint64_t fabric::enter(tile& t, std::uint64_t from, std::uint64_t bytes) {
  t.in_free = std::max(from, t.in_free) + (bytes + link_bytes - 1) / link_bytes;
  return t.in_free;
}

void fabric::touch(tile& t, const zbcc::resolved_view& v, std::uint32_t event, bool write) {
  pieces(v, [&](std::uint64_t from, std::uint64_t bytes) {
    if (from + bytes > t.sram.size()) return complain(order.events[event].name + ": leaves the SRAM");
    const auto wrong =
        write ? t.bytes.write(order, from, from + bytes, event) : t.bytes.read(order, from, from + bytes, event);
    if (!wrong.empty()) complain("tile " + std::to_string(t.number) + ": " + wrong);
  });
}

void fabric::touch_dram(std::uint64_t address, std::uint64_t bytes, std::uint32_t event, bool write) {
  const std::uint64_t from = address - map::job_image;
  const bool inside =
      write ? from >= head.writable_begin && from + bytes <= head.writable_end : from + bytes <= dram.size();
  if (!inside) return complain(order.events[event].name + ": leaves the DMA window");
  const auto wrong =
      write ? dram_bytes.write(order, from, from + bytes, event) : dram_bytes.read(order, from, from + bytes, event);
  if (!wrong.empty()) complain("DRAM: " + wrong);
}

// Every tile gets the columns that its blocks read. Returns when the channel is free again.
std::uint64_t fabric::deal(tile& t, const instruction& i, std::uint32_t e) {
  const auto &from = i.views[0], &to = i.views[1], &list = i.views[2];
  const auto set = members(i.c.param[4]);
  std::vector<std::uint32_t> columns(list.record.dim[0]);
  for (std::size_t k = 0; k < columns.size(); ++k)
    std::memcpy(&columns[k],
                t.sram.data() + list.record.base + list.offset + k * list.record.stride[0] + 4 * i.c.param[5], 4);
  if (options.prove) touch(t, from, e, false), touch(t, list, e, false);
  std::uint64_t done = now + 1;
  for (std::uint32_t k = 0; k < set.size(); ++k) {
    auto& other = all[set[k]];
    if (&other == &t) continue;
    const auto own = same::slots_of(k, static_cast<std::uint32_t>(set.size()), list.record.dim[0]);
    const auto runs =
        same::runs_of(std::span(columns).subspan(own.first, own.count), from.record.dim[1] / same::dealt_columns,
                      bytes_of(static_cast<element>(from.record.type)));
    std::vector<std::pair<std::uint64_t, std::vector<std::uint8_t>>> parts;
    std::uint64_t bytes = 0;
    for (std::uint32_t row = 0; row < from.record.dim[0]; ++row)
      for (const auto& r : runs) {
        const auto place_in = [&](const zbcc::resolved_view& v) {
          return v.record.base + v.offset + std::uint64_t{row} * v.record.stride[0] + r.first;
        };
        if (options.prove)
          if (const auto wrong = other.bytes.write(order, place_in(to), place_in(to) + r.count, e); !wrong.empty())
            complain("tile " + std::to_string(other.number) + ": " + wrong);
        const auto source = t.sram.begin() + static_cast<std::ptrdiff_t>(place_in(from));
        parts.emplace_back(place_in(to), std::vector<std::uint8_t>(source, source + r.count));
        bytes += r.count + same::piece_header;
      }
    const auto arrival = enter(other, leave(t, bytes) + 9, bytes);
    done = std::max(done, arrival);
    at(arrival, [this, &other, parts, e, signal = i.c.signal] {
      for (const auto& [place, data] : parts) std::memcpy(other.sram.data() + place, data.data(), data.size());
      raise(other.number, signal, e);
    });
  }
  const bool member = std::find(set.begin(), set.end(), t.number) != set.end();
  at(done, [this, &t, e, member, signal = i.c.signal] {
    --t.unfinished;
    if (member)
      raise(t.number, signal, e);
    else
      advance(t);
  });
  return std::max<std::uint64_t>(1, t.out_free - std::min(t.out_free, now));
}

void fabric::move(tile& t, std::size_t unit, const instruction& i) {
  const auto e = begin(t, t.units[unit].chain, i, !i.is(opcode::fence)); // a fence holds its channel
  const auto& p = i.c.param;
  const std::uint64_t address = (p[1] | std::uint64_t{p[2]} << 32) + i.dram_offset;
  std::uint64_t issued = 1; // until the next command of the channel may start
  const auto finish_at = [&](std::uint64_t time, std::function<void()> effect) {
    at(time, [this, &t, e, signal = i.c.signal, effect] {
      effect();
      --t.unfinished;
      raise(t.number, signal, e);
    });
  };

  if (i.is(opcode::fence)) {
    const auto value = p[4] ? static_cast<std::uint32_t>(i.scalars[p[4] - 1]) : p[3];
    if (options.prove) touch_dram(address, 4, e, true);
    finish_at(now + dram_latency, [this, value, address] {
      std::memcpy(dram.data() + address - map::job_image, &value, 4);
      fence_times.push_back(now);
    });
    issued = dram_latency;
  } else if (i.is(opcode::gather)) {
    const auto &index = i.views[0], &to = i.views[1];
    const std::uint32_t n = to.record.dim[0], row_bytes = p[4];
    if (options.prove) touch(t, index, e, false), touch(t, to, e, true);
    std::vector<std::uint8_t> rows(std::size_t{n} * row_bytes, 0);
    for (std::uint32_t r = 0; r < n; ++r) {
      std::uint32_t k;
      std::memcpy(&k, t.sram.data() + index.record.base + index.offset + r * index.record.stride[0], 4);
      if (k == no_index) continue;
      const std::uint64_t row = address + std::uint64_t{k} * p[3];
      if (row - map::job_image + row_bytes > dram.size()) {
        complain(i.name + ": index leaves the image");
        continue;
      }
      if (options.prove) touch_dram(row, row_bytes, e, false);
      std::memcpy(rows.data() + std::size_t{r} * row_bytes, dram.data() + row - map::job_image, row_bytes);
    }
    finish_at(enter(t, now + dram_latency, rows.size()), [&t, rows, to, n, row_bytes] {
      for (std::uint32_t r = 0; r < n; ++r)
        std::memcpy(t.sram.data() + to.record.base + to.offset + r * to.record.stride[0],
                    rows.data() + std::size_t{r} * row_bytes, row_bytes);
    });
  } else if (p[0] == copy_mode::deal) {
    issued = deal(t, i, e);
  } else if (p[0] == copy_mode::send) {
    const auto &from = i.views[0], &to = i.views[1];
    const std::uint64_t bytes = bytes_of_view(from.record);
    std::vector<std::uint8_t> data;
    if (options.prove) touch(t, from, e, false);
    pieces(from, [&](std::uint64_t a, std::uint64_t n) {
      data.insert(data.end(), t.sram.begin() + static_cast<std::ptrdiff_t>(a),
                  t.sram.begin() + static_cast<std::ptrdiff_t>(a + n));
    });
    const auto set = members(p[4]);
    const auto start = leave(t, bytes);
    issued = std::max<std::uint64_t>(1, t.out_free - now);
    std::uint64_t done = now + 1;
    for (const auto m : set) {
      if (m == t.number) continue;
      auto& other = all[m];
      if (options.prove) touch(other, to, e, true);
      const auto dx = static_cast<int>(m % head.mesh_width) - static_cast<int>(t.number % head.mesh_width),
                 dy = static_cast<int>(m / head.mesh_width) - static_cast<int>(t.number / head.mesh_width);
      const auto hops = static_cast<std::uint64_t>(std::abs(dx) + std::abs(dy));
      const auto arrival = enter(other, start + 4 * hops + 5, bytes);
      done = std::max(done, arrival);
      at(arrival, [this, &other, data, to, e, signal = i.c.signal] {
        std::size_t k = 0;
        pieces(to, [&](std::uint64_t a, std::uint64_t n) {
          std::memcpy(other.sram.data() + a, data.data() + k, n);
          k += n;
        });
        raise(other.number, signal, e);
      });
    }
    const bool member = std::find(set.begin(), set.end(), t.number) != set.end();
    at(done, [this, &t, e, member, signal = i.c.signal] {
      --t.unfinished;
      if (member)
        raise(t.number, signal, e);
      else
        advance(t);
    });
  } else {
    const bool load = p[0] == copy_mode::load;
    const auto v = i.views[load ? 1 : 0];
    const std::uint64_t row_bytes = bytes_of_view(v.record) / v.record.dim[0], pitch = p[3] ? p[3] : row_bytes;
    const std::uint64_t total = row_bytes * v.record.dim[0];
    if (options.prove) {
      touch(t, v, e, load);
      for (std::uint32_t r = 0; r < v.record.dim[0]; ++r) touch_dram(address + r * pitch, row_bytes, e, !load);
    }
    std::vector<std::uint8_t> data(total);
    const auto rows = [&t, v, row_bytes, address, pitch, this](std::uint8_t* d, bool from_dram, bool into) {
      for (std::uint32_t r = 0; r < v.record.dim[0]; ++r) {
        std::uint8_t* place = from_dram
                                  ? dram.data() + (address - map::job_image) + r * pitch
                                  : t.sram.data() + v.record.base + v.offset + std::uint64_t{r} * v.record.stride[0];
        if (into)
          std::memcpy(place, d + r * row_bytes, row_bytes);
        else
          std::memcpy(d + r * row_bytes, place, row_bytes);
      }
    };
    rows(data.data(), load, false);
    std::uint64_t done;
    if (load)
      done = enter(t, now + dram_latency, total);
    else {
      done = leave(t, total) + dram_latency;
      issued = std::max<std::uint64_t>(1, t.out_free - now);
    }
    finish_at(done, [rows, data, load]() mutable { rows(data.data(), !load, true); });
  }
  at(now + issued, [this, &t, unit] {
    t.units[unit].busy = false;
    advance(t);
  });
}

} // namespace acf::test
