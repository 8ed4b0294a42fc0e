// Bytes of a debugger: as a stream of packets, each of which is served.
#include "platform/gdb/packet.hpp"
#include "platform/gdb/session.hpp"
#include <array>
#include <cstring>

using namespace acf::platform::gdb;

namespace {

// Two harts with a page of memory.
class small_machine : public debug_target {
public:
  unsigned harts() const override { return 2; }
  std::string describe(unsigned hart) const override { return "hart " + std::to_string(hart); }
  const std::vector<register_info>& registers() const override { return list; }
  bool read_register(unsigned hart, unsigned number, std::uint64_t& value) override {
    value = number < 33 ? x.at(hart).at(number) : 0;
    return number < 33;
  }
  bool write_register(unsigned hart, unsigned number, std::uint64_t value) override {
    if (number < 33) x.at(hart).at(number) = value;
    return number < 33;
  }
  std::size_t read_memory(unsigned, std::uint64_t address, char* data, std::size_t size) override {
    const std::size_t there = inside(address, size);
    if (there != 0) std::memcpy(data, memory.data() + address, there);
    return there;
  }
  std::size_t write_memory(unsigned, std::uint64_t address, const char* data, std::size_t size) override {
    const std::size_t there = inside(address, size);
    if (there != 0) std::memcpy(memory.data() + address, data, there);
    return there;
  }
  void set_stop_points(const std::vector<stop_point>&) override {}
  void set_run_mode(unsigned, run_mode) override {}
  std::string monitor(const std::string& command) override { return command; }

private:
  std::size_t inside(std::uint64_t address, std::size_t size) const {
    return address < memory.size() ? std::min<std::size_t>(size, memory.size() - address) : 0;
  }
  std::array<std::array<std::uint64_t, 33>, 2> x{};
  std::array<char, 4096> memory{};
  std::vector<register_info> list{{"x1", 1, 64, register_info::integer, register_info::cpu},
                                  {"pc", pc_number, 64, register_info::code_pointer, register_info::cpu}};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  small_machine machine;
  session conversation(machine);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // As they come over the line, and line by line as packets whose checksum is right.
  packet_reader reader(4096);
  reader.feed(bytes);
  while (const auto r = reader.next())
    if (r->what == received::packet) conversation.handle(r->payload);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::string_view payload = bytes.substr(at, end - at);
    packet_reader framed;
    framed.feed(frame(payload));
    const auto r = framed.next();
    if (!r || r->what != received::packet || r->payload != payload) __builtin_trap();
    conversation.handle(r->payload);
    at = end + 1;
  }
  return 0;
}
