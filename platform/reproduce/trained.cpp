#include "platform/reproduce/trained.hpp"

#include "platform/reproduce/trainings.hpp"

namespace acf::platform {

trained_tables measure_trained(const config& c, const trainer& train, measurements& out) {
  trainings all(c, train, out);
  const auto asked = [&](const char* system) { return c.reproduce.system == "all" || c.reproduce.system == system; };
  if (asked("spartann")) all.spartann();
  if (asked("tensordash")) all.tensordash();
  if (asked("sat")) all.sat();
  if (asked("acf")) all.acf();
  for (auto& [id, m] : out)
    if (m.ours.empty() && m.reason == needs_training) m.reason = "no training of ours gives it: needs another network";
  return {all.csv, all.surface_points};
}

} // namespace acf::platform
