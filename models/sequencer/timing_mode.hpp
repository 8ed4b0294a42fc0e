// How tiles speak to the mesh, where that changes in the middle of a run: blocking calls (lt) or phases (at). While it
// is closed nobody asks for anything new, so that what is under way can end.
#pragma once

#include <systemc>

namespace acf::sequencer {

struct timing_mode {
  bool phases = false;
  bool closed = false;
  sc_core::sc_event opened;
};

} // namespace acf::sequencer
