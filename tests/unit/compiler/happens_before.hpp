// Which command comes before which, whatever the timing. Commands start in chains (sequencer, two DMA channels, matrix
// engine, vector unit of every tile); semaphores join chains. Times are vector clocks: how many commands of every chain
// have certainly started.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace acf::test {

struct event {                        // the start of a command
  std::uint32_t chain = 0, place = 0; // its place in its chain, from 1
  bool runs_on = false;               // a DMA transfer: the next command of the chain may start before it has ended
  std::vector<std::uint32_t> clock;
  std::vector<std::uint32_t> clock_without_waits; // what the lists alone say, whatever its own waits add
  struct arrival {
    std::uint32_t tile, wait;
  };
  std::vector<arrival> ended_by; // waits (events) that certainly come after its end, as seen by a tile
  std::string name;
};

class happens_before {
public:
  explicit happens_before(std::size_t chains) : last(chains, none) {}
  static constexpr std::uint32_t none = ~0u;

  // Starts a command: the next of its chain, listed behind a wait of its tile's sequencer (or none), and after the
  // events whose signals it took.
  std::uint32_t start(std::uint32_t chain, bool runs_on, std::string name, std::uint32_t listed_behind,
                      const std::vector<std::uint32_t>& waited_for);
  bool started_before(std::uint32_t a, std::uint32_t b) const; // or a == b
  bool listed_before(std::uint32_t a, std::uint32_t b) const;  // even if b did not wait
  // a has ended when b starts; a send has ended at `tile` when its data have arrived there.
  bool ended_before(std::uint32_t a, std::uint32_t b, std::uint32_t tile = anywhere) const;
  static constexpr std::uint32_t anywhere = ~0u;

  std::vector<event> events;

private:
  std::vector<std::uint32_t> last; // of every chain
};

// One semaphore of one tile: in the run that was watched, waits took signals in the order of arrival. verify() proves
// that no other timing lets a wait pass without the signals that it took here; it returns what is wrong, or nothing.
class semaphore_history {
public:
  std::uint32_t tile = 0;
  void signal(std::uint32_t event, std::uint32_t count) { signals.push_back({event, count, count}); }
  std::uint32_t available() const;
  std::vector<std::uint32_t> take(std::uint32_t count); // events whose signals are taken; then call waited()
  void waited(std::uint32_t event, std::uint32_t count, const std::vector<std::uint32_t>& from);
  std::string verify(const happens_before& order) const;

private:
  struct raised {
    std::uint32_t event, count, left;
  };
  struct waiting {
    std::uint32_t event, count;
    std::vector<std::uint32_t> from;
  };
  std::vector<raised> signals;
  std::vector<waiting> waits;
  std::size_t first_left = 0;
};

// Who touched which bytes of one memory last. Returns what is wrong with an access, or nothing.
class access_history {
public:
  std::string read(const happens_before& order, std::uint64_t begin, std::uint64_t end, std::uint32_t event);
  std::string write(const happens_before& order, std::uint64_t begin, std::uint64_t end, std::uint32_t event);
  std::uint32_t tile = happens_before::anywhere;
  bool initialised = false; // before the run, by the host

private:
  struct piece {
    std::uint64_t end = 0;
    std::uint32_t writer = happens_before::none;
    std::vector<std::uint32_t> readers;
  };
  std::map<std::uint64_t, piece> pieces;
  std::map<std::uint64_t, piece>::iterator cut(std::uint64_t at);
  void cover(std::uint64_t begin, std::uint64_t end);
};

} // namespace acf::test
