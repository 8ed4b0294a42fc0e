// The operations of semihosting, by the RISC-V convention: number in a0, argument or address of a parameter block in
// a1, result in a0. Time is simulated time. There is no way to start a program on the host, and no file outside of the
// directory that the user named.
//
// SYS_READC and SYS_READ of ":tt" take the characters that would come over the UART next, in their order and without
// its pace; who reads by both ways gets each character once. At the end of the input, and without any, SYS_READC is -1
// and SYS_READ has read nothing.
#pragma once
#include "models/cpu/cpu_core.hpp"
#include "platform/semihosting/files.hpp"

namespace acf::platform {

class semihosting {
public:
  struct connections {
    std::optional<std::filesystem::path> root; // files
    guest_files::terminal console;
    std::function<void(std::int64_t)> exit; // the guest's exit code
    std::string command_line;
    std::uint64_t heap_first = 0, memory_end = 0; // what SYS_HEAPINFO says
  };
  explicit semihosting(connections to) : outside_(std::move(to)), files_(outside_.root, outside_.console) {}
  void call(cpu::cpu_core& by);

private:
  class memory;
  std::int64_t operation(std::uint64_t number, std::uint64_t argument, memory& guest);
  std::int64_t transfer(memory& guest, std::uint64_t handle, std::uint64_t address, std::uint64_t count, bool to_guest);

  connections outside_;
  guest_files files_;
};

} // namespace acf::platform
