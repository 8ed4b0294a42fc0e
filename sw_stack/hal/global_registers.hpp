// GLOBAL: identification, capabilities, reset, interrupts, broadcast doorbell, DMA windows, routing checks.
#pragma once

#include "sw_stack/hal/registers.hpp"

namespace acf::hal::global {

inline constexpr std::uint32_t id_value = 0x31464341; // "ACF1"
inline constexpr std::uint32_t version_value = 0x0001'0004;
inline constexpr std::uint32_t dma_windows = 8;
inline constexpr std::uint32_t route_cycle_links = 64;
inline constexpr std::uint32_t tile_select_words = 32; // 1024 tiles

enum class engine_id : std::uint32_t { dense = 0, zbcc = 1, tensordash = 2, spartann = 3, sat = 4, mixed = 15 };

inline constexpr reg id{"ID", 0x000, 4, id_value, access::ro, "Identification: the letters ACF1."};
inline constexpr reg version{
    "VERSION",
    0x004,
    4,
    version_value,
    {{"MINOR", 0, 16, access::ro, "compatible additions"}, {"MAJOR", 16, 16, access::ro, "incompatible changes"}},
    "Version of this register map and of the command set."};
inline constexpr reg mesh{"MESH",
                          0x008,
                          4,
                          0,
                          {{"WIDTH", 0, 8, access::ro, "columns of tiles"},
                           {"HEIGHT", 8, 8, access::ro, "rows of tiles"},
                           {"VIRTUAL_CHANNELS", 16, 8, access::ro, "per message class"},
                           {"BUFFER_FLITS", 24, 8, access::ro, "per virtual channel"}},
                          "The mesh. Reset value describes the configuration."};
inline constexpr reg engine{"ENGINE",
                            0x00C,
                            4,
                            0,
                            {{"LANES", 0, 16, access::ro, "MAC lanes of the matrix engine of a tile"},
                             {"KIND", 16, 4, access::ro, "0 dense 1 zbcc 2 tensordash 3 spartann 4 sat 15 mixed"},
                             {"VECTOR_LANES", 20, 12, access::ro, "fp32 lanes of the vector unit of a tile"}},
                            "Compute resources of a tile."};
inline constexpr reg sram{"SRAM", 0x010, 4, 0, access::ro, "SRAM of a tile in KiB."};
inline constexpr reg dram{
    "DRAM",
    0x014,
    4,
    0,
    {{"CHANNELS", 0, 8, access::ro, "DRAM channels, each a mesh node"}, {"SIZE_MIB", 8, 24, access::ro, "capacity"}},
    "Memory system."};
inline constexpr reg nodes{"NODES",
                           0x018,
                           4,
                           0,
                           {{"TILES", 0, 16, access::ro, "tiles are nodes 0 .. TILES-1"},
                            {"ALL", 16, 16, access::ro, "tiles, then DRAM channels, then the host bridge"}},
                           "Mesh nodes."};
inline constexpr reg clock{"CLOCK", 0x01C, 4, 0, access::ro, "Fabric clock in MHz."};
inline constexpr reg control{
    "CONTROL",
    0x020,
    4,
    0,
    {{"RESET", 0, 1, access::w1s, "reset every tile, the routing tables and this block except CONTROL.CHECK_ROUTES"},
     {"ABORT", 1, 1, access::w1s, "stop all running jobs; tiles report ABORTED"},
     {"CHECK_ROUTES", 2, 1, access::w1s,
      "check both banks of the routing tables for holes, loops and cycles; see ROUTE_STATUS"},
     {"ROUTE_BANK", 3, 1, access::rw, "bank of the routing tables used by packets that enter the mesh from now on"}},
    "Fabric control."};
inline constexpr reg status{"STATUS",
                            0x024,
                            4,
                            1,
                            {{"IDLE", 0, 1, access::ro, "no tile has a job"},
                             {"ERROR", 1, 1, access::ro, "at least one tile has STATUS.ERROR set; see ERROR_TILE"}},
                            "Fabric state."};
inline constexpr reg irq_status{
    "IRQ_STATUS",
    0x028,
    4,
    0,
    {{"FENCE", 0, 1, access::w1c, "a FENCE command with interrupt has completed"},
     {"ERROR", 1, 1, access::w1c, "a tile has met an error"},
     {"ROUTE", 2, 1, access::w1c, "a packet met a routing hole, or a check failed"},
     {"ORDER", 3, 1, access::w1c, "a doorbell was rung after stores to ring memory without `fence w,o`"}},
    "Interrupt causes. The line is level: IRQ_STATUS and IRQ_ENABLE not zero."};
inline constexpr reg irq_enable{"IRQ_ENABLE",
                                0x02C,
                                4,
                                0,
                                {{"FENCE", 0, 1, access::rw, ""},
                                 {"ERROR", 1, 1, access::rw, ""},
                                 {"ROUTE", 2, 1, access::rw, ""},
                                 {"ORDER", 3, 1, access::rw, ""}},
                                "Which causes raise the interrupt."};
inline constexpr reg doorbell{"DOORBELL",
                              0x030,
                              4,
                              0,
                              {{"COUNT", 0, 24, access::wo, "records to run; 0: the whole ring of each tile"},
                               {"RING", 24, 2, access::wo, "ring"}},
                              "As TILE.DOORBELL, for every tile selected in TILE_SELECT, at the same instant."};
inline constexpr reg error_tile{
    "ERROR_TILE", 0x034, 4, 0xFFFF'FFFF, access::ro, "Lowest tile with STATUS.ERROR set; all ones when there is none."};
inline constexpr reg route_status{"ROUTE_STATUS",
                                  0x038,
                                  4,
                                  0,
                                  {{"HOLE", 0, 1, access::w1c, "an entry needed on the way is not valid"},
                                   {"LOOP", 1, 1, access::w1c, "a packet would never arrive"},
                                   {"CYCLE", 2, 1, access::w1c, "packets could wait for each other; see ROUTE_CYCLE"}},
                                  "Result of routing checks; ROUTE_AT tells where."};
inline constexpr reg route_at{"ROUTE_AT",
                              0x03C,
                              4,
                              0,
                              {{"ROUTER", 0, 16, access::ro, "router at which the way ends or repeats"},
                               {"DESTINATION", 16, 16, access::ro, "node that cannot be reached"}},
                              "Where the first routing error is, of the selected bank if it has one."};
inline constexpr reg marker{
    "MARKER", 0x040, 4, 0, access::rw, "Phase of the run, for measurement only: 0 other, 1 training, 2 evaluation."};
inline constexpr reg fences{"FENCES", 0x044, 4, 0, access::ro, "FENCE commands completed since reset."};
inline constexpr reg route_cycle_length{
    "ROUTE_CYCLE_LENGTH",
    0x048,
    4,
    0,
    access::ro,
    "Links of the cycle of channel dependencies that the last check found over both banks; 0: none."};
inline constexpr reg route_cycle{"ROUTE_CYCLE",
                                 0x400,
                                 4,
                                 0,
                                 {{"ROUTER", 0, 16, access::ro, "router that the link leaves"},
                                  {"PORT", 16, 4, access::ro, "its output port, as in the ROUTER registers"}},
                                 "The first links of that cycle, in order.",
                                 route_cycle_links,
                                 4};
inline constexpr reg tile_select{"TILE_SELECT",     0x100,      4,
                                 0xFFFF'FFFF,       access::rw, "Bit t of word w selects tile 32 w + t for DOORBELL.",
                                 tile_select_words, 4};
inline constexpr reg window_base{"WINDOW_BASE", 0x200, 8, 0, access::rw, "First byte of a DMA window.",
                                 dma_windows,   0x20};
inline constexpr reg window_limit{"WINDOW_LIMIT", 0x208, 8, 0, access::rw, "First byte behind a DMA window.",
                                  dma_windows,    0x20};
inline constexpr reg window_rights{
    "WINDOW_RIGHTS",
    0x210,
    4,
    0,
    {{"READ", 0, 1, access::rw, "the fabric may read"}, {"WRITE", 1, 1, access::rw, "the fabric may write"}},
    "Rights of a DMA window; without any the fabric reaches no DRAM.",
    dma_windows,
    0x20};

inline constexpr reg registers[] = {id,
                                    version,
                                    mesh,
                                    engine,
                                    sram,
                                    dram,
                                    nodes,
                                    clock,
                                    control,
                                    status,
                                    irq_status,
                                    irq_enable,
                                    doorbell,
                                    error_tile,
                                    route_status,
                                    route_at,
                                    marker,
                                    fences,
                                    route_cycle_length,
                                    route_cycle,
                                    tile_select,
                                    window_base,
                                    window_limit,
                                    window_rights};
inline constexpr register_block block =
    make_block("GLOBAL", 0x1'0000, registers, "Fabric-wide identification, control, interrupts and isolation.");

} // namespace acf::hal::global

// ROUTER: one window per router. Entry = output port for a destination node.
namespace acf::hal::router {

inline constexpr std::uint32_t max_nodes = 2048;
enum port : std::uint32_t { north = 0, east = 1, south = 2, west = 3, local = 4 }; // 4 tile, 5.. DRAM and host nodes

inline constexpr field port_field{"PORT", 0, 4, access::rw,
                                  "0 north (y-1) 1 east (x+1) 2 south (y+1) 3 west (x-1) 4 tile 5.. attached nodes"};
inline constexpr field valid_field{"VALID", 7, 1, access::rw, "an entry that is not valid is a routing hole"};
inline constexpr reg bank0{"ROUTE_BANK0",
                           0x0000,
                           4,
                           0,
                           {port_field, valid_field},
                           "Output port per destination node, bank 0. Reset: XY routing.",
                           max_nodes,
                           4};
inline constexpr reg bank1{"ROUTE_BANK1",
                           0x2000,
                           4,
                           0,
                           {port_field, valid_field},
                           "Output port per destination node, bank 1. Reset: XY routing.",
                           max_nodes,
                           4};
inline constexpr reg registers[] = {bank0, bank1};
inline constexpr register_block block =
    make_block("ROUTER", 0x4000, registers, "Routing table of one router; reset contents are XY routing.");

} // namespace acf::hal::router
