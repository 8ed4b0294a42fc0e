// What the fabric's DMA channels do.
#include "models/same/dealing.hpp"
#include "models/same/pieces.hpp"
#include "sw_stack/hal/memory_map.hpp"
#include "sw_stack/hal/zero_packing.hpp"
#include "sw_stack/runtime/redistribution.hpp"
#include "tests/unit/compiler/fabric.hpp"

#include <cstring>

namespace acf::test {

using namespace hal;

namespace {
constexpr std::uint64_t link_bytes = 64;

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

// All of `set` has what tile t sent by then; the signal is raised there, and here if t belongs to it.
void fabric::end_at(std::uint64_t done, tile& t, const std::vector<std::uint32_t>& set, std::uint16_t signal,
                    std::uint32_t event) {
  const bool member = std::find(set.begin(), set.end(), t.number) != set.end();
  at(done, [this, &t, event, member, signal] {
    --t.unfinished;
    if (member)
      raise(t.number, signal, event);
    else
      advance(t);
  });
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
  end_at(done, t, set, i.c.signal, e);
  return std::max<std::uint64_t>(1, t.out_free - std::min(t.out_free, now));
}

// Row `r` of a command whose view 3 has the sizes of its pieces.
void fabric::unpack(tile& t, const instruction& i, std::uint32_t r, std::uint64_t address, std::span<std::uint8_t> row,
                    std::uint32_t event) {
  const auto& sizes = i.views[3];
  if (options.prove) touch(t, sizes, event, false);
  for (std::size_t from = 0, piece = 0; from < row.size(); from += packed_piece, ++piece) {
    const auto raw = row.subspan(from, std::min<std::size_t>(packed_piece, row.size() - from));
    std::uint16_t size;
    std::memcpy(&size, t.sram.data() + sizes.record.base + sizes.offset + r * sizes.record.stride[0] + piece * 2, 2);
    if (options.prove) touch_dram(address + from, size, event, false);
    const std::span bytes(dram.data() + (address + from - map::job_image), size);
    if (size == raw.size())
      std::copy(bytes.begin(), bytes.end(), raw.begin());
    else if (!unpack_zeros(bytes, 1, raw))
      complain(i.name + ": not a packed row");
  }
}

// As firmware does behind the first fence of a change of the mask.
void fabric::say_budget(std::uint32_t event) {
  const auto budget = word<job::budget_record>(head.budget);
  if (options.prove) {
    for (std::uint32_t l = 0; l < budget.layers; ++l) {
      const auto layer = word<job::budget_layer>(budget.by_layer + l * sizeof(job::budget_layer));
      touch_dram(map::job_image + layer.sums, layer.rows * 4, event, false);
    }
    touch_dram(map::job_image + budget.changes, budget.layers * sizeof(job::budget_change), event, true);
  }
  runtime::redistribute(reinterpret_cast<std::byte*>(dram.data()), budget,
                        word<std::uint32_t>(budget.shares + 4 * std::uint64_t{budgets_said++}));
  raise(0, on(budget.semaphore, 1), event);
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
    const bool asks = head.budget != 0 && i.ring == job::regrow && regrow_fences++ % 2 == 0; // the first of two
    finish_at(now + dram_latency, [this, value, address, asks, e] {
      std::memcpy(dram.data() + address - map::job_image, &value, 4);
      fence_times.push_back(now);
      if (asks) say_budget(e);
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
      std::uint8_t* to_row = rows.data() + std::size_t{r} * row_bytes;
      if (i.packed()) {
        unpack(t, i, r, row, {to_row, row_bytes}, e);
        continue;
      }
      if (options.prove) touch_dram(row, row_bytes, e, false);
      std::memcpy(to_row, dram.data() + row - map::job_image, row_bytes);
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
    end_at(done, t, set, i.c.signal, e);
  } else {
    const bool load = p[0] == copy_mode::load;
    const auto v = i.views[load ? 1 : 0];
    const std::uint64_t row_bytes = bytes_of_view(v.record) / v.record.dim[0], pitch = p[3] ? p[3] : row_bytes;
    const std::uint64_t total = row_bytes * v.record.dim[0];
    if (options.prove) {
      touch(t, v, e, load);
      for (std::uint32_t r = 0; r < v.record.dim[0] && !i.packed(); ++r)
        touch_dram(address + r * pitch, row_bytes, e, !load);
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
    if (i.packed() && !load) complain(i.name + ": stores packed rows, which nobody reads");
    for (std::uint32_t r = 0; r < v.record.dim[0] && i.packed(); ++r)
      unpack(t, i, r, address + r * pitch, std::span(data).subspan(r * row_bytes, row_bytes), e);
    if (!i.packed()) rows(data.data(), load, false);
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
