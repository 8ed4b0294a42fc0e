// TILE: the sequencer of one tile as the host sees it: rings, jobs, status, errors, counters.
#pragma once

#include "sw_stack/hal/registers.hpp"

namespace acf::hal::tile {

inline constexpr std::uint32_t rings = 4;
inline constexpr std::uint32_t scalars = 16;
inline constexpr std::uint32_t semaphores = 64;
inline constexpr std::uint32_t job_queue_depth = 8;

// ERROR_CAUSE values, named in messages and in the register document.
enum class error : std::uint32_t {
  none = 0,
  bad_opcode = 1,
  bad_parameter = 2,
  bad_view = 3,
  shape = 4,
  range = 5,
  window = 6,
  overlap = 7,
  bus = 8,
  route = 9,
  overrun = 10,
  ring = 11,
  memory = 12,
  index = 13,
};

// What an ERROR_CAUSE means and what ERROR_ADDRESS holds then: in the exported header and the register document.
struct error_meaning {
  error cause;
  const char *what, *address;
};
inline constexpr error_meaning error_meanings[] = {
    {error::bad_opcode, "an opcode or mode that does not exist, or not on this engine", "the opcode"},
    {error::bad_parameter, "a parameter outside its range, an unknown flag, a reserved field that is not 0",
     "0 to 5 parameter, 6 + i parameter i of the extension, 24 flags, 25 reserved fields"},
    {error::bad_view, "a view that is not defined, or whose type or format does not fit the command",
     "16 + i view i, 20 + i view i of the extension"},
    {error::shape, "shapes of operands that do not agree", "as for BAD_VIEW"},
    {error::range, "an access that leaves the SRAM", "the offset at which the access would end"},
    {error::window, "an access to DRAM that is not allowed by any DMA window",
     "the DRAM address at which the access, or a packet of it, begins"},
    {error::overlap, "a result over an operand where that is not allowed, or an access that meets a busy range",
     "the offset of the result, or of the first byte that both need"},
    {error::bus, "an error answer: DRAM has no such address, or a peer refused a packet (damaged on its way)",
     "where the access, or a packet of it, begins: DRAM address or offset in the peer's SRAM"},
    {error::route, "no way through the mesh: a hole or a loop in the routing tables, or no such tile",
     "the destination node, 65535 for a set of tiles"},
    {error::overrun, "a doorbell while eight jobs were pending; ERROR_INDEX: where its job would have begun",
     "COUNT of the doorbell that was refused"},
    {error::ring,
     "a doorbell for a ring of length 0 or with a base that is no multiple of 64 (ERROR_INDEX: where its job would "
     "have "
     "begun), or an extension behind the end of the job",
     "RING_BASE, or for an extension the position of its command"},
    {error::memory, "an uncorrectable memory error", "the DRAM address of the line"},
    {error::index, "an index or pointer of a sparse format, or a label, that is out of bounds",
     "the offset of the word that is wrong"},
};

inline constexpr field doorbell_count{"COUNT", 0, 24, access::wo,
                                      "records to run, extensions included; 0: the whole ring"};
inline constexpr field doorbell_ring{"RING", 24, 2, access::wo, "ring"};

inline constexpr reg position{"POSITION",
                              0x000,
                              4,
                              0,
                              {{"X", 0, 8, access::ro, "column"}, {"Y", 8, 8, access::ro, "row"}},
                              "Where the tile is. Reset value describes the configuration."};
inline constexpr reg control{"CONTROL",
                             0x004,
                             4,
                             0,
                             {{"RESET", 0, 1, access::w1s, "forget jobs, views, scalars, semaphores and errors"},
                              {"ABORT", 1, 1, access::w1s, "stop the running job; STATUS.ABORTED follows"}},
                             "Tile control."};
inline constexpr reg status{"STATUS",
                            0x008,
                            4,
                            1,
                            {{"IDLE", 0, 1, access::ro, "no job running or pending"},
                             {"ERROR", 1, 1, access::w1c, "a command failed; see ERROR_CAUSE, _INDEX, _ADDRESS"},
                             {"ABORTED", 2, 1, access::w1c, "a job was aborted"}},
                            "State of the tile's sequencer. Jobs do not start while ERROR or ABORTED is set."};
inline constexpr reg error_cause{"ERROR_CAUSE",
                                 0x00C,
                                 4,
                                 0,
                                 access::ro,
                                 "0 NONE 1 BAD_OPCODE 2 BAD_PARAMETER 3 BAD_VIEW 4 SHAPE 5 RANGE 6 WINDOW 7 OVERLAP "
                                 "8 BUS 9 ROUTE 10 OVERRUN 11 RING 12 MEMORY 13 INDEX"};
inline constexpr reg error_index{
    "ERROR_INDEX",
    0x010,
    4,
    0,
    {{"COMMAND", 0, 24, access::ro, "position of the failed command in its ring"}, {"RING", 24, 2, access::ro, "ring"}},
    "Which command failed first."};
inline constexpr reg error_address{
    "ERROR_ADDRESS", 0x018, 8, 0, access::ro, "Address, offset, node or parameter: see the table of errors."};
inline constexpr reg doorbell{
    "DOORBELL",
    0x020,
    4,
    0,
    {doorbell_count, doorbell_ring},
    "Starts a job: run the next COUNT commands of ring RING. Up to eight jobs queue up, the one that runs included."};
inline constexpr reg jobs{"JOBS", 0x024, 4, 0, access::ro, "Jobs running and pending."};
inline constexpr reg retired{"RETIRED", 0x028, 8, 0, access::ro, "Commands completed since reset."};
inline constexpr reg macs_executed{"MACS_EXECUTED", 0x030, 8, 0, access::ro, "Multiply-accumulates done."};
inline constexpr reg macs_skipped{"MACS_SKIPPED", 0x038, 8, 0, access::ro, "Multiply-accumulates bypassed."};
inline constexpr reg matrix_busy{"MATRIX_BUSY", 0x040, 8, 0, access::ro, "Cycles the matrix engine was busy."};
inline constexpr reg vector_busy{"VECTOR_BUSY", 0x048, 8, 0, access::ro, "Cycles the vector unit was busy."};
inline constexpr reg bytes_to_pack{
    "BYTES_TO_PACK", 0x050, 8, 0, access::ro, "Bytes of packets whose zeros were to be packed, before that."};
inline constexpr reg bytes_packed{"BYTES_PACKED", 0x058, 8, 0, access::ro, "Bytes that travelled for them."};
inline constexpr reg ring_base{"RING_BASE", 0x100, 8, 0, access::rw, "DRAM address of a ring, 64-byte aligned.",
                               rings,       0x10};
inline constexpr reg ring_length{"RING_LENGTH",
                                 0x108,
                                 4,
                                 0,
                                 access::rw,
                                 "Length of a ring in 64-byte records. Writing it also moves the ring's position to 0.",
                                 rings,
                                 0x10};
inline constexpr reg scalar{"SCALAR", 0x200, 8, 0, access::rw, "Scalar registers of the sequencer.", scalars, 8};
inline constexpr reg semaphore{"SEMAPHORE", 0x400, 4, 0, access::rw, "Counting semaphores of the sequencer.",
                               semaphores,  4};

inline constexpr reg registers[] = {position,      control,     status,      error_cause,   error_index,
                                    error_address, doorbell,    jobs,        retired,       macs_executed,
                                    macs_skipped,  matrix_busy, vector_busy, bytes_to_pack, bytes_packed,
                                    ring_base,     ring_length, scalar,      semaphore};
inline constexpr register_block block =
    make_block("TILE", 0x1'0000, registers, "One tile: sequencer, sparse memory engine, compute core, vector unit.");

} // namespace acf::hal::tile
