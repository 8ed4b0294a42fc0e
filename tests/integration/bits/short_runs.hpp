// Short runs of networks, in which all that the settings ask for takes place.
#pragma once

#include "tests/integration/bits/chip_runs.hpp"
#include "tests/reference/network_trainer.hpp"

namespace acf::reference {

// Of 40 samples, 3 steps an epoch, the last of 8 samples; these many steps of 9. Masks change after 2, 4 and 6 of them.
settings short_run(std::uint32_t steps);

// The reference's end of such a run. Expects a finite loss, and that steps are skipped, gradients bounded and masks
// changed where the settings ask for it, and only there.
trained train_short(const settings& s, const network& net, const chip_runs& runs);

} // namespace acf::reference
