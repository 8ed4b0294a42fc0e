// PLIC: 96 sources, a machine and a supervisor context per hart (2 hart and 2 hart + 1). RISC-V PLIC specification 1.0,
// laid out as SiFive's and QEMU's.
#pragma once

#include "sw_stack/hal/registers.hpp"

namespace acf::hal::plic {

inline constexpr std::uint32_t sources = 96; // 1 .. 96; 0 means none
inline constexpr std::uint32_t max_contexts = 16;
inline constexpr std::uint32_t max_priority = 7;

inline constexpr field source_bits{"SOURCES", 0, 32, access::rw, "bit s of word w: source 32 w + s"};
inline constexpr field pending_bits{"SOURCES", 0, 32, access::ro, "bit s of word w: source 32 w + s"};
inline constexpr field level{"LEVEL", 0, 3, access::rw, "0 to 7"};

inline constexpr reg priority{
    "PRIORITY", 0x00'0000, 4, 0, {level}, "Of a source; 0: never interrupts. Source 0 does not exist.", sources + 1, 4};
inline constexpr reg pending{"PENDING",        0x00'1000, 4, 0, {pending_bits}, "Sources that wait for a claim.",
                             sources / 32 + 1, 4};
inline constexpr reg enable0{"ENABLE0",    0x00'2000, 4, 0, {source_bits}, "Sources 0 .. 31 of a context.",
                             max_contexts, 0x80};
inline constexpr reg enable1{"ENABLE1",    0x00'2004, 4, 0, {source_bits}, "Sources 32 .. 63 of a context.",
                             max_contexts, 0x80};
inline constexpr reg enable2{"ENABLE2",    0x00'2008, 4, 0, {source_bits}, "Sources 64 .. 95 of a context.",
                             max_contexts, 0x80};
inline constexpr reg enable3{"ENABLE3", 0x00'200C, 4, 0, {source_bits}, "Source 96 of a context.", max_contexts, 0x80};
inline constexpr reg threshold{
    "THRESHOLD",  0x20'0000, 4, 0, {level}, "Sources of this priority and below do not interrupt the context.",
    max_contexts, 0x1000};
inline constexpr reg claim{
    "CLAIM",
    0x20'0004,
    4,
    0,
    {{"SOURCE", 0, 10, access::rw, "source"}},
    "Read: claims the most urgent source that is pending and enabled (0: none). Write: completes it.",
    max_contexts,
    0x1000};

inline constexpr reg registers[] = {priority, pending, enable0, enable1, enable2, enable3, threshold, claim};
inline constexpr register_block block = make_block(
    "PLIC", 0x60'0000, registers,
    "Platform-level interrupt controller. Contexts of harts that are not there are not there.", {true, false});

} // namespace acf::hal::plic
