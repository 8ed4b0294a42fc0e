// Stands in for platform/soc while that is not part of the build: everything but running works.
#include "platform/config/input_error.hpp"
#include "platform/soc/run.hpp"

namespace acf::platform {

int run_scenario(const config&, const run_options&) { throw input_error{"this build of acf-vp has no SoC to run"}; }

} // namespace acf::platform
