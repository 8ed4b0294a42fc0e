#include "platform/trace/vcd.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

namespace acf::platform {

namespace {

// Short names of printable characters, as the format wants them.
std::string identifier(std::size_t n) {
  constexpr char first = '!', last = '~';
  constexpr std::size_t base = last - first + 1;
  std::string text;
  do text += static_cast<char>(first + n % base);
  while (n /= base);
  return text;
}

std::string value_of(std::uint64_t value, unsigned width, const std::string& id) {
  return width == 1 ? fmt::format("{}{}\n", value & 1, id) : fmt::format("b{:b} {}\n", value, id);
}

} // namespace

vcd::wire vcd::add(const std::string& scope, const std::string& name, unsigned width) {
  if (declared_) throw std::logic_error("vcd: a wire after the first change: " + name);
  lines_.push_back({scope, name, identifier(lines_.size()), width});
  return lines_.size() - 1;
}

void vcd::declare() {
  declared_ = true;
  out_ << "$timescale 1ps $end\n";
  std::string scope;
  for (const auto& l : lines_) {
    if (l.scope != scope) {
      if (!scope.empty()) out_ << "$upscope $end\n";
      scope = l.scope;
      out_ << "$scope module " << scope << " $end\n";
    }
    out_ << fmt::format("$var wire {} {} {} $end\n", l.width, l.id, l.name);
  }
  out_ << (scope.empty() ? "" : "$upscope $end\n") << "$enddefinitions $end\n#0\n$dumpvars\n";
  for (const auto& l : lines_) out_ << value_of(0, l.width, l.id);
  out_ << "$end\n";
}

void vcd::change(wire which, std::uint64_t value) {
  if (!declared_) declare();
  if (sc_core::sc_time_stamp() != at_) write_changes();
  lines_[which].now = value;
  changed_.push_back(which);
}

void vcd::write_changes() {
  std::sort(changed_.begin(), changed_.end());
  bool stamped = at_ == sc_core::SC_ZERO_TIME;
  for (const auto n : changed_) {
    auto& l = lines_[n];
    if (l.now == l.written) continue;
    if (!stamped) out_ << '#' << at_.value() << '\n';
    stamped = true;
    out_ << value_of(l.now, l.width, l.id);
    l.written = l.now;
  }
  changed_.clear();
  at_ = sc_core::sc_time_stamp();
}

void vcd::finish() {
  if (finished_) return;
  finished_ = true;
  if (!declared_) declare();
  write_changes();
  out_ << '#' << sc_core::sc_time_stamp().value() << '\n' << std::flush;
}

} // namespace acf::platform
