// Networks for images of 28 x 28, as files have them and as the reference knows them.
#pragma once

#include "tests/reference/network_trainer.hpp"

namespace acf::reference {

struct written_network {
  const char* layers; // of its file, without the loss
  network net;
};

extern const written_network lenet, odd, strided;
extern const written_network residual, tangled, branched, dropping;

} // namespace acf::reference
