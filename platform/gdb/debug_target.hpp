// What a debugger can do to a machine. The machine stands still during every call.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace acf::platform::gdb {

struct register_info {
  std::string name;
  unsigned number; // GDB's: x 0-31, pc 32, f 33-64, CSR n 65 + n, priv 4161
  unsigned bits;
  enum { integer, code_pointer, data_pointer, floating } type;
  enum { cpu, fpu, csr, other } group;
};
inline constexpr unsigned pc_number = 32, first_float = 33, first_csr = 65, privilege_number = 65 + 4096;

enum class stop_kind { interrupted, breakpoint, watchpoint, ebreak, stepped, trap_loop, idle };
struct stop_event {
  unsigned hart = 0;
  stop_kind why = stop_kind::interrupted;
  std::uint64_t address = 0; // of a watchpoint's hit
  bool write = false;
};

// Z0 to Z4: two kinds of execution breakpoint (alike here: both leave memory untouched), three kinds of watchpoint.
struct stop_point {
  enum kind { software, hardware, write, read, access } what;
  std::uint64_t address, length;
  auto operator<=>(const stop_point&) const = default;
};

// What a hart does when the machine runs on. `unwatched`: it may run, because simulated time has no meaning for some
// harts only, but does not stop for anything: the debugger thinks that it stands.
enum class run_mode { go, step, unwatched };

class debug_target {
public:
  virtual ~debug_target() = default;
  virtual unsigned harts() const = 0;
  virtual std::string describe(unsigned hart) const = 0; // a word or two for `info threads`
  virtual const std::vector<register_info>& registers() const = 0;
  virtual bool read_register(unsigned hart, unsigned number, std::uint64_t& value) = 0;
  virtual bool write_register(unsigned hart, unsigned number, std::uint64_t value) = 0;
  // As the hart sees memory, without its side effects. Return how many bytes were there.
  virtual std::size_t read_memory(unsigned hart, std::uint64_t address, char* data, std::size_t size) = 0;
  virtual std::size_t write_memory(unsigned hart, std::uint64_t address, const char* data, std::size_t size) = 0;
  virtual void set_stop_points(const std::vector<stop_point>& all) = 0;
  virtual void set_run_mode(unsigned hart, run_mode mode) = 0; // from the next resumption to the next stop
  virtual std::string monitor(const std::string& command) = 0;
};

} // namespace acf::platform::gdb
