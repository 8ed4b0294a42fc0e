#include "platform/semihosting/semihosting.hpp"

#include <algorithm>
#include <cerrno>

namespace acf::platform {

namespace {

using u64 = std::uint64_t;
using s64 = std::int64_t;

enum operation_number : u64 {
  sys_open = 0x01,
  sys_close = 0x02,
  sys_writec = 0x03,
  sys_write0 = 0x04,
  sys_write = 0x05,
  sys_read = 0x06,
  sys_readc = 0x07,
  sys_iserror = 0x08,
  sys_istty = 0x09,
  sys_seek = 0x0a,
  sys_flen = 0x0c,
  sys_remove = 0x0e,
  sys_rename = 0x0f,
  sys_clock = 0x10,
  sys_time = 0x11,
  sys_errno = 0x13,
  sys_get_cmdline = 0x15,
  sys_heapinfo = 0x16,
  sys_exit = 0x18,
  sys_exit_extended = 0x20,
  sys_elapsed = 0x30,
  sys_tickfreq = 0x31,
};
constexpr u64 application_exit = 0x20026;
constexpr u64 ticks_per_second = 1'000'000'000, ps_per_tick = 1000, ps_per_centisecond = 10'000'000'000,
              ps_per_second = 1'000'000'000'000;
constexpr u64 longest_piece = 64 << 10, longest_name = 4096;

} // namespace

// The guest's memory, as the running program sees it; what is not there reads as a failure.
class semihosting::memory {
public:
  explicit memory(cpu::cpu_core& by) : core_(by) {}
  bool move(u64 address, char* bytes, u64 count, bool to_guest) {
    constexpr u64 page = 4096;
    while (count != 0) {
      const u64 piece = std::min(count, page - address % page);
      u64 physical = 0;
      if (!core_.core().debug_translate(address, physical)) return false;
      const auto n = static_cast<unsigned>(piece);
      if ((to_guest ? core_.poke(physical, bytes, n) : core_.peek(physical, bytes, n)) != n) return false;
      address += piece;
      bytes += piece;
      count -= piece;
    }
    return true;
  }
  bool word(u64 block, unsigned n, u64& value) {
    return move(block + 8 * n, reinterpret_cast<char*>(&value), sizeof value, false);
  }
  bool words(u64 block, std::initializer_list<u64*> values) {
    unsigned n = 0;
    return std::all_of(values.begin(), values.end(), [&](u64* v) { return word(block, n++, *v); });
  }
  bool name(u64 address, u64 count, std::string& text) {
    if (count > longest_name) return false;
    text.resize(count);
    return move(address, text.data(), count, false);
  }

private:
  cpu::cpu_core& core_;
};

void semihosting::call(cpu::cpu_core& by) {
  constexpr unsigned a0 = 10, a1 = 11;
  memory guest(by);
  auto& x = by.core().x;
  x[a0] = static_cast<u64>(operation(x[a0], x[a1], guest));
}

std::int64_t semihosting::transfer(memory& guest, u64 handle, u64 address, u64 count, bool to_guest) {
  std::string piece;
  while (count != 0) {
    const u64 wanted = std::min(count, longest_piece);
    s64 missing = 0;
    if (to_guest) {
      missing = files_.read(handle, piece, wanted);
      if (!guest.move(address, piece.data(), piece.size(), true)) break;
    } else {
      piece.resize(wanted);
      if (!guest.move(address, piece.data(), wanted, false)) break;
      missing = files_.write(handle, piece);
    }
    count -= wanted - static_cast<u64>(missing);
    address += wanted;
    if (missing != 0) break;
  }
  return static_cast<s64>(count); // not transferred
}

std::int64_t semihosting::operation(u64 number, u64 argument, memory& guest) {
  const u64 now = sc_core::sc_time_stamp().value();
  const auto fault = [this] {
    files_.error = EFAULT;
    return s64{-1};
  };
  u64 first = 0, second = 0, third = 0, fourth = 0;
  std::string name, other;
  switch (number) {
  case sys_open:
    if (!guest.words(argument, {&first, &second, &third}) || !guest.name(first, third, name)) return fault();
    return files_.open(name, second);
  case sys_close: return guest.word(argument, 0, first) ? files_.close(first) : fault();
  case sys_writec: {
    char c = 0;
    if (guest.move(argument, &c, 1, false)) files_.put(c);
    return 0;
  }
  case sys_write0:
    for (char c = 0; guest.move(argument, &c, 1, false) && c != 0; ++argument) files_.put(c);
    return 0;
  case sys_write:
  case sys_read:
    if (!guest.words(argument, {&first, &second, &third})) return fault();
    return transfer(guest, first, second, third, number == sys_read);
  case sys_readc: return files_.get();
  case sys_iserror: return guest.word(argument, 0, first) ? static_cast<s64>(first) < 0 : fault();
  case sys_istty: return guest.word(argument, 0, first) ? files_.is_terminal(first) : fault();
  case sys_seek: return guest.words(argument, {&first, &second}) ? files_.seek(first, second) : fault();
  case sys_flen: return guest.word(argument, 0, first) ? files_.length(first) : fault();
  case sys_remove:
    if (!guest.words(argument, {&first, &second}) || !guest.name(first, second, name)) return fault();
    return files_.remove(name);
  case sys_rename:
    if (!guest.words(argument, {&first, &second, &third, &fourth}) || !guest.name(first, second, name) ||
        !guest.name(third, fourth, other))
      return fault();
    return files_.rename(name, other);
  case sys_clock: return static_cast<s64>(now / ps_per_centisecond);
  case sys_time: return static_cast<s64>(now / ps_per_second);
  case sys_errno: return files_.error;
  case sys_get_cmdline: {
    std::string line = outside_.command_line + '\0';
    if (!guest.words(argument, {&first, &second})) return fault();
    if (second < line.size() || !guest.move(first, line.data(), line.size(), true)) return fault();
    u64 length = line.size() - 1;
    return guest.move(argument + 8, reinterpret_cast<char*>(&length), 8, true) ? 0 : fault();
  }
  case sys_heapinfo: {
    u64 block[] = {outside_.heap_first, outside_.memory_end, outside_.memory_end, outside_.heap_first};
    if (!guest.word(argument, 0, first)) return fault();
    return guest.move(first, reinterpret_cast<char*>(block), sizeof block, true) ? 0 : fault();
  }
  case sys_exit:
  case sys_exit_extended:
    if (!guest.words(argument, {&first, &second})) { // some pass the reason itself, as 32-bit programs do
      first = argument;
      second = 0;
    }
    outside_.exit(first == application_exit ? static_cast<s64>(second) : 1);
    return 0;
  case sys_elapsed: {
    u64 ticks = now / ps_per_tick;
    return guest.move(argument, reinterpret_cast<char*>(&ticks), 8, true) ? 0 : fault();
  }
  case sys_tickfreq: return ticks_per_second;
  default: files_.error = ENOSYS; return -1;
  }
}

} // namespace acf::platform
