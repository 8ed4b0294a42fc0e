// One debugger's conversation: packets in, answers out. Knows no transport, owns no thread, and starts nothing: what
// the machine is to do next is returned.
#pragma once
#include "platform/gdb/debug_target.hpp"
#include <optional>
#include <string>
#include <string_view>

namespace acf::platform::gdb {

enum class next_action { stay, resume, detach, kill };

struct answer {
  std::optional<std::string> reply; // none: nothing is said until the machine stops again
  next_action next = next_action::stay;
  bool no_more_acks = false; // from the next packet on
};

class session {
public:
  explicit session(debug_target& of) : target(of) {}
  answer handle(std::string_view packet);
  std::string stopped(const stop_event& event); // the packet that reports it; the hart becomes the current one
  static std::string exited(int code);
  static std::string terminated();
  void close(); // the debugger has gone: nothing of it remains in the target

private:
  std::string general_query(std::string_view packet);
  answer verbose(std::string_view packet);
  std::string transfer_features(std::string_view rest) const;
  std::string read_all_registers();
  std::string write_all_registers(std::string_view hex);
  std::string read_one_register(std::string_view rest);
  std::string write_one_register(std::string_view rest);
  std::string read_memory(std::string_view rest);
  std::string write_memory(std::string_view rest, bool binary);
  std::string stop_point_packet(std::string_view rest, bool insert);
  std::string select_thread(std::string_view rest);
  std::string checksum(std::string_view rest);
  std::string stop_reply() const;
  std::optional<unsigned> hart_of(std::string_view thread) const; // harts are threads 1, 2, ...

  debug_target& target;
  unsigned current = 0;  // hart of register and memory packets
  unsigned stepping = 0; // hart of the old s packet
  stop_event last_stop;
  std::vector<stop_point> stop_points;
};

std::string target_description(const std::vector<register_info>& registers);

} // namespace acf::platform::gdb
