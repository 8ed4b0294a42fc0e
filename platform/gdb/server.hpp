// Brings a session and a connection together: reports stops, serves packets while the machine stands, and notices when
// a running machine is wanted.
#pragma once
#include "platform/gdb/connection.hpp"
#include "platform/gdb/packet.hpp"
#include "platform/gdb/session.hpp"

namespace spdlog {
class logger;
}

namespace acf::platform::gdb {

class server {
public:
  // `tired` ends every wait for a debugger, and the run.
  server(debug_target& of, std::unique_ptr<connection> by, connection::give_up tired);

  // Bytes have arrived while the machine runs: call wanted() when it is convenient. One atomic load.
  bool attention() const { return link->pending(); }
  // Looks at them. The machine must stop because of Ctrl-C or because a debugger has come, and end when the debugger at
  // the other end of a pipe is no more.
  enum class wish { none, stop, end };
  wish wanted();

  // The machine stands. Reports it, if a debugger is there, and serves it until the machine may go on (true) or is
  // to end (false). Without a debugger it returns at once.
  bool stopped(const stop_event& event);
  // Blocks until a debugger is there. False: none will come.
  bool wait_for_debugger();
  bool lost() const { return vanished; }                     // the last debugger has gone without a word
  bool deserted() const { return left && !link->reopens(); } // nobody is there, nobody will come
  void ended(int exit_code);
  void terminated();               // from outside, not by the guest
  void say(std::string_view text); // to the debugger's console, while the machine runs
  bool attached() const { return present; }
  std::string where() const { return link->where(); }

private:
  void transmit(const std::string& payload);
  void acknowledge(char sign);
  bool is_repetition(const std::string& packet) const; // sent before the debugger could see the answer to it
  std::optional<received> next_packet();               // none: the debugger has gone, or we give up
  void opened();
  void closed();
  bool serve(); // until the machine may go on

  debug_target& target;
  session conversation;
  std::unique_ptr<connection> link;
  connection::give_up give_up;
  std::shared_ptr<spdlog::logger> log; // null: nobody has set one up
  packet_reader reader;
  std::string last_sent;             // for retransmission
  std::string last_heard;            // to know one
  bool answer_is_on_its_way = false; // and was not acknowledged
  bool present = false, left = false, vanished = false, acks = true;
  bool waiting_for_stop = false; // the debugger has resumed the machine and expects to hear of its stop
};

} // namespace acf::platform::gdb
