// What the results of a payload mean for the command it belongs to; private to fabric_port.
#pragma once

#include "models/common/fabric_extension.hpp"
#include "models/sequencer/dispatched.hpp"

namespace acf::sequencer {

// The part of a transfer that took longest beyond its zero-load time names its cause.
common::activity_kind held_by(const common::transfer_cause& c);
command_failure failure_of(const common::fabric_error& error, std::uint64_t address);

} // namespace acf::sequencer
