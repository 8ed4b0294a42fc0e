// The bytes of a transfer while it is under way.
//
// b_transport returns the times of a transfer at once, most of them in the future. Its bytes must not move before: a
// read takes them from memory when they pass the memory's data bus, a write puts them there when they do. An initiator
// that hangs a parcel on its payload (fabric_extension::parcel) asks for that: it finds the bytes of a read in the
// parcel from the transfer's completion on, not before, and the bytes of a write are taken from the parcel. Without a
// parcel, bytes move inside b_transport, as TLM has it.
#pragma once

#include "models/common/fabric_error.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace acf::common {

// What a fault does to the payload of one packet.
using payload_change = std::function<void(std::span<std::uint8_t>)>;

struct parcel {
  struct damage {
    std::uint32_t offset, bytes;
    payload_change what;
  };
  std::vector<std::uint8_t> bytes;
  fabric_error error{};       // found when the bytes met the memory; they have not moved then
  std::vector<damage> faults; // of the packets that carry what a read will find
  // What was read is not the packed form that the word at this offset of the SRAM says; it has not moved then.
  std::optional<std::uint64_t> not_packed;
};

} // namespace acf::common
