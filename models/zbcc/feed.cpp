#include "models/zbcc/feed.hpp"

#include "models/zbcc/gather_order.hpp"

#include <cmath>

namespace acf::zbcc {
namespace {

// Lines of images on their way to the line buffer: a row of positions asks for all of the lines that are not there when
// the gather comes to it.
class line_fetches {
public:
  line_fetches(const matrix_operand& o, std::uint64_t buffer_bytes)
      : image_(o.from), taps_(*o.taps), lines_(image_, buffer_bytes) {
    std::vector<bool> met(image_.dim[2]);
    std::uint64_t at = 0;
    for (std::uint64_t q = 0; q < taps_.positions[1]; ++q)
      for (std::uint64_t s = 0; s < taps_.kernel[1]; ++s)
        if (taps_.inside(1, q, s, image_.dim[2], at)) met[at] = true;
    for (std::uint64_t x = 0; x < met.size(); ++x)
      if (met[x]) pixels_.push_back(x);
  }

  bool keeps() const { return lines_.room() > 0; }

  // f(address) for every value of the lines that the positions [from, end) begin with.
  template <typename F>
  void reach(std::uint64_t from, std::uint64_t end, F f) {
    const std::uint64_t across = taps_.positions[1];
    for (std::uint64_t row = (from + across - 1) / across; row * across < end; ++row) {
      const std::uint64_t sample = image_.base + row / taps_.positions[0] * image_.stride[0];
      lines_.meet(taps_, image_.dim[1], row % taps_.positions[0], [&](std::uint64_t y, bool fetched) {
        if (!fetched) return;
        for (const std::uint64_t x : pixels_)
          for (std::uint64_t c = 0; c < image_.dim[3]; ++c)
            f(sample + y * image_.stride[1] + x * image_.stride[2] + c * image_.stride[3]);
      });
    }
  }

private:
  const tensor& image_;
  const window& taps_;
  kept_lines lines_;
  std::vector<std::uint64_t> pixels_; // of a line, that any tap meets
};

class cached_gather final : public gatherer {
public:
  cached_gather(const matrix_feed& feed, const fed_operand& a, const fed_operand& b) : cache_(feed.bank_cache) {
    for (const auto& [o, to] : {std::pair{&a, &a_}, std::pair{&b, &b_}}) {
      to->places = o->dense    ? operand_places(*o->dense, o->swapped)
                   : o->blocks ? operand_places(*o->blocks, o->swapped)
                               : operand_places(*o->bitmap, o->swapped);
      to->swapped = o->swapped;
      if (!o->windowed()) continue;
      to->size = o->dense->from.size();
      to->lines.emplace(*o->dense, feed.line_buffer);
      if (!to->lines->keeps()) to->lines.reset();
    }
  }

  void ask(side operand, std::size_t row, std::size_t word, std::uint64_t columns) override {
    stream& s = operand == side::a ? a_ : b_;
    const auto of_line = [&](std::uint32_t line, std::uint16_t bytes) {
      s.asked += static_cast<std::uint64_t>(std::popcount(bytes));
      s.found += static_cast<std::uint64_t>(std::popcount(cache_.ask(line, bytes)));
    };
    if (!s.lines) return s.places.each_line(row, word, columns, of_line);
    constexpr std::uint32_t line = bank_cache::line_bytes;
    const auto of_value = [&](std::uint64_t address) {
      const std::uint32_t bytes = ((1u << s.size) - 1) << address % line;
      const auto number = static_cast<std::uint32_t>(address / line);
      of_line(number, static_cast<std::uint16_t>(bytes));
      if (bytes >> line) of_line(number + 1, static_cast<std::uint16_t>(bytes >> line));
    };
    // Positions come once in a pass: as rows, with their first columns; as columns, with the first of the four rows
    // that a block has.
    if (!s.swapped && word == 0) s.lines->reach(row, row + 1, of_value);
    if (s.swapped && row % 4 == 0) s.lines->reach(64 * word, 64 * word + 64, of_value);
  }

  // Share of the operand's bytes asked for that had to come from SRAM.
  double fetched(side operand) const {
    const stream& s = operand == side::a ? a_ : b_;
    return s.asked == 0 ? 1 : static_cast<double>(s.asked - s.found) / static_cast<double>(s.asked);
  }

private:
  struct stream {
    operand_places places;
    bool swapped = false;
    std::uint32_t size = 0;
    std::optional<line_fetches> lines; // windows that go through the line buffer
    std::uint64_t asked = 0, found = 0;
  };

  bank_cache cache_;
  stream a_, b_;
};

std::uint64_t part_of(std::uint64_t bytes, double share) {
  return static_cast<std::uint64_t>(std::llround(share * static_cast<double>(bytes)));
}

} // namespace

void pass_feed(const matrix_feed& feed, const engine& core, const chunk& work, const fed_operand& a,
               const fed_operand& b, chunk_cost& cost) {
  std::optional<cached_gather> cached;
  if (feed.bank_cache != 0 && work.macs() != 0) core.gather(work, cached.emplace(feed, a, b));
  const std::uint64_t all = cost.bytes_read;
  for (const side which : {side::a, side::b}) {
    const fed_operand& o = which == side::a ? a : b;
    const bool lines = feed.line_buffer != 0 && o.windowed();
    if (!lines && !cached) continue;
    chunk without = work; // reads are linear in the size of an element
    (which == side::a ? without.bytes_a : without.bytes_b) = 0;
    const std::uint64_t delivered = all - std::min(all, core.cost(without).bytes_read);
    std::uint64_t passed = delivered;
    if (lines) {
      const auto bytes = through_line_buffer(o.dense->from, *o.dense->taps, feed.line_buffer);
      if (bytes.delivered == 0 && !cached) continue;
      if (bytes.delivered != 0)
        passed = part_of(delivered, static_cast<double>(bytes.fetched) / static_cast<double>(bytes.delivered));
    }
    const std::uint64_t fetched = cached ? part_of(passed, cached->fetched(which)) : passed;
    cost.delivered += delivered, cost.cached += passed - fetched, cost.fetched += fetched;
    cost.bytes_read -= delivered - fetched;
  }
}

} // namespace acf::zbcc
