// Commands of a tile that follow each other whichever unit executes them: the matrix engine and the vector unit each
// run their own in listed order, so a signal is needed only where one takes over from the other. What a piece has made
// may be sent to all tiles, too.
#pragma once

#include "sw_stack/compiler/operators/operator.hpp"

#include <functional>
#include <optional>

namespace acf::compiler {

struct piece {
  unit where = unit::matrix;
  std::function<void(const link&)> emit{}; // at least one command on `where`; raises link.then with the last one
  std::uint16_t tag = 0;
  std::function<void(wait_for)> send{}; // once it is done; or nothing
  bool relayed = false;                 // link.then is raised by the vector unit for the matrix engine
  bool both = false;                    // takes over on `where`, and leaves both units in step: link.then is not used
  std::optional<wait_for> raises{};     // it raises this by itself, for the next piece and for its send
};

class unit_chain {
public:
  unit_chain(const design& the_design, tile_code& the_code, wait_for before)
      : d(the_design), code(the_code), first(before) {}

  void add(piece next);
  void finish(raise last = {}); // what the last piece raises

private:
  void emit(std::optional<unit> next, raise last);

  const design& d;
  tile_code& code;
  wait_for first; // of the piece that is held back until the next one is known
  std::optional<piece> held;
};

} // namespace acf::compiler
