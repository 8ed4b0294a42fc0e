#include "platform/trace/chrome_json.hpp"

#include "platform/trace/trace_file.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace acf::platform {

chrome_json::chrome_json(std::ostream& to) : out_(to) { out_ << R"({"displayTimeUnit":"ns","traceEvents":[)"; }

void chrome_json::finish() {
  if (finished_) return;
  finished_ = true;
  write_held();
  out_ << "\n]}\n" << std::flush;
}

void chrome_json::event(track where, std::string text) {
  if (sc_core::sc_time_stamp() != held_since_) write_held();
  held_since_ = sc_core::sc_time_stamp();
  held_.push_back({where, std::move(text)});
}

void chrome_json::write_held() {
  std::stable_sort(held_.begin(), held_.end(), [](const held& a, const held& b) { return a.where < b.where; });
  for (const auto& h : held_) {
    out_ << (first_ ? "\n{" : ",\n{") << h.text << '}';
    first_ = false;
  }
  held_.clear();
}

void chrome_json::name_process(std::uint32_t process, std::string_view name) {
  const track where{process, 0};
  event(where, fmt::format(R"("ph":"M","pid":{},"name":"process_name","args":{{"name":"{}"}})", process, name));
  event(where, fmt::format(R"("ph":"M","pid":{0},"name":"process_sort_index","args":{{"sort_index":{0}}})", process));
}

void chrome_json::name_thread(track where, std::string_view name) {
  event(where, fmt::format(R"("ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":"{}"}})", where.process,
                           where.thread, name));
  event(where, fmt::format(R"("ph":"M","pid":{0},"tid":{1},"name":"thread_sort_index","args":{{"sort_index":{1}}})",
                           where.process, where.thread));
}

void chrome_json::complete(track where, std::string_view name, std::string_view category, const sc_core::sc_time& begin,
                           const sc_core::sc_time& end, std::string_view arguments) {
  event(where, fmt::format(R"("ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":"{}","cat":"{}","args":{{{}}})",
                           where.process, where.thread, microseconds(begin), microseconds(end - begin), name, category,
                           arguments));
}

void chrome_json::instant(track where, std::string_view name, const sc_core::sc_time& at, std::string_view arguments) {
  event(where, fmt::format(R"("ph":"i","s":"p","pid":{},"tid":{},"ts":{},"name":"{}","args":{{{}}})", where.process,
                           where.thread, microseconds(at), name, arguments));
}

void chrome_json::counter(std::uint32_t process, std::string_view name, const sc_core::sc_time& at,
                          std::string_view values) {
  event({process, 0},
        fmt::format(R"("ph":"C","pid":{},"ts":{},"name":"{}","args":{{{}}})", process, microseconds(at), name, values));
}

} // namespace acf::platform
