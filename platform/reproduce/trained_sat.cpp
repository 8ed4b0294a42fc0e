// What SAT makes of a training with N:M weights in both directions.
#include "platform/reproduce/trainings.hpp"

#include <fmt/format.h>

namespace acf::platform {

void trainings::sat() {
  const auto patterned = [](config& own) { own.train.pattern = "2:8"; };
  const trained_run dense =
                        go("sat_dense", "sat", "dense", [&](config&own) { patterned(own), own.zbcc.skip = "none"; }),
                    bdwp = go("sat_bdwp", "sat", "bdwp", patterned);
  const double cycles = dense.figure("fabric_cycles"), compute = dense.figure("compute_cycles"),
               faster = cycles / bdwp.figure("fabric_cycles"), alone = compute / bdwp.figure("compute_cycles");
  out["T063"] = {
      {faster},
      how::real,
      ours_instead,
      fmt::format("whole training; matrix products alone {:.2f}; vector units, DMA and waits are {:.0f} % of the "
                  "dense training's cycles",
                  alone, 100 * (1 - compute / cycles))};
  out["T064"] = {{dense.accuracy() - bdwp.accuracy()},
                 how::real,
                 ours_instead,
                 fmt::format("dense {:.2f}, 2:8 BDWP {:.2f} %: one seed", dense.accuracy(), bdwp.accuracy())};
}

} // namespace acf::platform
