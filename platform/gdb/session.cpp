#include "platform/gdb/session.hpp"
#include "platform/gdb/packet.hpp"
#include <algorithm>

namespace acf::platform::gdb {
namespace {

constexpr std::size_t longest_transfer = 128 << 10;               // bytes of memory in one answer
constexpr std::size_t longest_packet = 2 * longest_transfer + 64; // what we announce, and may get
const std::string ok = "OK", unsupported, bad_request = "E16", no_such_place = "E0e";

std::uint32_t crc32(std::uint32_t crc, unsigned char byte) { // as GDB's compare-sections computes it
  crc ^= static_cast<std::uint32_t>(byte) << 24;
  for (int bit = 0; bit < 8; ++bit) crc = crc & 0x80000000 ? crc << 1 ^ 0x04c11db7 : crc << 1;
  return crc;
}

} // namespace

answer session::handle(std::string_view packet) {
  const auto say = [](std::string text) { return answer{std::move(text)}; };
  if (packet.empty()) return say(unsupported);
  const char command = packet[0];
  std::string_view rest = packet.substr(1);
  switch (command) {
  case '?': return say(stop_reply());
  case 'g': return say(read_all_registers());
  case 'G': return say(write_all_registers(rest));
  case 'p': return say(read_one_register(rest));
  case 'P': return say(write_one_register(rest));
  case 'm': return say(read_memory(rest));
  case 'M': return say(write_memory(rest, false));
  case 'X': return say(write_memory(rest, true));
  case 'Z': return say(stop_point_packet(rest, true));
  case 'z': return say(stop_point_packet(rest, false));
  case 'H': return say(select_thread(rest));
  case 'T': return say(hart_of(rest) ? ok : bad_request);
  case 'q': return say(general_query(packet));
  case 'Q':
    if (packet == "QStartNoAckMode") return {ok, next_action::stay, true};
    return say(unsupported);
  case 'v': return verbose(packet);
  case 'c':
  case 's':
  case 'C':
  case 'S':
    if (command == 'C' || command == 'S') { // the machine knows no signals
      take_hex(rest);
      take(rest, ";");
    }
    if (!rest.empty()) {
      const auto address = take_hex(rest);
      if (!address || !rest.empty()) return say(bad_request);
      target.write_register(stepping, pc_number, *address);
    }
    for (unsigned h = 0; h < target.harts(); ++h)
      target.set_run_mode(h, h == stepping && (command == 's' || command == 'S') ? run_mode::step : run_mode::go);
    return {std::nullopt, next_action::resume};
  case 'D': close(); return {ok, next_action::detach};
  case 'k': return {std::nullopt, next_action::kill};
  default: return say(unsupported);
  }
}

answer session::verbose(std::string_view packet) {
  if (packet == "vCont?") return {"vCont;c;C;s;S"};
  if (packet.starts_with("vKill")) return {ok, next_action::kill};
  if (!take(packet, "vCont")) return {unsupported};
  // The first action that names a hart, or names none, is that hart's. GDB leaves harts out while it steps one of them
  // over a breakpoint.
  std::vector<char> action(target.harts(), 0);
  while (take(packet, ";")) {
    if (packet.empty()) return {bad_request};
    const char what = packet[0];
    packet.remove_prefix(1);
    if (what == 'C' || what == 'S')
      take_hex(packet);
    else if (what != 'c' && what != 's')
      return {bad_request};
    if (take(packet, ":")) {
      const std::size_t end = std::min(packet.find(';'), packet.size());
      const std::string_view thread = packet.substr(0, end);
      packet.remove_prefix(end);
      const auto hart = hart_of(thread);
      if (!hart && thread != "-1") return {bad_request};
      for (unsigned h = 0; h < action.size(); ++h)
        if (!action[h] && (thread == "-1" || h == *hart)) action[h] = what;
    } else {
      for (char& a : action)
        if (!a) a = what;
    }
  }
  if (!packet.empty()) return {bad_request};
  for (unsigned h = 0; h < action.size(); ++h)
    target.set_run_mode(h, !action[h]                             ? run_mode::unwatched
                           : action[h] == 's' || action[h] == 'S' ? run_mode::step
                                                                  : run_mode::go);
  return {std::nullopt, next_action::resume};
}

std::string session::general_query(std::string_view packet) {
  if (packet.starts_with("qSupported"))
    return "PacketSize=" + number(longest_packet) +
           ";qXfer:features:read+;swbreak+;hwbreak+;vContSupported+;QStartNoAckMode+";
  if (take(packet, "qXfer:features:read:target.xml:")) return transfer_features(packet);
  if (packet == "qfThreadInfo") {
    std::string list = "m";
    for (unsigned h = 0; h < target.harts(); ++h) list += (h ? "," : "") + number(h + 1);
    return list;
  }
  if (packet == "qsThreadInfo") return "l";
  if (take(packet, "qThreadExtraInfo,")) {
    const auto hart = hart_of(packet);
    return hart ? to_hex(target.describe(*hart)) : bad_request;
  }
  if (packet == "qC") return "QC" + number(current + 1);
  if (packet.starts_with("qAttached")) return "1"; // so that GDB leaves by detaching
  if (packet == "qSymbol::") return ok;
  if (take(packet, "qCRC:")) return checksum(packet);
  if (take(packet, "qRcmd,")) {
    const auto command = from_hex(packet);
    if (!command) return bad_request;
    const std::string output = target.monitor(*command);
    return output.empty() ? ok : to_hex(output);
  }
  return unsupported;
}

std::string session::transfer_features(std::string_view rest) const {
  const auto offset = take_hex(rest);
  if (!offset || !take(rest, ",")) return bad_request;
  const auto length = take_hex(rest);
  if (!length || !rest.empty()) return bad_request;
  const std::string xml = target_description(target.registers());
  if (*offset >= xml.size()) return "l";
  const std::string part = xml.substr(*offset, std::min<std::uint64_t>(*length, longest_transfer));
  return (*offset + part.size() < xml.size() ? "m" : "l") + part;
}

std::optional<unsigned> session::hart_of(std::string_view thread) const {
  const auto id = take_hex(thread);
  if (!id || !thread.empty() || *id < 1 || *id > target.harts()) return std::nullopt;
  return static_cast<unsigned>(*id - 1);
}

std::string session::select_thread(std::string_view rest) {
  if (rest.empty()) return bad_request;
  const char purpose = rest[0];
  rest.remove_prefix(1);
  if (rest == "0" || rest == "-1") return ok; // any will do
  const auto hart = hart_of(rest);
  if (!hart) return bad_request;
  if (purpose == 'g')
    current = *hart;
  else if (purpose == 'c')
    stepping = *hart;
  else
    return bad_request;
  return ok;
}

// The general packet carries x, pc and f; GDB asks for the rest one by one.
std::string session::read_all_registers() {
  std::string all;
  for (unsigned n = 0; n < first_csr; ++n) {
    std::uint64_t value = 0;
    all += target.read_register(current, n, value) ? little_endian(value) : std::string(16, 'x');
  }
  return all;
}

std::string session::write_all_registers(std::string_view hex) {
  if (hex.size() % 16 != 0 || hex.size() / 16 > first_csr) return bad_request;
  for (unsigned n = 0; n < hex.size() / 16; ++n) {
    const auto value = little_endian_value(hex.substr(16 * n, 16));
    if (!value) return bad_request;
    target.write_register(current, n, *value);
  }
  return ok;
}

std::string session::read_one_register(std::string_view rest) {
  const auto n = take_hex(rest);
  if (!n || !rest.empty()) return bad_request;
  for (const register_info& r : target.registers())
    if (r.number == *n) {
      std::uint64_t value = 0;
      return target.read_register(current, r.number, value) ? little_endian(value, r.bits / 8)
                                                            : std::string(r.bits / 4, 'x');
    }
  return bad_request;
}

std::string session::write_one_register(std::string_view rest) {
  const auto n = take_hex(rest);
  if (!n || *n > privilege_number || !take(rest, "=")) return bad_request;
  const auto value = little_endian_value(rest);
  return value && target.write_register(current, static_cast<unsigned>(*n), *value) ? ok : bad_request;
}

std::string session::read_memory(std::string_view rest) {
  const auto address = take_hex(rest);
  if (!address || !take(rest, ",")) return bad_request;
  const auto length = take_hex(rest);
  if (!length || !rest.empty()) return bad_request;
  std::string data(std::min<std::uint64_t>(*length, longest_transfer), '\0'); // GDB asks again for the rest
  const std::size_t there = target.read_memory(current, *address, data.data(), data.size());
  if (there == 0 && *length != 0) return no_such_place;
  return to_hex(std::string_view(data).substr(0, there));
}

std::string session::write_memory(std::string_view rest, bool binary) {
  const auto address = take_hex(rest);
  if (!address || !take(rest, ",")) return bad_request;
  const auto length = take_hex(rest);
  if (!length || !take(rest, ":") || *length > longest_packet) return bad_request;
  std::string data(rest);
  if (!binary) {
    const auto bytes = from_hex(rest);
    if (!bytes) return bad_request;
    data = *bytes;
  }
  if (data.size() != *length) return bad_request;
  return target.write_memory(current, *address, data.data(), data.size()) == data.size() ? ok : no_such_place;
}

std::string session::checksum(std::string_view rest) {
  const auto address = take_hex(rest);
  if (!address || !take(rest, ",")) return bad_request;
  const auto length = take_hex(rest);
  if (!length || !rest.empty() || *length > std::uint64_t{1} << 32) return bad_request;
  std::uint32_t crc = 0xffffffff;
  std::string chunk;
  for (std::uint64_t done = 0; done < *length; done += chunk.size()) {
    chunk.resize(std::min<std::uint64_t>(*length - done, longest_transfer));
    if (target.read_memory(current, *address + done, chunk.data(), chunk.size()) != chunk.size()) return no_such_place;
    for (const char c : chunk) crc = crc32(crc, static_cast<unsigned char>(c));
  }
  return "C" + number(crc);
}

std::string session::stop_point_packet(std::string_view rest, bool insert) {
  const auto kind = take_hex(rest);
  if (!kind || !take(rest, ",")) return bad_request;
  if (*kind > 4) return unsupported;
  const auto address = take_hex(rest);
  if (!address || !take(rest, ",")) return bad_request;
  const auto length = take_hex(rest);
  if (!length) return bad_request; // conditions after it are GDB's to check
  const stop_point point{static_cast<stop_point::kind>(*kind), *address, *length};
  if (*kind >= 2 && (*length == 0 || *address + (*length - 1) < *address)) return bad_request;
  const auto place = std::find(stop_points.begin(), stop_points.end(), point);
  if (insert && place == stop_points.end()) {
    if (stop_points.size() >= 4096) return "E1c";
    stop_points.push_back(point);
  } else if (!insert && place != stop_points.end())
    stop_points.erase(place);
  else
    return ok; // both packets may be repeated
  target.set_stop_points(stop_points);
  return ok;
}

std::string session::stopped(const stop_event& event) {
  last_stop = event;
  current = stepping = event.hart;
  return stop_reply();
}

std::string session::stop_reply() const {
  const std::string thread = "thread:" + number(last_stop.hart + 1) + ";";
  switch (last_stop.why) {
  case stop_kind::interrupted:
  case stop_kind::idle: return "T02" + thread;
  case stop_kind::breakpoint: {
    std::uint64_t pc = 0;
    target.read_register(last_stop.hart, pc_number, pc);
    for (const stop_point& p : stop_points)
      if (p.what == stop_point::hardware && p.address == pc) return "T05" + thread + "hwbreak:;";
    return "T05" + thread + "swbreak:;";
  }
  case stop_kind::watchpoint: {
    // GDB finds its watchpoint by an address inside it and by its kind.
    for (const stop_point& p : stop_points) {
      const bool kind_fits =
          p.what == stop_point::access || (last_stop.write ? p.what == stop_point::write : p.what == stop_point::read);
      if (kind_fits && last_stop.address <= p.address + (p.length - 1) && p.address <= last_stop.address + 7) {
        const char* name = p.what == stop_point::access ? "awatch" : p.what == stop_point::read ? "rwatch" : "watch";
        return "T05" + thread + name + ":" + number(std::max(p.address, last_stop.address)) + ";";
      }
    }
    return "T05" + thread;
  }
  case stop_kind::trap_loop: return "T0b" + thread; // SIGSEGV: what a program that runs wild gets
  case stop_kind::ebreak:                           // no breakpoint of GDB's: swbreak would make it go on at once
  case stop_kind::stepped: return "T05" + thread;
  }
  return "T05" + thread;
}

std::string session::exited(int code) { return "W" + little_endian(static_cast<unsigned>(code) & 0xff, 1); }

std::string session::terminated() { return "X0f"; } // SIGTERM

void session::close() {
  stop_points.clear();
  target.set_stop_points(stop_points);
}

} // namespace acf::platform::gdb
