// The architectural state of one hart, and the names the privileged specification gives to its parts.
#pragma once
#include "models/cpu/performance.hpp"

namespace acf::cpu {

enum class privilege : std::uint8_t { user = 0, supervisor = 1, machine = 3 };

enum class cause : std::uint8_t {
  fetch_misaligned = 0,
  fetch_access = 1,
  illegal_instruction = 2,
  breakpoint = 3,
  load_misaligned = 4,
  load_access = 5,
  store_misaligned = 6,
  store_access = 7,
  ecall_user = 8,
  ecall_supervisor = 9,
  ecall_machine = 11,
  fetch_page = 12,
  load_page = 13,
  store_page = 15,
};

enum class interrupt : std::uint8_t {
  supervisor_software = 1,
  machine_software = 3,
  supervisor_timer = 5,
  machine_timer = 7,
  supervisor_external = 9,
  machine_external = 11,
};
inline constexpr unsigned privileges = 4; // values of `privilege`, one of them unused

constexpr std::uint64_t bit(interrupt i) { return std::uint64_t{1} << static_cast<unsigned>(i); }
inline constexpr std::uint64_t interrupt_flag = std::uint64_t{1} << 63; // in mcause

namespace status { // fields of mstatus
inline constexpr std::uint64_t sie = 1u << 1, mie = 1u << 3, spie = 1u << 5, mpie = 1u << 7, spp = 1u << 8,
                               mpp = 3u << 11, fs = 3u << 13, mprv = 1u << 17, sum = 1u << 18, mxr = 1u << 19,
                               tvm = 1u << 20, tw = 1u << 21, tsr = 1u << 22, uxl = 3ull << 32, sxl = 3ull << 34,
                               sd = 1ull << 63;
inline constexpr unsigned spp_shift = 8, mpp_shift = 11, fs_shift = 13;
} // namespace status

namespace environment { // fields of menvcfg and senvcfg: what less privileged modes may do
inline constexpr std::uint64_t fiom = 1u << 0, cbie = 3u << 4, cbcfe = 1u << 6, cbze = 1u << 7, stce = 1ull << 63;
} // namespace environment

namespace fflag { // accrued exceptions in fcsr
inline constexpr std::uint8_t nx = 1, uf = 2, of = 4, dz = 8, nv = 16;
}

enum class rounding : std::uint8_t { rne = 0, rtz = 1, rdn = 2, rup = 3, rmm = 4, dynamic = 7 };

struct state {
  std::array<std::uint64_t, 33> x{}; // x[32] takes the writes to x0, so that no instruction needs to test for it
  std::array<std::uint64_t, 32> f{}; // single precision is NaN-boxed
  std::uint64_t pc = 0;
  privilege mode = privilege::machine;

  std::uint64_t mstatus = 0, mie = 0, mip = 0, mtvec = 0, mepc = 0, mcause = 0, mtval = 0, mscratch = 0;
  std::uint64_t medeleg = 0, mideleg = 0, menvcfg = 0, mcounteren = 0, mcountinhibit = 0;
  std::uint64_t stvec = 0, sepc = 0, scause = 0, stval = 0, sscratch = 0, senvcfg = 0, scounteren = 0, satp = 0;
  std::uint64_t stimecmp = ~std::uint64_t{0};
  bool seip_line = false, seip_written = false; // mip.SEIP is either of them
  std::uint8_t frm = 0;
  std::uint8_t fflags = 0; // plus those still in the host's register while the hart runs; see host_fpu.hpp

  std::uint64_t cycle = 0;           // since reset; exact whenever the surroundings can look
  std::uint64_t instret = 0;         // instructions retired since reset
  std::uint64_t float_instret = 0;   // of these, floating-point ones
  std::uint64_t doorbell_fences = 0; // fences of memory writes before device writes

  performance performed{};            // what the events of Zihpm count
  std::array<counter, 32> counters{}; // mcycle, none, minstret, mhpmcounter3 to 31

  struct { // LR/SC
    bool valid = false;
    std::uint64_t address = 0, physical = 0, value = 0;
  } reservation;
};

} // namespace acf::cpu
