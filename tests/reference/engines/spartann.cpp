// SparTANN's sparse operand walks place by place through an encoder; what comes out is decoded again and multiplied.
#include "tests/reference/engines/clocked.hpp"

#include <algorithm>
#include <stdexcept>

namespace acf::reference {
namespace {

struct entry {
  bool filler;
  unsigned gap;
};

// A column's places in order: a counter of places since the last entry, which overflows into a filler. Fillers wait
// until an entry comes; those of trailing zeros never leave.
std::vector<entry> encode(const std::vector<bool>& places, unsigned bits) {
  std::vector<entry> out;
  unsigned gap = 0, waiting = 0;
  const unsigned largest = (1u << bits) - 1;
  for (const bool value : places) {
    if (value) {
      for (; waiting > 0; --waiting) out.push_back({true, largest});
      out.push_back({false, gap});
      gap = 0;
    } else if (gap == largest) {
      ++waiting;
      gap = 0;
    } else {
      ++gap;
    }
  }
  return out;
}

struct machine_state {
  const spartann_machine& machine;
  tally t;

  // One column against `shared` outputs in vectors of T: `used` lanes of this vector carry one.
  void column(const std::vector<bool>& places, std::size_t used) {
    std::size_t place = 0;
    for (const entry& e : encode(places, machine.gap_bits)) {
      place += e.gap;
      if (place >= places.size() || places[place] == e.filler) throw std::logic_error("the encoder lost its place");
      ++place;
      tick(used, e.filler);
    }
    for (std::size_t i = 0; i < machine.column_cycles; ++i) tick(used, true);
  }

  void tick(std::size_t used, bool wasted) {
    ++t.cycles;
    for (std::size_t lane = 0; lane < machine.lanes; ++lane)
      if (wasted)
        ++t.idle["filler"];
      else
        lane < used ? ++t.executed : ++t.idle["edge"];
  }
};

} // namespace

tally run(const spartann_machine& machine, const product& p) {
  const mask& g = p.a_is_gradient ? p.a : p.b;
  const std::size_t streams = p.a_is_gradient ? p.m : p.n, shared = p.a_is_gradient ? p.n : p.m;
  const bool sparse = p.phase != 0 && (p.a_is_gradient ? p.skip_a : p.skip_b);
  machine_state s{machine, {}};
  const auto each_vector = [&](std::size_t outputs, auto what) {
    for (std::size_t v = 0; v < outputs; v += machine.lanes) what(std::min(machine.lanes, outputs - v));
  };
  if (p.sampled) {
    for (std::size_t block = 0; block < streams / 4; ++block) {
      std::size_t met = 0;
      for (const auto& [row, column] : p.blocks) met += (p.a_is_gradient ? row : column) == block;
      each_vector(4 * met, [&](std::size_t used) {
        for (std::size_t i = 4 * block; i < 4 * block + 4; ++i)
          for (std::size_t k = 0; k < p.k; ++k)
            if (!sparse || g[i][k]) s.tick(used, false);
      });
    }
  } else if (!sparse) {
    each_vector(shared, [&](std::size_t used) {
      for (std::size_t i = 0; i < streams * p.k; ++i) s.tick(used, false);
    });
  } else if (p.phase == 1) { // a column is a stream, cut along k
    each_vector(shared, [&](std::size_t used) {
      for (std::size_t from = 0; from < p.k; from += machine.dense_vectors)
        for (std::size_t i = 0; i < streams; ++i)
          s.column({g[i].begin() + static_cast<std::ptrdiff_t>(from),
                    g[i].begin() + static_cast<std::ptrdiff_t>(std::min(from + machine.dense_vectors, p.k))},
                   used);
    });
  } else { // a column is a k, cut along the streams
    each_vector(shared, [&](std::size_t used) {
      for (std::size_t from = 0; from < streams; from += machine.dense_vectors)
        for (std::size_t k = 0; k < p.k; ++k) {
          std::vector<bool> places;
          for (std::size_t i = from; i < std::min(from + machine.dense_vectors, streams); ++i)
            places.push_back(g[i][k]);
          s.column(places, used);
        }
    });
  }
  const std::size_t outputs = p.sampled ? p.blocks.size() * 16 : p.m * p.n;
  s.t.skipped = outputs * p.k - s.t.executed;
  return s.t;
}

} // namespace acf::reference
