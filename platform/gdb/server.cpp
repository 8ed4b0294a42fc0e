#include "platform/gdb/server.hpp"
#include <spdlog/spdlog.h>

namespace acf::platform::gdb {

namespace {

// Packets may be long, and binary.
std::string readable(std::string_view packet) {
  constexpr std::size_t enough = 100;
  std::string text;
  for (const char c : packet.substr(0, enough)) text += c >= ' ' && c <= '~' ? c : '.';
  return packet.size() > enough ? text + "..." : text;
}

} // namespace

server::server(debug_target& of, std::unique_ptr<connection> by, connection::give_up tired)
    : target(of), conversation(of), link(std::move(by)), give_up(std::move(tired)), log(spdlog::get("gdb")) {}

void server::opened() {
  if (log) log->info("a debugger has come");
  reader = packet_reader();
  present = true;
  left = vanished = false;
  acks = true;
  waiting_for_stop = answer_is_on_its_way = false;
}
void server::closed() {
  if (present && log) log->info("the debugger has gone");
  if (present) conversation.close();
  present = false;
  left = true;
  waiting_for_stop = false;
}

void server::transmit(const std::string& payload) {
  if (log && log->should_log(spdlog::level::trace)) log->trace("answer {}", readable(payload));
  last_sent = frame(payload);
  link->send(last_sent);
}
void server::acknowledge(char sign) {
  if (acks) link->send({&sign, 1});
}

// A debugger that has waited too long for an acknowledgement sends its packet again. It has acknowledged the answer
// before it sends anything new, so until then the same packet is the same request, and has its answer.
bool server::is_repetition(const std::string& packet) const { return answer_is_on_its_way && packet == last_heard; }

std::optional<received> server::next_packet() {
  for (;;) {
    if (auto r = reader.next()) return r;
    std::string bytes;
    switch (link->receive(bytes, give_up)) {
    case connection::event::data: reader.feed(bytes); break;
    case connection::event::opened: opened(); break;
    case connection::event::closed:
      closed();
      vanished = true;
      return std::nullopt;
    case connection::event::given_up: return std::nullopt;
    }
  }
}

server::wish server::wanted() {
  bool stop = false;
  while (link->pending()) {
    std::string bytes;
    switch (link->receive(bytes)) {
    case connection::event::opened:
      opened();
      stop = true; // a debugger expects to find the machine standing
      break;
    case connection::event::closed:
      if (present && !link->reopens()) { // it has not detached: it was killed
        closed();
        vanished = true;
        return wish::end;
      }
      closed();
      stop = false;
      break;
    case connection::event::given_up: break; // not while something is pending
    case connection::event::data: // Ctrl-C, or a packet that will be served at the stop; acknowledgements may come late
      reader.feed(bytes);
      stop = stop || bytes.find_first_not_of("+-") != std::string::npos;
      break;
    }
  }
  return stop && present ? wish::stop : wish::none;
}

bool server::wait_for_debugger() {
  while (!present) {
    std::string bytes;
    const auto what = link->receive(bytes, give_up);
    if (what == connection::event::opened)
      opened();
    else if (what == connection::event::given_up || (what == connection::event::closed && !link->reopens()))
      return false;
  }
  return true;
}

bool server::stopped(const stop_event& event) {
  if (!present) return true;
  const std::string report = conversation.stopped(event);
  if (waiting_for_stop) transmit(report);
  waiting_for_stop = false;
  return serve();
}

bool server::serve() {
  for (;;) {
    const auto r = next_packet();
    // A debugger that vanished has let go; one at the other end of a pipe was the last.
    if (!r) return left && link->reopens();
    switch (r->what) {
    case received::packet: break;
    case received::damaged: acknowledge('-'); continue;
    case received::rejected:
      if (acks) link->send(last_sent);
      continue;
    case received::acknowledged: answer_is_on_its_way = false; continue;
    default: continue; // Ctrl-C when the machine stands already
    }
    if (is_repetition(r->payload)) continue;
    if (log && log->should_log(spdlog::level::trace)) log->trace("packet {}", readable(r->payload));
    acknowledge('+');
    const answer a = conversation.handle(r->payload);
    answer_is_on_its_way = acks && a.reply;
    if (a.reply) transmit(*a.reply);
    last_heard = r->payload;
    if (a.no_more_acks) acks = false;
    switch (a.next) {
    case next_action::stay: break;
    case next_action::resume: waiting_for_stop = true; return true;
    case next_action::detach: closed(); return true;
    case next_action::kill: closed(); return false;
    }
  }
}

void server::ended(int exit_code) {
  if (present && waiting_for_stop) transmit(session::exited(exit_code));
  waiting_for_stop = false;
}
void server::terminated() {
  if (present && waiting_for_stop) transmit(session::terminated());
  waiting_for_stop = false;
}

void server::say(std::string_view text) {
  if (present && waiting_for_stop && !text.empty()) transmit("O" + to_hex(text));
}

} // namespace acf::platform::gdb
